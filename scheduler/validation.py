"""Checks and scores any plan in plain Python, without ortools and without the rules' own code.

The formulas stand here a second time on purpose: a mistake in a rule shows as a disagreement.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from scheduler.domain import GRID, Value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scheduler.domain import AppointmentRequest, Plan, Practitioner, Session, Slot, Unassigned
    from scheduler.instance import Instance


class Report(Value):
    """What the checker found: each violation in words, and the score by rule in points."""

    violations: tuple[str, ...]
    by_rule: dict[str, int]

    @property
    def feasible(self) -> bool:
        """True where no hard rule is broken and every request is answered truly."""
        return not self.violations

    @property
    def objective(self) -> int:
        """The sum over all soft rules, the unplaced included."""
        return sum(self.by_rule.values())


def check(instance: Instance, plan: Plan) -> Report:
    """Recompute feasibility and score of `plan` from the instance alone, whatever it claims."""
    requests = {request.id: request for request in instance.requests}
    people = {practitioner.id: practitioner for practitioner in instance.practitioners}
    answered = [assignment.request for assignment in plan.assignments]
    answered += [unassigned.request for unassigned in plan.unassigned]
    violations = [f"{r}: answered more than once" for r, n in Counter(answered).items() if n > 1]
    violations += [f"{r}: not in the instance" for r in answered if r not in requests]
    violations += [f"{r}: neither placed nor explained" for r in requests if r not in answered]
    violations += _overlaps(instance, plan)

    by_rule = Counter(unplaced=0)
    for unassigned in plan.unassigned:
        if request := requests.get(unassigned.request):
            by_rule["unplaced"] += instance.weights.unplaced * (6 - request.acuity) // 2
            violations += _untrue(instance, request, unassigned, people)
    for assignment in plan.assignments:
        if request := requests.get(assignment.request):
            violations += _broken(instance, request, assignment.slot, people)
            by_rule.update(_score(instance, request, assignment.slot, people))
    return Report(violations=tuple(violations), by_rule=dict(by_rule))


def _broken(
    instance: Instance, request: AppointmentRequest, slot: Slot, people: dict[str, Practitioner]
) -> list[str]:
    broken = []
    accepted = {fit.department: fit.minutes for fit in request.departments}
    if request.acuity <= 1:
        broken.append(f"{request.id}: an emergency is planned")
    if slot.department not in accepted:
        broken.append(f"{request.id}: {slot.department} was not asked for")
    elif (slot.end - slot.start).total_seconds() != accepted[slot.department] * 60:
        broken.append(f"{request.id}: wrong length")
    if slot.start < request.earliest:
        broken.append(f"{request.id}: before the earliest time")
    if _past_the_grid(slot.start):
        broken.append(f"{request.id}: starts off the grid")
    if not _works_in(people.get(slot.practitioner), slot.department):
        broken.append(f"{request.id}: {slot.practitioner} does not work in {slot.department}")
    if not _sessions_around(instance, slot):
        broken.append(f"{request.id}: outside every session of {slot.practitioner} there")
    return broken


def _untrue(
    instance: Instance,
    request: AppointmentRequest,
    unassigned: Unassigned,
    people: dict[str, Practitioner],
) -> list[str]:
    if (unassigned.reason == "emergency") != (request.acuity <= 1):
        return [f"{request.id}: acuity {request.acuity} does not explain {unassigned.reason}"]
    minutes = {fit.department: fit.minutes for fit in request.departments}
    for session in instance.sessions if unassigned.reason == "no_clinic" else ():
        if session.department in minutes:
            last = session.end - timedelta(minutes=minutes[session.department])
            in_time = last - _past_the_grid(last) >= max(session.start, request.earliest)
            if in_time and _works_in(people.get(session.practitioner), session.department):
                return [f"{request.id}: there is a clinic, of {session.practitioner}"]
    return []


def _overlaps(instance: Instance, plan: Plan) -> list[str]:
    # Promises may overlap one another: a doctor falls ill on a day that is booked already.
    promised = [(c.practitioner, c.start, c.end, "a promise") for c in instance.commitments]
    overlaps = []
    for assignment in plan.assignments:
        slot, request = assignment.slot, assignment.request
        overlaps += [
            f"{request}: overlaps {other} of {practitioner}"
            for practitioner, start, end, other in promised
            if practitioner == slot.practitioner and start < slot.end and slot.start < end
        ]
        promised.append((slot.practitioner, slot.start, slot.end, request))
    return overlaps


def _score(
    instance: Instance, request: AppointmentRequest, slot: Slot, people: dict[str, Practitioner]
) -> dict[str, int]:
    weights, wishes = instance.weights, request.wishes
    doctor = people.get(slot.practitioner)
    sexes, languages = ([doctor.sex], doctor.languages) if doctor else ([], ())
    urgency = (6 - request.acuity) / 2
    waited = (slot.start - request.earliest).total_seconds() / 3600
    late = max(0.0, (slot.start - request.due_by).total_seconds() / 3600)
    fits = {fit.department: fit.fit for fit in request.departments}
    shortfall = max(fits.values()) - fits.get(slot.department, 0.0)
    hour = slot.start.hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    return {
        "waiting": round(waited * weights.waiting_per_hour * urgency),
        "lateness": round(late * weights.lateness_per_hour * urgency),
        "department_fit": round(shortfall * weights.department_fit),
        "wish_practitioner": _missed(
            wishes.practitioner, [slot.practitioner], weights.wish_practitioner
        ),
        "wish_sex": _missed(wishes.sex, sexes, weights.wish_sex),
        "wish_language": _missed(wishes.language, languages, weights.wish_language),
        "wish_part_of_day": _missed(wishes.part_of_day, [part], weights.wish_part_of_day),
        "load": min(
            (
                round(_share_promised(instance, session) * weights.load)
                for session in _sessions_around(instance, slot)
            ),
            default=0,
        ),
    }


def _missed(wish: str | None, offered: Iterable[str | None], price: int) -> int:
    return price if wish and wish not in list(offered) else 0


def _past_the_grid(moment: datetime) -> timedelta:
    """How long ago the last step of the grid was."""
    return (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) % GRID


def _works_in(practitioner: Practitioner | None, department: str) -> bool:
    """Whether they may see patients there; one whose departments are not known works in any."""
    if practitioner is None:
        return False
    return not practitioner.departments or department in practitioner.departments


def _sessions_around(instance: Instance, slot: Slot) -> list[Session]:
    return [
        session
        for session in instance.sessions
        if session.practitioner == slot.practitioner
        and session.department == slot.department
        and session.location == slot.location
        and session.start <= slot.start
        and slot.end <= session.end
    ]


def _share_promised(instance: Instance, session: Session) -> float:
    """How much of a session was promised before this plan, moment by moment."""
    busy = [c for c in instance.commitments if c.practitioner == session.practitioner]
    changes = {session.start, session.end}
    changes.update(moment for c in busy for moment in (c.start, c.end))
    promised = sum(
        (end - start).total_seconds()
        for start, end in pairwise(sorted(changes))
        if session.start <= start and end <= session.end
        if any(c.start <= start and end <= c.end for c in busy)
    )
    return promised / (session.end - session.start).total_seconds()
