"""An instance by name and by time, so that nothing is searched for twice."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scheduler.domain import GRID

if TYPE_CHECKING:
    from scheduler.domain import Interval, Session, Slot
    from scheduler.instance import Instance

MINUTE = timedelta(minutes=1)
STEPS_A_DAY = timedelta(days=1) // GRID


class Lookup:
    """Who is who, and when anything is open.

    Time is cut into steps of the grid since midnight before the first session, up to the end of
    the last. A set of steps is a whole number with a bit for each (`bits`).
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.requests = {request.id: request for request in instance.requests}
        self.people = {person.id: person for person in instance.practitioners}
        self.rooms = {room.id: room for room in instance.rooms}
        self.equipment = {thing.id: thing for thing in instance.equipment}
        first = min((session.start for session in instance.sessions), default=datetime(2000, 1, 1))
        self.origin = first.replace(hour=0, minute=0, second=0, microsecond=0)
        self.end = max((self.step(session.end) for session in instance.sessions), default=0)
        self.of_department: dict[str, list[tuple[Session, range]]] = defaultdict(list)
        self._of_practitioner: dict[str, list[Session]] = defaultdict(list)
        for session in sorted(instance.sessions, key=lambda session: session.start):
            self.of_department[session.department].append((session, self.inside(session)))
            self._of_practitioner[session.practitioner].append(session)
        self.promised: dict[str, int] = defaultdict(int)
        for promise in instance.commitments:
            self.promised[promise.practitioner] |= bits(self.touched(promise))

    def step(self, moment: datetime) -> int:
        """The step that holds a moment; negative before the first."""
        return (moment - self.origin) // GRID

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the origin, rounded up: nobody is seen before they can come."""
        return -((self.origin - moment) // MINUTE)

    def inside(self, interval: Interval) -> range:
        """The steps that lie wholly in an interval, which may begin and end off the grid."""
        first = self._clipped(-((self.origin - interval.start) // GRID))
        return range(first, max(first, self._clipped(self.step(interval.end))))

    def touched(self, interval: Interval) -> range:
        """The steps that share a moment with an interval."""
        last = self._clipped(-((self.origin - interval.end) // GRID))
        return range(self._clipped(self.step(interval.start)), last)

    def from_then_on(self, moment: datetime) -> int:
        """The bits of all steps that begin at a moment or later."""
        return -1 << self._clipped(-((self.origin - moment) // GRID))

    def session_around(self, slot: Slot) -> Session | None:
        """The session that a slot is cut from. Sessions of a practitioner never overlap."""
        theirs = self._of_practitioner.get(slot.practitioner, [])
        at = bisect_right(theirs, slot.start, key=lambda session: session.start)
        around = theirs[at - 1] if at else None
        if around is None or slot.end > around.end:
            return None
        same = (around.department, around.location) == (slot.department, slot.location)
        return around if same else None

    def works_in(self, practitioner: str, department: str) -> bool:
        """Whether they see patients there; one whose departments are not known works in any."""
        person = self.people.get(practitioner)
        return person is not None and (not person.departments or department in person.departments)

    def has_skills(self, practitioner: str, skills: tuple[str, ...]) -> bool:
        """Whether they can do everything that is asked."""
        person = self.people.get(practitioner)
        return set(skills) <= set(person.skills if person else ())

    def lets_wheelchairs_in(self, location: str | None) -> bool:
        """Whether a wheelchair is known to get in."""
        room = self.rooms.get(location or "")
        return room is not None and room.wheelchair

    def _clipped(self, step: int) -> int:
        return max(0, min(self.end, step))


def bits(steps: range) -> int:
    """A set of consecutive steps as a number with a bit for each."""
    return (1 << steps.stop) - (1 << steps.start)
