"""Requests, sessions and commitments → a finished `Instance`.

The solver receives finished data: every request comes with all the slots that the hard rules allow
and what each costs by each soft rule, so that the model code only iterates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from pydantic import Field, model_validator

from scheduler.domain import (
    GRID,
    WEEKDAYS,
    AppointmentRequest,
    Assignment,
    Commitment,
    DepartmentFit,
    Practitioner,
    Session,
    Slot,
    Value,
    WeeklySession,
)
from scheduler.errors import InvalidInstance
from scheduler.rules import HARD, SOFT, Choice, Weights


class Instance(Value):
    """A planning problem, complete in itself. Times are hospital-local and carry no offset."""

    requests: tuple[AppointmentRequest, ...]
    sessions: tuple[Session, ...]
    practitioners: tuple[Practitioner, ...]
    commitments: tuple[Commitment, ...] = ()
    weights: Weights = Field(default_factory=Weights)

    @model_validator(mode="after")
    def _ids_are_unique_and_known(self) -> Instance:
        if _repeats(request.id for request in self.requests):
            raise ValueError("two requests have the same id")
        if _repeats(practitioner.id for practitioner in self.practitioners):
            raise ValueError("two practitioners have the same id")
        for request in self.requests:
            if _repeats(fit.department for fit in request.departments):
                raise ValueError(f"request {request.id} names a department twice")
        known = {practitioner.id for practitioner in self.practitioners}
        for session in self.sessions:
            if session.practitioner not in known:
                raise ValueError(f"a session names an unknown practitioner: {session.practitioner}")
        return self


def sessions_between(
    weekly: Iterable[WeeklySession], first: date, days: int
) -> tuple[Session, ...]:
    """The sessions that a weekly timetable gives on `days` days from `first`, in order of time."""
    by_weekday: Mapping[str, list[WeeklySession]] = _grouped(weekly)
    found = []
    for offset in range(days):
        day = first + timedelta(days=offset)
        for clinic in by_weekday.get(WEEKDAYS[day.weekday()], ()):
            found.append(
                Session(
                    start=datetime.combine(day, clinic.start),
                    end=datetime.combine(day, clinic.end),
                    practitioner=clinic.practitioner,
                    department=clinic.department,
                    location=clinic.location,
                )
            )
    return tuple(sorted(found, key=lambda session: (session.start, session.practitioner)))


def candidates(instance: Instance, request: AppointmentRequest) -> tuple[Assignment, ...]:
    """Every slot that the hard rules allow, priced by each soft rule, cheapest first."""
    people = {practitioner.id: practitioner for practitioner in instance.practitioners}
    busy = _busy(instance.commitments)
    fits = {fit.department: fit for fit in request.departments}
    priced = []
    for session in instance.sessions:
        if session.department not in fits:
            continue
        load = _load(session, busy[session.practitioner])
        for slot in _slots(session, fits[session.department]):
            choice = Choice(
                request=request,
                slot=slot,
                fit=fits[session.department],
                practitioner=people[session.practitioner],
                session_load=load,
                busy=tuple(busy[session.practitioner]),
            )
            if not any(rule.forbids(choice) for rule in HARD):
                costs = {rule.name: rule.cost(choice, instance.weights) for rule in SOFT}
                priced.append(Assignment(request=request.id, slot=slot, costs=costs))
    cheapest: dict[Slot, Assignment] = {}  # where two sessions overlap, both hold the same slot
    for option in sorted(priced, key=lambda a: (a.cost, a.slot.start, a.slot.practitioner)):
        cheapest.setdefault(option.slot, option)
    return tuple(cheapest.values())


def share_promised(instance: Instance, slot: Slot) -> float:
    """How much of the session around `slot` is promised already, 0 to 1.

    Raises:
        InvalidInstance: no session holds the slot.
    """
    busy = _busy(instance.commitments)[slot.practitioner]
    where = (slot.practitioner, slot.department, slot.location)
    shares = [
        _load(session, busy)
        for session in instance.sessions
        if (session.practitioner, session.department, session.location) == where
        and session.start <= slot.start
        and slot.end <= session.end
    ]
    if not shares:
        raise InvalidInstance(f"no session of {slot.practitioner} holds {slot.start:%F %H:%M}")
    return min(shares)


def require_plannable(request: AppointmentRequest) -> None:
    """Raise `InvalidInstance` for an emergency: no plan may hold one."""
    if request.acuity <= 1:
        raise InvalidInstance(f"request {request.id}: an emergency is never planned")


def _repeats(ids: Iterable[str]) -> bool:
    listed = list(ids)
    return len(listed) != len(set(listed))


def _grouped(weekly: Iterable[WeeklySession]) -> Mapping[str, list[WeeklySession]]:
    by_weekday: dict[str, list[WeeklySession]] = defaultdict(list)
    for clinic in weekly:
        by_weekday[clinic.weekday].append(clinic)
    return by_weekday


def _busy(commitments: Iterable[Commitment]) -> Mapping[str, list[Commitment]]:
    busy: dict[str, list[Commitment]] = defaultdict(list)
    for commitment in commitments:
        busy[commitment.practitioner].append(commitment)
    return busy


def _slots(session: Session, fit: DepartmentFit) -> Iterator[Slot]:
    length = timedelta(minutes=fit.minutes)
    midnight = session.start.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight - (midnight - session.start) // GRID * GRID  # a session may begin off the grid
    while start + length <= session.end:
        yield Slot(
            start=start,
            end=start + length,
            practitioner=session.practitioner,
            department=session.department,
            location=session.location,
        )
        start += GRID


def _load(session: Session, busy: Iterable[Commitment]) -> float:
    """How much of a session is promised already, 0 to 1."""
    promised, counted_until = timedelta(), session.start
    for commitment in sorted(busy, key=lambda commitment: commitment.start):
        start, end = max(counted_until, commitment.start), min(session.end, commitment.end)
        if start < end:  # what two commitments share counts once
            promised, counted_until = promised + (end - start), end
    return promised / (session.end - session.start)
