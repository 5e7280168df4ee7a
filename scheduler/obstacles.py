"""What stands in the way of a visit: a rule, a pin, or whoever has the doctor, room or machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.domain import GRID, DepartmentFit, Slot, Value
from scheduler.rules import HARD, Options
from scheduler.rules.options import Ints
from scheduler.table import Table


class Obstacle(Value):
    """What stands in the way of a slot, and the ids of who or what that is.

    `practitioner`, `room`, `equipment` and `patient`: requests that have it then. `pinned`: requests
    that may not move. A hard rule of one visit: the skills that are missing, the department or the
    room. `room` and `equipment` of which there is none at all: themselves. `opening` (no session of
    that doctor in a department of the request holds the visit), `grid` (it would begin between two
    steps), `commitment`, `emergency` and `own_pin` name nobody.
    """

    rule: str
    who: tuple[str, ...] = ()


class Visit:
    """A request with one doctor at one time. It has no `slot` where no session holds it, and no
    `column` where it can take place on no board of this table."""

    def __init__(self, board: Board, request: int, practitioner: str, start: datetime) -> None:
        self._board, self._table, self._number = board, board.table, request
        self._request = board.table.requests[request]
        self._start = start
        self.slot: Slot | None = None
        self.column: int | None = None
        fits = {fit.department: fit for fit in self._request.departments}
        for number, session in enumerate(board.table.instance.sessions):
            if session.practitioner != practitioner or session.department not in fits:
                continue
            length = timedelta(minutes=fits[session.department].minutes)
            if session.start <= start < session.end and session.end - start >= length:
                self._session, self._fit = number, fits[session.department]
                times = {"start": start, "end": start + length}
                self.slot = Slot(**session.model_dump() | times)
                self.column = board.table.column_of(request, self.slot)

    def obstacles(self) -> Iterator[Obstacle]:
        """Whatever no replanning can move out of the way."""
        if self._request.is_emergency:
            yield Obstacle(rule="emergency")
        if self._board.fixed[self._number] and self.slot != self._request.held:
            yield Obstacle(rule="own_pin")
        if (self._start - self._table.origin) % GRID:
            yield Obstacle(rule="grid")
        if self.slot is None:
            yield Obstacle(rule="opening")
            return
        yield from self._broken(self.slot, self._session, self._fit)
        yield from self._closed(self.slot)
        if self.column is not None and (pins := self._pins(self.column)):
            yield Obstacle(rule="pinned", who=pins)

    def _broken(self, slot: Slot, session: int, fit: DepartmentFit) -> Iterator[Obstacle]:
        hospital = self._table.hospital
        doctor = hospital.number[slot.practitioner]
        options = Options(
            hospital=hospital,
            request=self._request,
            fit=fit,
            start=np.array([hospital.minute(slot.start)]),
            practitioner=np.array([doctor]),
            session=np.array([session]),
        )
        skills = hospital.practitioners[doctor].skills
        who = {
            "skill": tuple(skill for skill in self._request.skills if skill not in skills),
            "works_in_department": (fit.department,),
            "wheelchair_room": (slot.location,) if slot.location else (),
        }
        for hard in HARD:
            if not hard.allows(options).all():
                yield Obstacle(rule=hard.name, who=who.get(hard.name, ()))

    def _closed(self, slot: Slot) -> Iterator[Obstacle]:
        """What is promised to others, and what there is none of."""
        instance = self._table.instance
        promised = (c for c in instance.commitments if c.practitioner == slot.practitioner)
        if any(commitment.overlaps(slot) for commitment in promised):
            yield Obstacle(rule="commitment")
        if any(room.id == slot.location and room.capacity == 0 for room in instance.rooms):
            yield Obstacle(rule="room", who=(str(slot.location),))
        none = {machine.id for machine in instance.equipment if machine.capacity == 0}
        if missing := tuple(name for name in self._request.equipment if name in none):
            yield Obstacle(rule="equipment", who=missing)

    def _pins(self, column: int) -> tuple[str, ...]:
        """Requests that may not move and leave no place there."""
        board, table = self._board, self._table
        places = _places(table, self._number, column)
        who, where = _occupants(board, self._number, column)
        who, where = who[board.fixed[who]], where[board.fixed[who]]
        pins = (where[:, None] == places).sum(axis=0)
        full = places[table.free.ravel()[places] <= pins]
        pinned = np.unique(who[np.isin(where, full)]).tolist()
        return tuple(table.requests[pin].id for pin in pinned)


def _places(table: Table, request: int, column: int) -> Ints:
    """Everything that a visit takes time of, as `Table.places_of` counts it."""
    return table.places_of(np.array([request]), np.array([column]))[1]


def _occupants(board: Board, request: int, column: int) -> tuple[Ints, Ints]:
    """Who else takes time of what a visit needs: pairs of a request and a place."""
    table, of = board.table, board.table.columns
    start, end = of.start[column], of.start[column] + of.steps[column]
    at = board.at
    meanwhile = (at != UNPLACED) & (of.start[at] < end) & (of.start[at] + of.steps[at] > start)
    meanwhile[request] = False
    others = np.flatnonzero(meanwhile)
    entry, place = table.places_of(others, at[others])
    shared = np.isin(place, _places(table, request, column))
    return others[entry[shared]], place[shared]


def in_the_way(board: Board, request: int, column: int) -> tuple[Ints, Ints]:
    """`_occupants` where no place is left for a request that sits nowhere."""
    who, where = _occupants(board, request, column)
    full = board.left.ravel()[where] <= 0
    return who[full], where[full]


def holders(board: Board, request: int, column: int) -> Iterator[Obstacle]:
    """Who is in the way, by what they have."""
    table = board.table
    who, where = in_the_way(board, request, column)
    lanes = where // table.horizon
    for lane in np.unique(lanes).tolist():
        rule = table.lanes[lane][0] if lane < table.priced else "patient"
        ids = (table.requests[other].id for other in np.unique(who[lanes == lane]).tolist())
        yield Obstacle(rule=rule, who=tuple(ids))
