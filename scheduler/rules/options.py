"""What the rules of one visit look at: one request, one department, many slots at once.

All slots of an `Options` are for the same request, in the same department, of the same length. The
rules work on whole arrays of them: a hospital's day has hundreds of thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scheduler.domain import GRID

if TYPE_CHECKING:
    from scheduler.domain import (
        AppointmentRequest,
        DepartmentFit,
        Practitioner,
        Room,
        Session,
    )

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MINUTE = timedelta(minutes=1)
STEP = GRID // MINUTE
"""Minutes in a step of the grid."""


class Hospital:
    """Who works where and knows what, as arrays over practitioners and over sessions."""

    def __init__(
        self,
        origin: datetime,
        practitioners: tuple[Practitioner, ...],
        sessions: tuple[Session, ...],
        rooms: Iterable[Room],
    ) -> None:
        self.origin = origin
        self.practitioners = practitioners
        self.number = {person.id: i for i, person in enumerate(practitioners)}
        self.sessions = sessions
        accessible = {room.id for room in rooms if room.wheelchair}
        self.wheelchair: Bools = np.array([s.location in accessible for s in sessions], dtype=bool)
        self.has_skill = cache(lambda name: self._whoever(lambda p: name in p.skills))
        self.speaks = cache(lambda name: self._whoever(lambda p: name in p.languages))
        self.is_of_sex = cache(lambda name: self._whoever(lambda p: p.sex == name))
        self.works_in = cache(
            lambda name: self._whoever(lambda p: not p.departments or name in p.departments)
        )

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the origin, rounded up: nobody is seen before they can come."""
        return -((self.origin - moment) // MINUTE)

    def moment(self, minute: int) -> datetime:
        """The time of a minute."""
        return self.origin + minute * MINUTE

    def _whoever(self, has: Callable[[Practitioner], bool]) -> Bools:
        return np.array([has(person) for person in self.practitioners], dtype=bool)


@dataclass(frozen=True, slots=True)
class Options:
    """One request in many slots. The arrays have one entry a slot; `start` is in minutes."""

    hospital: Hospital
    request: AppointmentRequest
    fit: DepartmentFit
    start: Ints
    practitioner: Ints
    session: Ints

    @property
    def waited(self) -> Ints:
        """Minutes from the earliest possible time."""
        return self.start - self.hospital.minute(self.request.earliest)

    @property
    def minute_of_day(self) -> Ints:
        """Minutes since midnight."""
        return self.start % (24 * 60)

    def all_at(self, price: int) -> Ints:
        """The same price for every slot."""
        return np.full(self.start.shape, price, dtype=np.int64)

    def unless(self, met: Bools, price: int) -> Ints:
        """`price` wherever something is not met."""
        return np.where(met, 0, price).astype(np.int64)
