"""The hospital's catalogue: departments, people, rooms and timetables, checked as a whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property, partial
from itertools import islice
from math import inf
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from knowledge.errors import InvalidCatalogue
from scheduler.domain import (
    Department,
    Language,
    Location,
    Practitioner,
    Room,
    WeeklySession,
)

MOST_IN_A_ROOM = 10_000
EMERGENCY = "emergency"
REFERENCE_HOSPITAL = Path(__file__).parent / "hospital"

Kind = Literal["departments", "practitioners", "locations", "schedules"]
Labels = Mapping[Kind, Sequence[str]]

_GENERIC = re.compile(
    r"\b(department|dept|clinic|division|services?|centre|center|outpatients?|unit|of|and|the)\b"
    r"|门诊|中心|病区|诊室|专科|专病|普通|专家|科室|科|室|组",
    re.IGNORECASE,
)


class Catalogue(BaseModel):
    """Everything that a hospital says of itself. Departments alone are enough to start."""

    model_config = ConfigDict(frozen=True, extra="ignore", ignored_types=(cached_property,))

    departments: tuple[Department, ...]
    practitioners: tuple[Practitioner, ...] = ()
    locations: tuple[Location, ...] = ()
    schedules: tuple[WeeklySession, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Department]:
        """Departments by id."""
        return {department.id: department for department in self.departments}

    @cached_property
    def people(self) -> Mapping[str, Practitioner]:
        """Practitioners by id."""
        return {practitioner.id: practitioner for practitioner in self.practitioners}

    @cached_property
    def places(self) -> Mapping[str, Location]:
        """Locations by id."""
        return {location.id: location for location in self.locations}

    def path(self, location: str | None) -> tuple[Location, ...]:
        """A location and all that it is inside of, from the inside out."""
        found: list[Location] = []
        while location and (place := self.places.get(location)) and place not in found:
            found.append(place)
            location = place.part_of
        return tuple(found)

    @cached_property
    def rooms(self) -> tuple[Room, ...]:
        """Every location as a room, with whether a wheelchair gets in; none where nothing is said of
        wheelchairs anywhere. How many a room holds is no part of a catalogue."""
        if all(place.wheelchair is None for place in self.locations):
            return ()
        return tuple(
            Room(id=place.id, capacity=MOST_IN_A_ROOM, wheelchair=self._lets_wheelchairs_in(place))
            for place in self.locations
        )

    def _lets_wheelchairs_in(self, place: Location) -> bool:
        said = (outer.wheelchair for outer in self.path(place.id) if outer.wheelchair is not None)
        return next(said, False)

    def where(self, location: str | None, language: Language) -> str:
        """How to name a place to somebody who has to find it, the outermost part first."""
        return " · ".join(
            place.names.in_language(language) for place in reversed(self.path(location))
        )

    def directions(self, location: str | None, language: Language) -> str:
        """The nearest directions known for a place, or nothing."""
        for place in self.path(location):
            if place.directions:
                return place.directions.in_language(language)
        return ""


def require_consistent(catalogue: Catalogue, source: str, labels: Labels | None = None) -> None:
    """Raise `InvalidCatalogue` with every contradiction found in `catalogue`.

    `labels` say where each entry was read ("practitioners.csv, row 7"), one for each entry of each
    field of the catalogue; without them a problem names `source` and the entry's id.
    """
    problems = list(_problems(catalogue, labels or _labels(catalogue, source)))
    if not catalogue.departments:
        problems.insert(0, f"{source}: there is no department; a catalogue needs at least one")
    if problems:
        raise InvalidCatalogue(problems)


def with_general_knowledge(catalogue: Catalogue, reference: Catalogue) -> Catalogue:
    """Lend each department that knows nothing of itself what the reference hospital's like knows.

    Departments are matched by id, else by name; one without a counterpart stays as it is and is
    found by its name alone.
    """
    lent = []
    for department in catalogue.departments:
        own = department.complaints.everything() + department.conditions.everything()
        counterpart = None if own or department.passages else _counterpart(department, reference)
        if counterpart:
            department = department.model_copy(
                update={
                    "complaints": counterpart.complaints,
                    "conditions": counterpart.conditions,
                    "passages": counterpart.passages,
                    "not_here": department.not_here
                    or tuple(note for note in counterpart.not_here if note.to in catalogue.by_id),
                    "summary": department.summary or counterpart.summary,
                    "sees": department.sees
                    if "sees" in department.model_fields_set
                    else counterpart.sees,
                    "usual_share": department.usual_share
                    if "usual_share" in department.model_fields_set
                    else counterpart.usual_share,
                }
            )
        lent.append(department)
    # Not a copy: that would take over what `by_id` remembers of the departments as they were.
    return Catalogue(**{**dict(catalogue), "departments": tuple(lent)})


def _labels(catalogue: Catalogue, source: str) -> Labels:
    return {
        "departments": [f"{source}: department {d.id}" for d in catalogue.departments],
        "practitioners": [f"{source}: practitioner {p.id}" for p in catalogue.practitioners],
        "locations": [f"{source}: location {place.id}" for place in catalogue.locations],
        "schedules": [
            f"{source}: schedule of {s.practitioner} on {s.weekday} {s.start:%H:%M}"
            for s in catalogue.schedules
        ],
    }


def _problems(catalogue: Catalogue, labels: Labels) -> Iterator[str]:
    departments = list(zip(labels["departments"], catalogue.departments, strict=True))
    people = list(zip(labels["practitioners"], catalogue.practitioners, strict=True))
    places = list(zip(labels["locations"], catalogue.locations, strict=True))
    sessions = list(zip(labels["schedules"], catalogue.schedules, strict=True))
    no_department = partial(_unknown, "department", catalogue.by_id)
    no_place = partial(_unknown, "location", catalogue.places)
    no_person = partial(_unknown, "practitioner", catalogue.people)
    for entries in (departments, people, places):
        yield from _repeated(entries)
    for where, department in departments:
        yield from no_department(f"{where}, part_of", [department.part_of])
        yield from no_place(f"{where}, location", [department.location])
        yield from no_department(f"{where}, not_here", [note.to for note in department.not_here])
        yield from _contradictory(where, department)
    for where, person in people:
        yield from no_department(f"{where}, departments", person.departments)
    for where, place in places:
        yield from no_place(f"{where}, part_of", [place.part_of])
    for where, session in sessions:
        yield from no_person(f"{where}, practitioner", [session.practitioner])
        yield from no_department(f"{where}, department", [session.department])
        yield from no_place(f"{where}, location", [session.location])
    yield from _double_bookings(sessions)
    yield from _circles(departments)
    yield from _circles(places)


def _repeated(entries: Iterable[tuple[str, Department | Practitioner | Location]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for where, entry in entries:
        if entry.id in first:
            yield f"{where}, id: {entry.id!r} is already used in {first[entry.id]}; give it another"
        first.setdefault(entry.id, where)


def _unknown(
    kind: str, known: Mapping[str, object], where: str, named: Iterable[str | None]
) -> Iterator[str]:
    for name in named:
        if name is not None and name not in known:
            yield f"{where}: there is no {kind} {name!r}; {_known(kind, name, known)}"


def _known(kind: str, name: str, known: Mapping[str, object]) -> str:
    if close := get_close_matches(name, known, n=3, cutoff=0.5):
        return f"the closest known: {', '.join(close)}"
    if not known:
        return f"no {kind} is listed at all, so list it or leave this empty"
    return f"known are {', '.join(islice(known, 5))}" + (", …" if len(known) > 5 else "")


def _contradictory(where: str, department: Department) -> Iterator[str]:
    low, high = department.sees.min_age, department.sees.max_age
    for field, age in (("min_age", low), ("max_age", high)):
        if age is not None and not 0 <= age < inf:
            yield f"{where}, {field}: {age:g} is no age in years; leave it empty for no limit"
    if low is not None and high is not None and low > high:
        yield f"{where}, min_age: {low:g} is above max_age, {high:g}, so nobody could be seen"
    for passage, times in Counter(passage.id for passage in department.passages).items():
        if times > 1:
            yield f"{where}, passages: the id {passage!r} is used {times} times; make each unique"


def _double_bookings(sessions: Iterable[tuple[str, WeeklySession]]) -> Iterator[str]:
    longest: dict[tuple[str, str], tuple[str, WeeklySession]] = {}
    for where, session in sorted(sessions, key=lambda labelled: labelled[1].start):
        day = (session.practitioner, session.weekday)
        before = longest.get(day)
        if before and session.start < before[1].end:
            yield (
                f"{where}, start: {session.practitioner} would be in two sessions at once on "
                f"{session.weekday} at {session.start:%H:%M}; the other one is {before[0]}"
            )
        if not before or session.end > before[1].end:
            longest[day] = (where, session)


def _circles(entries: Iterable[tuple[str, Department | Location]]) -> Iterator[str]:
    part_of = {entry.id: entry.part_of for _, entry in entries}
    labels = {entry.id: where for where, entry in entries}
    reported: set[str] = set()
    for start in part_of:
        trail: list[str] = []
        here: str | None = start
        while here is not None and here not in trail and here not in reported:
            trail.append(here)
            here = part_of.get(here)
        if here is not None and here in trail:
            circle = " is part of ".join([*trail[trail.index(here) :], here])
            yield f"{labels[here]}, part_of: {circle}, a circle; one of them has to be outermost"
        reported.update(trail)


def _counterpart(department: Department, reference: Catalogue) -> Department | None:
    if department.id in reference.by_id:
        return reference.by_id[department.id]
    names = [_essence(name) for name in (department.names.en, department.names.zh) if name]
    best: tuple[int, Department] | None = None
    for candidate in reference.departments:
        known = [candidate.names.en, candidate.names.zh, *candidate.aliases.everything()]
        for essence in filter(None, map(_essence, known)):
            for name in filter(None, names):
                if _within(essence, name) and (not best or len(essence) > best[0]):
                    best = (len(essence), candidate)
    return best[1] if best else None


def _essence(name: str) -> str:
    """A department's name without the words that every department's name has."""
    words = re.findall(r"[^\W_]+", _GENERIC.sub(" ", name).lower())
    return "".join(f" {word} " if word.isascii() else word for word in words).strip()


def _within(essence: str, name: str) -> bool:
    """True where a name contains an essence: English by whole words, for ENT is not in treatment."""
    return f" {essence} " in f" {name} " if essence.isascii() else essence in name
