"""Who is where and when by a FHIR Bundle: PractitionerRoles, and the Schedules that name them.

A role's availableTime is its clinics. A Schedule adds what its actors say: with a Location, the room;
with a HealthcareService, which of a role's services these hours are for; and for a practitioner without
hours of their own, those of that HealthcareService. Without such a Schedule a service's opening hours put
nobody there. A role with several services and no Schedule that chooses holds its clinics in the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from knowledge.importing.bundle import Bundle, Resource
from knowledge.importing.draft import Draft
from scheduler.domain import WEEKDAYS

_ACTORS = ("Practitioner", "PractitionerRole", "HealthcareService", "Location")
_LAST_MINUTE = "23:59"


@dataclass
class Duty:
    """A person in the services of one role; the clinics are held in the first of them."""

    source: Resource
    person: Resource
    services: list[Resource]
    room: Resource | None = None
    times: Resource | None = None
    codes: list[Any] = field(default_factory=list)


def duties_of(bundle: Bundle) -> list[Duty]:
    """The duties that roles and schedules together describe."""
    duties = [duty for role in bundle.of("PractitionerRole") for duty in _of_role(role, bundle)]
    for schedule in bundle.of("Schedule"):
        actors = [
            bundle.follow(schedule, "actor", actor, *_ACTORS)
            for actor in schedule.content.actor or []
        ]
        _apply(schedule, [actor for actor in actors if actor], duties)
    return duties


def add_sessions(duties: list[Duty], draft: Draft) -> None:
    """Add the weekly sessions of `duties` to `draft`."""
    for duty in duties:
        if duty.times and duty.services:
            for number, hours in enumerate(duty.times.content.availableTime, start=1):
                where = f"{duty.times.where}, availableTime {number}"
                for session in _sessions(duty, hours, where, draft):
                    draft.add("schedules", where, session)


def _of_role(role: Resource, bundle: Bundle) -> Iterator[Duty]:
    content = role.content
    if content.practitioner:
        person = bundle.follow(role, "practitioner", content.practitioner, "Practitioner")
        services = [
            bundle.follow(role, "healthcareService", reference, "HealthcareService")
            for reference in content.healthcareService or []
        ]
        rooms = [
            bundle.follow(role, "location", place, "Location") for place in content.location or []
        ]
        if person:
            yield Duty(
                source=role,
                person=person,
                services=[service for service in services if service],
                room=next(filter(None, rooms), None),
                times=role if content.availableTime else None,
                codes=content.code or [],
            )


def _apply(schedule: Resource, actors: list[Resource], duties: list[Duty]) -> None:
    people, roles, services, rooms = ([a for a in actors if a.type == kind] for kind in _ACTORS)
    named = [duty for duty in duties if duty.source in roles]
    if not named:
        named = [d for d in duties if d.person in people and (not services or _shared(d, services))]
    if not named and services:
        named = [Duty(schedule, person, services[:1]) for person in people]
        duties += named
    for duty in named:
        duty.services = sorted(duty.services, key=lambda s: s not in services) or services[:1]
        duty.room = next(chain(rooms), duty.room)
        if not duty.times and services and duty.services[0].content.availableTime:
            duty.times = duty.services[0]


def _shared(duty: Duty, services: list[Resource]) -> bool:
    return any(service in duty.services for service in services)


def _sessions(duty: Duty, hours: Any, where: str, draft: Draft) -> Iterator[dict[str, object]]:
    days = [day for day in hours.daysOfWeek or [] if day]
    start, end = hours.availableStartTime, hours.availableEndTime
    if hours.allDay:
        start, end = "00:00", _LAST_MINUTE
    if not days:
        draft.problems.append(f"{where}: there are no daysOfWeek; name each, such as {WEEKDAYS[0]}")
    elif start is None or end is None:
        draft.problems.append(f"{where}: give availableStartTime and availableEndTime, or allDay")
    else:
        for day in days:
            yield {
                "practitioner": duty.person.id,
                "department": duty.services[0].id,
                "weekday": day,
                "start": start,
                "end": end,
                "location": duty.room.id if duty.room else None,
            }
