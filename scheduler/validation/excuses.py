"""Whether those without a slot were given the true reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from scheduler.domain import GRID
from scheduler.validation.feasibility import broken
from scheduler.validation.lookup import bits

if TYPE_CHECKING:
    from scheduler.domain import AppointmentRequest, Assignment, Plan, Session, WithoutSlot
    from scheduler.validation.lookup import Lookup


def untrue(lookup: Lookup, plan: Plan) -> Iterator[str]:
    """Each reason that is not the true one of `WithoutSlot`, as things are in this plan."""
    if not plan.unassigned:
        return
    nobody = _Taken(lookup, ())
    pins = _Taken(lookup, (a for a in plan.assignments if _keeps_its_pin(lookup, a)))
    everybody = _Taken(lookup, plan.assignments)
    for unassigned in plan.unassigned:
        if request := lookup.requests.get(unassigned.request):
            said = unassigned.reason
            if request.pinned and not request.is_emergency:
                if not _is_impossible(lookup, request, pins):
                    yield f"{request.id}: pinned, and nothing stands against it"
                elif said != "pin_impossible":
                    yield f"{request.id}: says {said}, but it is pin_impossible"
            elif said != (true := _reason(lookup, request, nobody, everybody)):
                yield f"{request.id}: says {said}, but it is {true}"


class _Taken:
    """The steps that doctors, patients, rooms and machines have none left of."""

    def __init__(self, lookup: Lookup, visits: Iterable[Assignment]) -> None:
        self._doctors: dict[str, int] = defaultdict(int, lookup.promised)
        self._patients: dict[str, int] = defaultdict(int)
        capacity = {("room", room.id): room.capacity for room in lookup.rooms.values()}
        capacity |= {("machine", thing.id): thing.capacity for thing in lookup.equipment.values()}
        self._full = {what: -1 if most == 0 else 0 for what, most in capacity.items()}
        used: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        for visit in visits:
            steps, request = lookup.touched(visit.slot), lookup.requests.get(visit.request)
            self._doctors[visit.slot.practitioner] |= bits(steps)
            if request and request.patient:
                self._patients[request.patient] |= bits(steps)
            used["room", visit.slot.location or ""].update(steps)
            for machine in request.equipment if request else ():
                used["machine", machine].update(steps)
        for what in used.keys() & capacity.keys():
            for step, times in used[what].items():
                self._full[what] |= (times >= capacity[what]) << step

    def closed(self, request: AppointmentRequest, session: Session) -> int:
        """The steps at which something is missing that a request needs there."""
        steps = self._doctors.get(session.practitioner, 0)
        steps |= self._full.get(("room", session.location or ""), 0)
        steps |= self._patients.get(request.patient or "", 0)
        for machine in request.equipment:
            steps |= self._full.get(("machine", machine), -1)
        return steps


def _keeps_its_pin(lookup: Lookup, assignment: Assignment) -> bool:
    request = lookup.requests.get(assignment.request)
    return request is not None and request.pinned and request.held == assignment.slot


def _is_impossible(lookup: Lookup, request: AppointmentRequest, pins: _Taken) -> bool:
    """Whether a pin breaks a rule, a promise, or another pin that was kept."""
    held = request.held
    if held is None or any(broken(lookup, request, held)):
        return True
    return bool(pins.closed(request, held) & bits(lookup.touched(held)))


def _reason(
    lookup: Lookup, request: AppointmentRequest, nobody: _Taken, everybody: _Taken
) -> WithoutSlot:
    if request.is_emergency:
        return "emergency"
    reason: WithoutSlot = "no_clinic"
    in_time = lookup.from_then_on(request.earliest)
    for fit in request.departments:
        steps = fit.minutes * 60 // int(GRID.total_seconds())
        for session, inside in lookup.of_department.get(fit.department, ()):
            there = bits(inside) & in_time
            if not _has_room(there, steps):
                continue
            if reason == "no_clinic":
                reason = "not_eligible"
            if _may_see(lookup, request, session):
                if _has_room(there & ~everybody.closed(request, session), steps):
                    return "too_dear"
                if reason != "full" and _has_room(there & ~nobody.closed(request, session), steps):
                    reason = "full"
    return reason


def _may_see(lookup: Lookup, request: AppointmentRequest, session: Session) -> bool:
    return (
        lookup.works_in(session.practitioner, session.department)
        and lookup.has_skills(session.practitioner, request.skills)
        and (not request.wheelchair or lookup.lets_wheelchairs_in(session.location))
    )


def _has_room(free: int, steps: int) -> bool:
    """Whether so many steps in a row are free."""
    starts = free
    for step in range(1, steps):
        starts &= free >> step
    return bool(starts)
