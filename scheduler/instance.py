"""Requests, sessions, what is promised and what is kept free → a finished `Instance`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

from pydantic import Field, model_validator

from scheduler.domain import (
    WEEKDAYS,
    AppointmentRequest,
    Commitment,
    Equipment,
    Interval,
    Practitioner,
    Reserve,
    Room,
    Session,
    Value,
    WeeklySession,
)
from scheduler.errors import InvalidInstance
from scheduler.rules.weights import Weights

DAY = timedelta(days=1)
LONGEST = timedelta(days=100)


class Instance(Value):
    """A planning problem, complete in itself. Times are hospital-local and carry no offset.

    `seed` tells how it was made, where it was; nothing else depends on it.
    """

    requests: tuple[AppointmentRequest, ...]
    sessions: tuple[Session, ...]
    practitioners: tuple[Practitioner, ...]
    commitments: tuple[Commitment, ...] = ()
    rooms: tuple[Room, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    reserves: tuple[Reserve, ...] = ()
    weights: Weights = Field(default_factory=Weights)
    seed: int | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Instance:
        for kind in ("requests", "practitioners", "rooms", "equipment"):
            if again := _repeated(thing.id for thing in getattr(self, kind)):
                raise ValueError(f"two of the {kind} have the id {again}")
        _require_known(self)
        if self.sessions:
            first = min(session.start for session in self.sessions)
            last = max(session.end for session in self.sessions)
            if last - first > LONGEST:
                raise ValueError(
                    f"the sessions run from {first:%F} to {last:%F}: plan at most {LONGEST.days} days"
                )
        sessions: dict[str, list[Interval]] = defaultdict(list)
        for session in self.sessions:
            if session.end - _midnight(session.start) > DAY:
                raise ValueError(
                    f"a session of {session.practitioner} runs past midnight "
                    f"({session.start:%F %H:%M}): give each day its own"
                )
            sessions[session.practitioner].append(session)
        _require_apart("sessions", sessions)
        pins: dict[str, list[Interval]] = defaultdict(list)
        for request in self.requests:
            if request.pinned and request.held and not request.is_emergency:
                pins[request.held.practitioner].append(request.held)
        _require_apart("pinned appointments", pins)
        kept: dict[str, list[Interval]] = defaultdict(list)
        for reserve in self.reserves:
            kept[reserve.department].append(reserve)
        _require_apart("reserves", kept)
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


def outside(session: Session, since: datetime, until: datetime) -> tuple[Session, ...]:
    """What remains of a session without the time from `since` up to `until`."""
    if session.end <= since or until <= session.start:
        return (session,)
    before = session.model_copy(update={"end": since}) if session.start < since else None
    after = session.model_copy(update={"start": until}) if until < session.end else None
    return tuple(part for part in (before, after) if part)


def require_plannable(request: AppointmentRequest) -> None:
    """Raise `InvalidInstance` for an emergency: no plan may hold one."""
    if request.is_emergency:
        raise InvalidInstance(f"request {request.id}: an emergency is never planned")


def _require_known(instance: Instance) -> None:
    """Ids that would otherwise fail silently: a doctor nobody knows, a machine nobody has."""
    people = {practitioner.id for practitioner in instance.practitioners}
    machines = {equipment.id for equipment in instance.equipment}
    timed: tuple[Session | Commitment, ...] = (*instance.sessions, *instance.commitments)
    for one in timed:
        if one.practitioner not in people:
            kind = type(one).__name__.lower()
            raise ValueError(f"a {kind} names an unknown practitioner: {one.practitioner}")
    for request in instance.requests:
        if again := _repeated(fit.department for fit in request.departments):
            raise ValueError(f"request {request.id} names the department {again} twice")
        if unknown := set(request.equipment) - machines:
            raise ValueError(f"request {request.id} needs unknown equipment: {min(unknown)}")
        if request.held and request.held.practitioner not in people:
            who = request.held.practitioner
            raise ValueError(f"request {request.id} holds a slot of an unknown practitioner: {who}")


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), datetime.min.time())


def _require_apart(what: str, of_each: Mapping[str, list[Interval]]) -> None:
    for whose, intervals in of_each.items():
        for earlier, later in pairwise(sorted(intervals, key=lambda i: (i.start, i.end))):
            if earlier.overlaps(later):
                first, second = (f"{i.start:%H:%M}–{i.end:%H:%M}" for i in (earlier, later))
                day = f"{earlier.start:%F}"
                raise ValueError(f"two {what} of {whose} overlap: {day} {first} and {second}")


def _repeated(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)


def _grouped(weekly: Iterable[WeeklySession]) -> Mapping[str, list[WeeklySession]]:
    by_weekday: dict[str, list[WeeklySession]] = defaultdict(list)
    for clinic in weekly:
        by_weekday[clinic.weekday].append(clinic)
    return by_weekday
