"""The soft rules once more, in whole points."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from scheduler.validation.lookup import STEPS_A_DAY

if TYPE_CHECKING:
    from scheduler.domain import AppointmentRequest, Plan, Slot
    from scheduler.rules.weights import Weights
    from scheduler.validation.lookup import Lookup

Visits = list[tuple["AppointmentRequest", "Slot"]]


def scores(lookup: Lookup, plan: Plan) -> dict[str, int]:
    """What a plan costs by each rule; rules that cost nothing are there too."""
    slots: dict[str, Slot] = {}
    for assignment in plan.assignments:
        if assignment.request in lookup.requests:
            slots.setdefault(assignment.request, assignment.slot)
    visits = [(lookup.requests[name], slot) for name, slot in slots.items()]
    weights = lookup.instance.weights
    without = [request for name, request in lookup.requests.items() if name not in slots]
    by_rule = Counter(unplaced=sum(_without_slot(request, weights) for request in without))
    by_rule.update(dict.fromkeys(VISIT_RULES, 0))
    for request, slot in visits:
        by_rule.update(visit_costs(lookup, request, slot))
    by_rule["load"] = _load(lookup, visits)
    by_rule["reserve"] = _reserve(lookup, visits)
    by_rule["fairness"] = _fairness(lookup, slots)
    return dict(by_rule)


VISIT_RULES = (
    "lateness",
    "department_fit",
    "wish_practitioner",
    "wish_sex",
    "wish_language",
    "wish_part_of_day",
    "continuity",
    "moving",
    "waiting",
)


def visit_costs(lookup: Lookup, request: AppointmentRequest, slot: Slot) -> dict[str, int]:
    """What one visit costs by each rule that looks at one visit."""
    weights, wishes, held = lookup.instance.weights, request.wishes, request.held
    doctor, urgency = lookup.people.get(slot.practitioner), 6 - request.acuity
    late = max(0, lookup.minute(slot.start) - lookup.minute(request.due_by))
    fits = {fit.department: fit.fit for fit in request.departments}
    shortfall = max(fits.values()) - fits.get(slot.department, 0.0)
    hour = slot.start.hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    charged = {
        "wish_practitioner": wishes.practitioner not in (None, slot.practitioner),
        "wish_sex": wishes.sex not in (None, doctor and doctor.sex),
        "wish_language": wishes.language not in (None, *(doctor.languages if doctor else ())),
        "wish_part_of_day": wishes.part_of_day not in (None, part),
        "continuity": request.seen_before not in (None, slot.practitioner),
        "moving": held is not None and _what_was_promised(held) != _what_was_promised(slot),
    }
    return {
        "waiting": _waited(lookup, request, slot) * weights.waiting_per_hour * urgency // 120,
        "lateness": late * weights.lateness_per_hour * urgency // 120,
        "department_fit": round(shortfall * weights.department_fit),
    } | {rule: getattr(weights, rule) if missed else 0 for rule, missed in charged.items()}


def _without_slot(request: AppointmentRequest, weights: Weights) -> int:
    """Whoever loses what they held is moved as well; an emergency is not waiting for a slot."""
    if request.is_emergency:
        return 0
    moved = weights.moving if request.held else 0
    return weights.unplaced * (6 - request.acuity) // 2 + moved


def _what_was_promised(slot: Slot) -> tuple[object, ...]:
    """The room may change, and how long it takes: nobody comes at another time for that."""
    return slot.start, slot.practitioner, slot.department


def _waited(lookup: Lookup, request: AppointmentRequest, slot: Slot) -> int:
    return max(0, lookup.minute(slot.start) - lookup.minute(request.earliest))


def _load(lookup: Lookup, visits: Visits) -> int:
    """Each step of a doctor's day costs as many tenths of the weight as it is full before."""
    length, filled = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for sessions in lookup.of_department.values():
        for session, inside in sessions:
            who = session.practitioner
            promised = lookup.promised.get(who, 0)
            for step in inside:
                length[who, step // STEPS_A_DAY] += 1
                filled[who, step // STEPS_A_DAY] += promised >> step & 1
    points, weight = 0, lookup.instance.weights.load
    for _, slot in visits:
        day = slot.practitioner, lookup.step(slot.start) // STEPS_A_DAY
        for _ in lookup.touched(slot):
            tenths = min(10, 10 * filled[day] // max(1, length[day]))
            points += tenths * weight // 10
            filled[day] += 1
    return points


def _reserve(lookup: Lookup, visits: Visits) -> int:
    """What elective visits take beyond what is open and not kept, step by step."""
    open_then, elective = (defaultdict[str, Counter[int]](Counter) for _ in range(2))
    for department in {reserve.department for reserve in lookup.instance.reserves}:
        for session, inside in lookup.of_department.get(department, ()):
            promised = lookup.promised.get(session.practitioner, 0)
            open_then[department].update(step for step in inside if not promised >> step & 1)
    for request, slot in visits:
        if request.is_elective:
            elective[slot.department].update(lookup.touched(slot))
    beyond = 0
    for reserve in lookup.instance.reserves:
        steps = lookup.inside(reserve)
        opened = sum(open_then[reserve.department][step] for step in steps)
        taken = sum(elective[reserve.department][step] for step in steps)
        beyond += max(0, taken - max(0, opened - reserve.minutes // 10))
    return beyond * lookup.instance.weights.reserve


def _fairness(lookup: Lookup, slots: dict[str, Slot]) -> int:
    """Minutes that groups wait beyond the average, times whoever waits them, rounded up."""
    weights = lookup.instance.weights
    size, waited = Counter[str](), Counter[str]()
    for name, request in lookup.requests.items():
        if request.group and not request.is_emergency:
            size[request.group] += 1
            slot = slots.get(name)
            minutes = _waited(lookup, request, slot) if slot else weights.unplaced_waits_hours * 60
            waited[request.group] += minutes
    everybody, total = size.total(), waited.total()
    if not everybody:
        return 0
    beyond = sum(max(0, everybody * waited[group] - size[group] * total) for group in size)
    return -(-weights.fairness_per_hour * beyond // (60 * everybody))
