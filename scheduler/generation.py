"""Realistic hospital days, made up from a seed: for benchmarks, demonstrations and tests.

What is drawn: two peaks of arrivals, departments of unequal demand, half-days off, doctors with
skills and languages, shared rooms and machines, an hour's reserve for urgent patients, and patients
with acuity, second choices, wishes, a doctor they know, promises that others made before, pins, and
sometimes two visits on one day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from scheduler.domain import (
    GRID,
    AppointmentRequest,
    DepartmentFit,
    Equipment,
    Practitioner,
    Reserve,
    Room,
    Session,
    Slot,
    Wishes,
    Words,
)
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance
from scheduler.rules import Weights

FIRST_DAY = datetime(2026, 3, 2)
CLINICS = ((8.0, 12.0), (13.5, 17.5))
ATTENDANCE, WEEKEND = 0.97, 0.4
"""How many of the half-days doctors work."""
ARRIVALS = np.array([45, 12, 10, 8, 4, 9, 7, 4, 1]) / 100
"""The share of patients who can come from 08:00, 09:00 … on: nearly half at any time of the day."""
ACUITIES = {1: 0.003, 2: 0.05, 3: 0.20, 4: 0.50, 5: 0.247}
DUE_HOURS = {1: 0, 2: 2, 3: 24, 4: 72, 5: 336}
LONGER = {20: 0.35, 30: 0.07, 60: 0.02}
"""How many visits take longer than ten minutes, where doctors have the time."""
BUSY = 0.88
"""The share of the open time that the visits fill: where more patients come, visits are shorter."""
GROUPS = ("north", "south", "east", "west")
MACHINES = ("ecg", "ultrasound", "endoscope", "slit-lamp")
LANGUAGES = (("zh",), ("zh", "en"), ("zh", "en", "yue"))


class _Maker:
    """Draws one instance; every draw comes from one generator, in one order."""

    def __init__(
        self, departments: int, practitioners: int, patients: int, seed: int, days: int
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.departments = [f"department-{i:02}" for i in range(departments)]
        share = self.random.dirichlet(np.full(departments, 12.0))
        self.demand = share / share.sum()
        self.days = days
        self.minutes = _minutes(patients / practitioners)
        self.home = self._homes(practitioners)
        self.people = tuple(self._practitioner(i) for i in range(practitioners))
        self.sessions = tuple(s for day in range(days) for s in self._sessions(day))
        self.rooms = self._rooms()
        self.accessible = {room.id for room in self.rooms if room.wheelchair}
        self.taken: set[tuple[str, datetime]] = set()

    def _homes(self, practitioners: int) -> list[int]:
        """Doctors follow demand, but not exactly: some departments are short of them."""
        wanted = self.demand * practitioners * self.random.uniform(0.95, 1.05, len(self.demand))
        counts = np.maximum(1, np.floor(wanted / wanted.sum() * practitioners).astype(int))
        while counts.sum() < practitioners:
            counts[int(np.argmax(wanted / counts))] += 1
        while counts.sum() > practitioners:
            counts[int(np.argmax(counts))] -= 1
        return np.repeat(np.arange(len(counts)), counts).tolist()

    def _practitioner(self, number: int) -> Practitioner:
        draw = self.random
        name = f"dr-{number:03}"
        return Practitioner(
            id=name,
            names=Words(en=f"Dr {number:03}"),
            sex="female" if draw.random() < 0.45 else "male",
            departments=(self.departments[self.home[number]],),
            skills=("procedure",) if draw.random() < 0.5 else (),
            languages=LANGUAGES[draw.choice(3, p=[0.6, 0.3, 0.1])],
        )

    def _sessions(self, day: int) -> list[Session]:
        """Nearly every half-day, fewer at the weekend. Some rooms are shared by three doctors."""
        made = []
        weekend = day % 7 >= 5
        for number, person in enumerate(self.people):
            for opens, closes in CLINICS:
                if self.random.random() < (WEEKEND if weekend else ATTENDANCE):
                    midnight = FIRST_DAY + timedelta(days=day)
                    made.append(
                        Session(
                            start=midnight + timedelta(hours=opens),
                            end=midnight + timedelta(hours=closes),
                            practitioner=person.id,
                            department=person.departments[0],
                            location=f"room-{number // 3 * 3 if number % 9 < 3 else number:03}",
                        )
                    )
        return made

    def _rooms(self) -> tuple[Room, ...]:
        """One patient a room; the shared ones, of three doctors, hold two."""
        names = sorted({s.location for s in self.sessions if s.location})
        sharing = {f"room-{n // 3 * 3:03}" for n in range(len(self.people)) if n % 9 < 3}
        return tuple(
            Room(
                id=name,
                capacity=2 if name in sharing else 1,
                wheelchair=bool(self.random.random() < 0.6),
            )
            for name in names
        )

    def equipment(self) -> tuple[Equipment, ...]:
        """One of each machine for every twenty doctors."""
        each = max(1, len(self.people) // 20)
        return tuple(Equipment(id=name, capacity=each) for name in MACHINES)

    def reserves(self) -> tuple[Reserve, ...]:
        """A tenth of every department's hour."""
        kept = []
        for day in range(self.days):
            for department in self.departments:
                for hour in range(8, 18):
                    start = FIRST_DAY + timedelta(days=day, hours=hour)
                    end = start + timedelta(hours=1)
                    there = [
                        s
                        for s in self.sessions
                        if s.department == department and s.start < end and start < s.end
                    ]
                    if minutes := 6 * len(there) // 10 * 10:
                        kept.append(
                            Reserve(start=start, end=end, department=department, minutes=minutes)
                        )
        return tuple(kept)

    def request(self, number: int, day: int) -> AppointmentRequest:
        """One patient's visit."""
        draw = self.random
        acuity = int(draw.choice(list(ACUITIES), p=list(ACUITIES.values())))
        hour = 8 + int(draw.choice(len(ARRIVALS), p=ARRIVALS))
        earliest = FIRST_DAY + timedelta(days=day, hours=hour, minutes=int(draw.integers(12)) * 5)
        fits = self._fits()
        doctors = [p for p in self.people if p.departments[0] == fits[0].department]
        known = doctors[int(draw.integers(len(doctors)))].id
        promised = draw.random()
        wheelchair = bool(draw.random() < 0.04)
        skills = ("procedure",) if draw.random() < 0.06 else ()
        held = None
        if promised < 0.12 and acuity > 1:
            held = self._held(fits[0], earliest, skills, wheelchair)
        return AppointmentRequest(
            id=f"request-{number:05}",
            patient=f"patient-{number - (number % 33 == 32):05}",
            group=str(draw.choice(GROUPS, p=[0.4, 0.3, 0.2, 0.1])),
            departments=fits,
            acuity=acuity,
            earliest=earliest,
            due_by=earliest + timedelta(hours=DUE_HOURS[acuity]),
            wishes=self._wishes(known),
            skills=skills,
            equipment=(str(draw.choice(MACHINES)),) if draw.random() < 0.10 else (),
            wheelchair=wheelchair,
            seen_before=known if draw.random() < 0.2 else None,
            held=held,
            pinned=held is not None and promised < 0.03,
        )

    def _fits(self) -> tuple[DepartmentFit, ...]:
        draw = self.random
        several = min(int(draw.choice([1, 2, 3], p=[0.6, 0.3, 0.1])), len(self.departments))
        chosen = draw.choice(len(self.departments), several, replace=False, p=self.demand)
        believed = np.sort(draw.dirichlet(np.full(several, 3.0)))[::-1]
        minutes = int(draw.choice(list(self.minutes), p=list(self.minutes.values())))
        return tuple(
            DepartmentFit(department=self.departments[d], fit=round(float(fit), 3), minutes=minutes)
            for d, fit in zip(chosen, believed, strict=True)
        )

    def _wishes(self, known: str) -> Wishes:
        draw = self.random
        return Wishes(
            sex="female" if draw.random() < 0.12 else None,
            language="en" if draw.random() < 0.05 else None,
            part_of_day=(None, "morning", "afternoon")[draw.choice(3, p=[0.75, 0.13, 0.12])],
            practitioner=known if draw.random() < 0.1 else None,
        )

    def _held(
        self, fit: DepartmentFit, earliest: datetime, skills: tuple[str, ...], wheelchair: bool
    ) -> Slot | None:
        """An appointment that somebody promised before, apart from all other promises."""
        length = timedelta(minutes=fit.minutes)
        skilled = {person.id for person in self.people if set(skills) <= set(person.skills)}
        open_now = [
            s
            for s in self.sessions
            if s.department == fit.department
            and s.end - length >= earliest
            and s.practitioner in skilled
            and (s.location in self.accessible or not wheelchair)
        ]
        if not open_now:
            return None
        session = open_now[int(self.random.integers(len(open_now)))]
        first = max(0, -((session.start - earliest) // GRID))
        last = (session.end - length - session.start) // GRID
        start = session.start + int(self.random.integers(first, last + 1)) * GRID
        steps = {(session.practitioner, start + i * GRID) for i in range(length // GRID)}
        if self.taken & steps:
            return None
        self.taken |= steps
        return Slot(**session.model_dump() | {"start": start, "end": start + length})


def _minutes(each: float) -> dict[int, float]:
    """How long visits are where every doctor has so many of them."""
    hours = sum(closes - opens for opens, closes in CLINICS)
    length = BUSY * ATTENDANCE * hours * 60 / max(each, 1)
    extra = sum(share * (minutes - 10) for minutes, share in LONGER.items())
    much = min(1.7, max(0.05, (length - 10) / extra))
    longer = {minutes: share * much for minutes, share in LONGER.items()}
    return {10: 1 - sum(longer.values())} | longer


def generate(
    *, departments: int, practitioners: int, patients: int, seed: int = 0, days: int = 1
) -> Instance:
    """An instance of `patients` a day. The same numbers and seed give the same instance.

    Raises:
        InvalidInstance: there are more departments than practitioners, or none of either.
    """
    if not 1 <= departments <= practitioners:
        raise InvalidInstance("every department needs a practitioner, and there must be one")
    if patients < 0 or days < 1:
        raise InvalidInstance("patients may not be negative, and there must be a day")
    if seed < 0:
        raise InvalidInstance("the seed may not be negative")
    make = _Maker(departments, practitioners, patients, seed, days)
    numbered = ((day * patients + i, day) for day in range(days) for i in range(patients))
    return Instance(
        requests=tuple(make.request(number, day) for number, day in numbered),
        sessions=make.sessions,
        practitioners=make.people,
        rooms=make.rooms,
        equipment=make.equipment(),
        reserves=make.reserves(),
        weights=Weights(),
        seed=seed,
    )
