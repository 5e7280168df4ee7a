"""What time there is before anybody is planned: whose it is, and what using it costs the whole plan.

Time is counted in steps of the grid, from midnight before the first session.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from scheduler.columns import NOBODY, STEPS_A_DAY
from scheduler.domain import GRID, Session
from scheduler.instance import Instance
from scheduler.rules import Hospital, load_prices
from scheduler.rules.options import STEP, Ints

DAY = timedelta(days=1)


class Hours:
    """The time of an instance.

    `free` counts how many visits each *lane* (a practitioner, a limited room, a piece of equipment,
    a patient with several requests, and one idle lane without limit) can take at each step. The
    first `priced` lanes are the hospital's own.
    """

    free: NDArray[np.int16]
    patient: Ints

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.origin, self.horizon = _span(instance)
        people, sessions = instance.practitioners, instance.sessions
        self.hospital = Hospital(self.origin, people, sessions, instance.rooms)
        self._lanes()
        self._open_hours()
        self._days()
        self._reserves()

    def step(self, moment: datetime) -> int:
        """The step of the grid that holds a moment."""
        return (moment - self.origin) // GRID

    def moment(self, step: int) -> datetime:
        """When a step begins."""
        return self.origin + step * GRID

    def steps_inside(self, session: Session) -> tuple[int, int]:
        """The steps that lie wholly inside a session, which may begin and end off the grid."""
        first = -((self.origin - session.start) // GRID)
        return first, max(first, self.step(session.end))

    # --- building -------------------------------------------------------------------------------

    def _lanes(self) -> None:
        instance = self.instance
        self.practitioners = len(instance.practitioners)
        names = [("practitioner", person.id) for person in instance.practitioners]
        names += [("room", room.id) for room in instance.rooms]
        names += [("equipment", thing.id) for thing in instance.equipment]
        self.priced = len(names)
        several = self._of_patient = defaultdict[str, list[int]](list)
        for i, request in enumerate(instance.requests):
            if request.patient is not None:
                several[request.patient].append(i)
        patients = {patient: rows for patient, rows in several.items() if len(rows) > 1}
        names += [("patient", patient) for patient in patients]
        self.lanes = names
        self.idle = len(names)
        names.append(("idle", ""))
        self.lane = {name: i for i, name in enumerate(names)}
        of_sessions = [
            (
                self.hospital.number[session.practitioner],
                self.lane.get(("room", session.location or ""), self.idle),
            )
            for session in instance.sessions
        ]
        self.session_lanes: Ints = np.array(of_sessions, dtype=np.int64).reshape(-1, 2)
        self.patient = np.full(len(instance.requests), self.idle, dtype=np.int64)
        for patient, rows in patients.items():
            self.patient[rows] = self.lane["patient", patient]

    def _open_hours(self) -> None:
        """How many visits each lane takes at each step, before anything is planned."""
        instance = self.instance
        free = np.zeros((len(self.lanes), self.horizon), dtype=np.int16)
        for session in instance.sessions:
            first, last = self.steps_inside(session)
            free[self.hospital.number[session.practitioner], first:last] = 1
        self.capacity: Ints = free[: self.practitioners].astype(np.int64)
        for promised in instance.commitments:
            first = max(0, self.step(promised.start))
            last = -((self.origin - promised.end) // GRID)
            free[self.hospital.number[promised.practitioner], first : max(0, last)] = 0
        for room in instance.rooms:
            free[self.lane["room", room.id]] = room.capacity
        for thing in instance.equipment:
            free[self.lane["equipment", thing.id]] = thing.capacity
        free[self.priced :] = 1
        free[self.idle] = np.iinfo(np.int16).max
        self.free = free

    def _days(self) -> None:
        """The days of each practitioner: how long, how full already, and what more load costs."""
        days = self.horizon // STEPS_A_DAY
        open_steps = self.capacity.reshape(self.practitioners, days, STEPS_A_DAY).sum(axis=2)
        left = self.free[: self.practitioners].reshape((*open_steps.shape, STEPS_A_DAY))
        self.days_each = days
        self.day_capacity: Ints = open_steps.ravel()
        self.day_base: Ints = self.day_capacity - left.sum(axis=2, dtype=np.int64).ravel()
        most = int(self.day_capacity.max(initial=0)) + 1
        weight = self.instance.weights.load
        shared = {c: load_prices(c, most, weight) for c in np.unique(self.day_capacity).tolist()}
        self.load: Ints = (
            np.stack([shared[c] for c in self.day_capacity.tolist()])
            if len(self.day_capacity)
            else np.zeros((0, most + 1), dtype=np.int64)
        )

    def _reserves(self) -> None:
        """Which window each step of each department is in, and what elective visits may take."""
        self.window_of: dict[str, Ints] = {}
        allowed = []
        for number, reserve in enumerate(self.instance.reserves):
            steps = self.window_of.setdefault(
                reserve.department, np.full(self.horizon, NOBODY, dtype=np.int64)
            )
            first = max(0, -((self.origin - reserve.start) // GRID))
            last = max(first, self.step(reserve.end))
            steps[first:last] = number
            there = np.zeros((self.practitioners, self.horizon), dtype=bool)
            for session in self.instance.sessions:
                if session.department == reserve.department:
                    begins, ends = self.steps_inside(session)
                    who = self.hospital.number[session.practitioner]
                    there[who, max(first, begins) : max(0, min(last, ends))] = True
            open_steps = int((there & (self.free[: self.practitioners] > 0)).sum())
            allowed.append(max(0, open_steps - reserve.minutes // STEP))
        self.window_free: Ints = np.array(allowed, dtype=np.int64)


def _span(instance: Instance) -> tuple[datetime, int]:
    """Midnight before the first session, and how many steps there are until the end of the last."""
    if not instance.sessions:
        return datetime(2000, 1, 1), 0
    first = min(session.start for session in instance.sessions)
    last = max(session.end for session in instance.sessions)
    origin = first.replace(hour=0, minute=0, second=0, microsecond=0)
    days = -((origin - last) // DAY)
    return origin, days * STEPS_A_DAY
