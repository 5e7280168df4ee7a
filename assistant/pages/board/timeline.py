"""A day as rows of a grid: one row a doctor's clinic, one column ten minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from assistant.clinics import Days, Proposal
from scheduler.domain import GRID, Interval, Session, Slot
from scheduler.instance import DAY
from scheduler.records import Booking
from scheduler.records.values import FREED

HOUR = timedelta(hours=1)
State = Literal["", "moved", "from", "astray"]
"""How a visit stands to a proposal: it would come here, or go from here. Astray: outside all clinics."""


@dataclass(frozen=True)
class Bar:
    """A stretch of a row: from which column, over how many."""

    column: int
    span: int


@dataclass(frozen=True)
class Visit(Bar):
    """A visit on its row."""

    booking: Booking
    slot: Slot
    state: State = ""


@dataclass
class Row:
    """A doctor in a department. `load` is the share of the open time that is promised."""

    practitioner: str
    department: str
    open: list[Bar] = field(default_factory=list)
    away: list[Bar] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    load: float = 0.0


@dataclass(frozen=True)
class Timeline:
    """Rows by department, the hours above them, and who has no time."""

    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    hours: tuple[tuple[str, int], ...]
    columns: int
    waiting: tuple[Booking, ...]


def timeline(days: Days, department: str = "", proposal: Proposal | None = None) -> Timeline:
    """The first of some days, as it is or as a proposal would have it; of one department, if named."""
    midnight = datetime.combine(days.first, datetime.min.time())
    today = Interval(start=midnight, end=midnight + DAY)
    sessions = [s for s in days.sessions if s.overlaps(today)]
    sessions = [s for s in sessions if not department or s.department == department]
    placed = [
        (booking, slot, state)
        for booking, slot, state in _placed(days.bookings, proposal)
        if slot.overlaps(today) and (not department or slot.department == department)
    ]
    first, last = _hours(midnight, [*sessions, *(slot for _, slot, _ in placed)])
    bar = _Ruler(first, last)
    rows: dict[tuple[str, str], Row] = {}

    def row(of: Session) -> Row:
        key = of.department, of.practitioner
        return rows.setdefault(key, Row(practitioner=of.practitioner, department=of.department))

    for session in sessions:
        row(session).open.append(Bar(*bar(session)))
    absences = [*days.absences, *([proposal.absence] if proposal and proposal.absence else [])]
    for one in rows.values():
        away = [a for a in absences if a.practitioner == one.practitioner and a.overlaps(today)]
        one.away = [Bar(*bar(a)) for a in away if a.end > first and a.start < last]
    for booking, slot, state in placed:
        held = any(_holds(session, slot) for session in sessions)
        row(slot).visits.append(
            Visit(*bar(slot), booking=booking, slot=slot, state=state or ("" if held else "astray"))
        )
    for one in rows.values():
        taken = sum(v.span for v in one.visits if v.state != "from")
        one.load = taken / max(sum(b.span for b in one.open), 1)
        one.visits.sort(key=lambda visit: visit.column)
    groups: dict[str, list[Row]] = defaultdict(list)
    for (name, _), one in sorted(rows.items()):
        groups[name].append(one)
    return Timeline(
        groups=tuple((name, tuple(of_it)) for name, of_it in groups.items()),
        hours=tuple(bar.hours()),
        columns=bar.columns,
        waiting=tuple(b for b in days.bookings if b.status == "waitlist"),
    )


def loads(days: Days) -> dict[str, list[tuple[int, float | None]]]:
    """For each department, day by day: how many visits, and the share of open time that they take;
    None where there is no clinic."""
    open_steps: dict[tuple[str, int], float] = defaultdict(float)
    taken: dict[tuple[str, int], float] = defaultdict(float)
    visits: dict[tuple[str, int], int] = defaultdict(int)
    for session in days.sessions:
        away = sum(
            _shared(session, a) for a in days.absences if a.practitioner == session.practitioner
        )
        key = session.department, (session.start.date() - days.first).days
        open_steps[key] += (session.end - session.start) / GRID - away
    for booking in days.bookings:
        if booking.status not in FREED:
            key = booking.slot.department, (booking.slot.start.date() - days.first).days
            taken[key] += (booking.slot.end - booking.slot.start) / GRID
            visits[key] += 1
    names = sorted({name for name, _ in (*open_steps, *visits)})

    def share(key: tuple[str, int]) -> float | None:
        if open_steps[key]:
            return taken[key] / open_steps[key]
        return 1.0 if taken[key] else None

    return {
        name: [(visits[name, day], share((name, day))) for day in range(days.days)]
        for name in names
    }


class _Ruler:
    """Columns of ten minutes; the first one holds the doctor's name."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self._first, self._last = first, last
        self.columns = int((last - first) / GRID)

    def __call__(self, of: Interval) -> tuple[int, int]:
        start, end = max(of.start, self._first), min(of.end, self._last)
        return int((start - self._first) / GRID) + 2, max(int((end - start) / GRID), 1)

    def hours(self) -> Iterator[tuple[str, int]]:
        """Each full hour and its column."""
        at = self._first
        while at < self._last:
            yield f"{at:%H:%M}", int((at - self._first) / GRID) + 2
            at += HOUR


def _placed(
    bookings: Iterable[Booking], proposal: Proposal | None
) -> Iterator[tuple[Booking, Slot, State]]:
    """Where everybody is; who would move twice: where they would come, and where they go from."""
    moves = {move.appointment: move for move in proposal.moves} if proposal else {}
    for booking in bookings:
        move = moves.get(booking.id)
        if move is None:
            if booking.status not in FREED:
                yield booking, booking.slot, ""
            continue
        if move.before:
            yield booking, move.before, "from"
        if move.after:
            yield booking, move.after, "moved"


def _hours(midnight: datetime, intervals: list[Interval]) -> tuple[datetime, datetime]:
    """The full hours around everything that is to be shown."""
    first = min((i.start for i in intervals), default=midnight + 8 * HOUR)
    last = max((i.end for i in intervals), default=midnight + 18 * HOUR)
    return first.replace(minute=0), midnight + -(-(last - midnight) // HOUR) * HOUR


def _holds(session: Session, slot: Slot) -> bool:
    same = (session.practitioner, session.department) == (slot.practitioner, slot.department)
    return same and session.start <= slot.start and slot.end <= session.end


def _shared(one: Interval, other: Interval) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return max(shared / GRID, 0.0)
