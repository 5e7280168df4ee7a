"""The hard rules once more: what one visit may not do, and what two may not do at once."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from scheduler.domain import GRID

if TYPE_CHECKING:
    from scheduler.domain import AppointmentRequest, Plan, Slot
    from scheduler.validation.lookup import Lookup

Visit = tuple[datetime, datetime, str]
"""From when to when, and whose."""


def broken(lookup: Lookup, request: AppointmentRequest, slot: Slot) -> Iterator[str]:
    """Each rule of one visit that a slot breaks."""
    name, who, where = request.id, slot.practitioner, slot.department
    minutes = {fit.department: fit.minutes for fit in request.departments}
    if request.is_emergency:
        yield f"{name}: an emergency is planned"
    if where not in minutes:
        yield f"{name}: {where} was not asked for"
    elif (slot.end - slot.start).total_seconds() != minutes[where] * 60:
        yield f"{name}: wrong length"
    if slot.start < request.earliest:
        yield f"{name}: before the earliest time"
    if (slot.start - lookup.origin) % GRID:
        yield f"{name}: starts off the grid"
    if lookup.session_around(slot) is None:
        yield f"{name}: outside every session of {who} there"
    if not lookup.works_in(who, where):
        yield f"{name}: {who} does not work in {where}"
    if not lookup.has_skills(who, request.skills):
        yield f"{name}: {who} lacks a skill of {', '.join(request.skills)}"
    if request.wheelchair and not lookup.lets_wheelchairs_in(slot.location):
        yield f"{name}: {slot.location or 'the room'} lets no wheelchair in"
    if request.pinned and slot != request.held:
        yield f"{name}: pinned, but moved"


def overlaps(lookup: Lookup, plan: Plan) -> Iterator[str]:
    """Visits that want a doctor, patient, room or machine while others have all there is of it."""
    doctors, patients, rooms, machines = (defaultdict[str, list[Visit]](list) for _ in range(4))
    for assignment in plan.assignments:
        slot, request = assignment.slot, lookup.requests.get(assignment.request)
        visit = (slot.start, slot.end, assignment.request)
        doctors[slot.practitioner].append(visit)
        if slot.location in lookup.rooms:
            rooms[slot.location].append(visit)
        if request and request.patient:
            patients[request.patient].append(visit)
        for machine in request.equipment if request else ():
            machines[machine].append(visit)
    for who, visits in doctors.items():
        yield from (f"{later}: overlaps {one} of {who}" for later, one in _crowd(visits, 1))
    for visits in patients.values():
        yield from (
            f"{later}: overlaps {one}, the same patient's" for later, one in _crowd(visits, 1)
        )
    for room, visits in rooms.items():
        crowd = _crowd(visits, lookup.rooms[room].capacity)
        yield from (f"{later}: no place is left in {room}" for later, _ in crowd)
    for machine, visits in machines.items():
        known = lookup.equipment.get(machine)
        crowd = _crowd(visits, known.capacity if known else 0)
        yield from (f"{later}: no {machine} is left" for later, _ in crowd)
    yield from _broken_promises(lookup, doctors)


def _crowd(visits: Iterable[Visit], capacity: int) -> Iterator[tuple[str, str]]:
    """Every visit that begins while `capacity` others go on, and one of those."""
    going_on: list[tuple[datetime, str]] = []
    for start, end, name in sorted(visits):
        while going_on and going_on[0][0] <= start:
            heappop(going_on)
        if len(going_on) >= capacity:
            yield name, going_on[0][1] if going_on else ""
        heappush(going_on, (end, name))


def _broken_promises(lookup: Lookup, doctors: dict[str, list[Visit]]) -> Iterator[str]:
    promised: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for promise in sorted(lookup.instance.commitments, key=lambda promise: promise.start):
        theirs = promised[promise.practitioner]
        # Promises may overlap one another: a doctor falls ill on a day that is booked already.
        if theirs and promise.start <= theirs[-1][1]:
            theirs[-1] = (theirs[-1][0], max(theirs[-1][1], promise.end))
        else:
            theirs.append((promise.start, promise.end))
    for who, visits in doctors.items():
        theirs = promised.get(who, [])
        for start, end, name in visits:
            last = bisect_left(theirs, end, key=lambda stretch: stretch[0]) - 1
            if last >= 0 and theirs[last][1] > start:
                yield f"{name}: overlaps a promise of {who}"
