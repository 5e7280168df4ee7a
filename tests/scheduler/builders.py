"""Small planning problems in a line or two. Everything happens on Monday 2 March 2026."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from scheduler.domain import (
    AppointmentRequest,
    Assignment,
    Commitment,
    DepartmentFit,
    Plan,
    Practitioner,
    Session,
    Slot,
    Unassigned,
    Wishes,
    Words,
)
from scheduler.instance import Instance, candidates
from scheduler.rules import Weights

MONDAY = datetime(2026, 3, 2)


def at(clock: str, *, day: int = 0) -> datetime:
    """A time of that Monday, or so many days after it."""
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def a_practitioner(who: str = "dr-li", **particulars: object) -> Practitioner:
    """A doctor who works wherever they have a session."""
    return Practitioner(id=who, names=Words(en=who), **particulars)


def a_session(
    start: str = "09:00",
    end: str = "10:00",
    *,
    who: str = "dr-li",
    department: str = "cardiology",
    location: str | None = None,
    day: int = 0,
) -> Session:
    """A clinic of one hour."""
    start_at, end_at = at(start, day=day), at(end, day=day)
    return Session(
        start=start_at, end=end_at, practitioner=who, department=department, location=location
    )


def a_slot(start: str = "09:00", end: str = "09:20", **where: object) -> Slot:
    """The first visit of that clinic."""
    return Slot(**a_session(start, end, **where).model_dump())


def a_commitment(start: str, end: str, *, who: str = "dr-li", day: int = 0) -> Commitment:
    """Time that is promised already."""
    return Commitment(start=at(start, day=day), end=at(end, day=day), practitioner=who)


def a_request(
    name: str = "ann",
    *,
    acuity: int = 4,
    minutes: int = 20,
    earliest: str = "09:00",
    due_by: str = "18:00",
    fits: Iterable[tuple[str, float]] = (("cardiology", 1.0),),
    **wishes: str,
) -> AppointmentRequest:
    """Somebody who needs twenty minutes of a cardiologist."""
    return AppointmentRequest(
        id=name,
        departments=tuple(DepartmentFit(department=d, fit=fit, minutes=minutes) for d, fit in fits),
        acuity=acuity,
        earliest=at(earliest),
        due_by=at(due_by),
        wishes=Wishes(**wishes),
    )


def an_instance(
    *requests: AppointmentRequest,
    sessions: Iterable[Session] = (a_session(),),
    practitioners: Iterable[Practitioner] = (),
    commitments: Iterable[Commitment] = (),
    **weights: int,
) -> Instance:
    """One request and one clinic, and whoever holds the clinics."""
    sessions, people = tuple(sessions), {person.id: person for person in practitioners}
    for session in sessions:
        people.setdefault(session.practitioner, a_practitioner(session.practitioner))
    return Instance(
        requests=requests or (a_request(),),
        sessions=sessions,
        practitioners=tuple(people.values()),
        commitments=tuple(commitments),
        weights=Weights(**weights),
    )


def starts(instance: Instance) -> list[str]:
    """When the first request could be seen, in order of time."""
    offered = candidates(instance, instance.requests[0])
    return [f"{moment:%H:%M}" for moment in sorted(option.slot.start for option in offered)]


def placed(slot: Slot, request: str = "ann") -> Assignment:
    """A request in a slot, with nothing said about costs."""
    return Assignment(request=request, slot=slot, costs={})


def a_plan(*assignments: Assignment, unassigned: Iterable[Unassigned] = ()) -> Plan:
    """A plan that claims to cost nothing."""
    return Plan(
        objective=0, bound=0, by_rule={}, assignments=assignments, unassigned=tuple(unassigned)
    )
