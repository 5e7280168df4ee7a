"""Why this slot, why none, why not that one: facts about a plan, recomputed, for others to word.

Everything is asked of a `Board`, the same that plans are made on, so that a reason cannot disagree
with the plan: `board = Board(Table(instance))`, then `board.read(plan)`. No board is changed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from pydantic import Field

from scheduler.board import UNPLACED, Board
from scheduler.domain import GRID, DepartmentFit, Scarcity, Slot, Value, WithoutSlot
from scheduler.errors import InvalidInstance
from scheduler.rules import HARD, SOFT, WHOLE_PLAN, Options
from scheduler.rules.options import Bools, Ints
from scheduler.table import FORBIDDEN, Table
from scheduler.windows import apply, cut, solve_window

RULES: tuple[str, ...] = (*(rule.name for rule in SOFT), *WHOLE_PLAN)
MOST_SCARCE = 5
STEPS_AN_HOUR = timedelta(hours=1) // GRID
SECONDS, EFFORT = 0.4, 0.5
"""How long those in the way may be replanned; a handful of visits takes a few hundredths."""


class SlotReason(Value):
    """One rule's part in a choice, in points. Fairness counts against having no slot, which is a
    long wait, and is often negative.

    `points` is what the rule charges for the slot, `alternative` what it would for the best other
    slot, where there is one. `best` is the least that it charges for any open slot, `least` for any
    slot that the hard rules allow, whoever has it.
    """

    rule: str
    points: int
    best: int
    least: int
    alternative: int | None = None

    @property
    def satisfied(self) -> bool:
        """True where no open slot would please this rule more."""
        return self.points == self.best


class Alternative(Value):
    """The cheapest other free slot, and how much dearer the plan is with it."""

    slot: Slot
    difference: int


class WhySlot(Value):
    """What speaks for a slot, by rule, and what stood open besides while everybody else stays.

    `open_slots` count the slot itself, `earlier_slots` are the open ones before it. `load` is how
    much of the doctor's day is taken by others, 0 to 1.
    """

    reasons: tuple[SlotReason, ...]
    alternative: Alternative | None
    open_slots: int
    earlier_slots: int
    load: float


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


class Open(Value):
    """A free slot, and what it adds by all rules."""

    slot: Slot
    points: int


class WhyUnplaced(Value):
    """Why somebody has no slot, which costs `points`.

    `cheapest` is the slot that the rules of one visit like best, and `by` who has it; for a pin, the
    pinned slot and what is against it. `free` is the cheapest that nobody has. `scarcity` tells in
    which hours more time would have helped, the dearest first.
    """

    reason: WithoutSlot
    points: int
    cheapest: Slot | None = None
    by: tuple[Obstacle, ...] = ()
    free: Open | None = None
    scarcity: tuple[Scarcity, ...] = ()


class Payer(Value):
    """Somebody whose slot changes, with the points of the rules of one visit before and after."""

    request: str
    before: Slot | None
    after: Slot | None
    points_before: int
    points_after: int


class WhyNot(Value):
    """What it would take to give somebody a slot.

    Where it is `possible`, whoever is in the way is replanned: `price` is the change of the whole
    objective, `by_rule` the same by rule (those that change), and `pays` tells whose slots change.
    """

    status: Literal["blocked", "here", "possible"]
    slot: Slot | None = None
    by: tuple[Obstacle, ...] = ()
    price: int | None = None
    by_rule: dict[str, int] = Field(default_factory=dict)
    pays: tuple[Payer, ...] = ()


def why(board: Board, request: str) -> WhySlot:
    """What each rule makes of the slot that a request has.

    Raises:
        InvalidInstance: there is no such request, or it has no slot.
    """
    number, table = _number(board, request), board.table
    column = int(board.at[number])
    if column == UNPLACED:
        raise InvalidInstance(f"{request} has no slot")
    others = board.copy()
    others.remove(number)
    slots = _Slots.of(others, number)
    if board.fixed[number]:
        slots = slots.where(slots.columns == column)
    opened = slots.where(slots.free)
    here = int(np.flatnonzero(opened.columns == column)[0])
    best = opened.cheapest(besides=column)
    start, day = table.columns.start, int(table.columns.day[column])
    return WhySlot(
        reasons=tuple(
            SlotReason(
                rule=rule,
                points=int(points[here]),
                best=int(points.min()),
                least=int(slots.by_rule[rule].min()),
                alternative=None if best is None else int(points[best]),
            )
            for rule, points in opened.by_rule.items()
        ),
        alternative=None
        if best is None
        else Alternative(
            slot=table.slot(int(opened.columns[best])),
            difference=int(opened.total[best] - opened.total[here]),
        ),
        open_slots=len(opened.columns),
        earlier_slots=int((start[opened.columns] < start[column]).sum()),
        load=int(others.load[day]) / int(table.day_capacity[day]),
    )


def why_unplaced(board: Board, request: str, scarcity: Sequence[Scarcity] = ()) -> WhyUnplaced:
    """Why a request has no slot; `scarcity` is the plan's.

    Raises:
        InvalidInstance: there is no such request, or it has a slot.
    """
    number, table = _number(board, request), board.table
    if board.at[number] != UNPLACED:
        raise InvalidInstance(f"{request} has a slot")
    reason = board.reason(number)
    points, held = int(table.no_slot[number]), table.requests[number].held
    if reason == "pin_impossible" and held is not None:
        by = tuple(_Visit(board, number, held.practitioner, held.start).obstacles())
        return WhyUnplaced(reason=reason, points=points, cheapest=held, by=by)
    slots = _Slots.of(board, number)
    if not len(slots.columns):
        return WhyUnplaced(reason=reason, points=points)
    opened = slots.where(slots.free)
    best = opened.cheapest()
    liked = int(table.cheapest(number, 1)[0])
    return WhyUnplaced(
        reason=reason,
        points=points,
        cheapest=table.slot(liked),
        by=tuple(_holders(board, number, liked)),
        free=None
        if best is None
        else Open(slot=table.slot(int(opened.columns[best])), points=int(opened.total[best])),
        scarcity=_covering(table, slots.columns, scarcity),
    )


def why_not(board: Board, request: str, practitioner: str, start: datetime) -> WhyNot:
    """What stands in the way of this doctor at this time, or who would pay how much for it.

    Raises:
        InvalidInstance: there is no such request or practitioner, or the time carries an offset.
    """
    number = _number(board, request)
    if practitioner not in board.table.hospital.number:
        raise InvalidInstance(f"there is no practitioner {practitioner}")
    if start.tzinfo is not None:
        raise InvalidInstance("times are the hospital's own and carry no offset")
    visit = _Visit(board, number, practitioner, start)
    if visit.column is not None and visit.column == board.at[number]:
        return WhyNot(status="here", slot=visit.slot)
    if by := tuple(visit.obstacles()):
        return WhyNot(status="blocked", slot=visit.slot, by=by)
    assert visit.column is not None, "nothing is against a slot that there is not"
    return _moved_there(board, number, visit.column)


# --- one request in all of its slots --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Slots:
    """The slots that the hard rules allow a request that sits nowhere, with their price by rule."""

    table: Table
    columns: Ints
    free: Bools
    by_rule: dict[str, Ints]

    @classmethod
    def of(cls, board: Board, request: int) -> _Slots:
        """As things are on the board."""
        table, weights = board.table, board.table.instance.weights
        fits = {fit.department: fit for fit in table.requests[request].departments}
        columns, free = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=bool)]
        by_rule: dict[str, list[Ints]] = {rule: [np.empty(0, dtype=np.int64)] for rule in RULES}
        for block, price in table.rows(request):
            allowed = np.flatnonzero(price < FORBIDDEN)
            columns.append(block.first + allowed)
            free.append(board.free(block, request)[allowed])
            options = table.options(request, block.first + allowed, fits[block.department])
            for soft in SOFT:
                by_rule[soft.name].append(soft.cost(options, weights))
            for rule, points in board.whole_plan_deltas(block, request).items():
                by_rule[rule].append(points[allowed])
        return cls(
            table=table,
            columns=np.concatenate(columns),
            free=np.concatenate(free),
            by_rule={rule: np.concatenate(points) for rule, points in by_rule.items()},
        )

    def where(self, chosen: Bools) -> _Slots:
        """Some of them."""
        by_rule = {rule: points[chosen] for rule, points in self.by_rule.items()}
        return _Slots(self.table, self.columns[chosen], self.free[chosen], by_rule)

    @property
    def total(self) -> Ints:
        """What each adds by all rules."""
        total: Ints = np.sum(list(self.by_rule.values()), axis=0, dtype=np.int64)
        return total

    def cheapest(self, besides: int = UNPLACED) -> int | None:
        """Where the cheapest stands, the earliest of equals, if there is any besides a column."""
        start = self.table.columns.start[self.columns]
        order = np.lexsort((self.columns, start, self.total))
        order = order[self.columns[order] != besides]
        return int(order[0]) if len(order) else None


# --- one request in one slot ----------------------------------------------------------------------


class _Visit:
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


def _number(board: Board, request: str) -> int:
    if request not in board.table.number:
        raise InvalidInstance(f"there is no request {request}")
    return board.table.number[request]


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


def _in_the_way(board: Board, request: int, column: int) -> tuple[Ints, Ints]:
    """`_occupants` where no place is left for a request that sits nowhere."""
    who, where = _occupants(board, request, column)
    full = board.left.ravel()[where] <= 0
    return who[full], where[full]


def _holders(board: Board, request: int, column: int) -> Iterator[Obstacle]:
    """Who is in the way, by what they have."""
    table = board.table
    who, where = _in_the_way(board, request, column)
    lanes = where // table.horizon
    for lane in np.unique(lanes).tolist():
        rule = table.lanes[lane][0] if lane < table.priced else "patient"
        ids = (table.requests[other].id for other in np.unique(who[lanes == lane]).tolist())
        yield Obstacle(rule=rule, who=tuple(ids))


def _covering(table: Table, columns: Ints, scarcity: Sequence[Scarcity]) -> tuple[Scarcity, ...]:
    """The dearest hours of what any of these columns takes time of."""
    of, covered = table.columns, set[tuple[str, str, int]]()
    for number in np.unique(of.block[columns]).tolist():
        block = table.blocks[number]
        mine = columns[of.block[columns] == number]
        hours = (of.start[mine][:, None] + np.arange(block.steps)) // STEPS_AN_HOUR
        taken = [("department", block.department, hours)]
        taken += [(*table.lanes[lane], hours) for lane in block.equipment]
        for lane in np.unique(of.room[mine]).tolist():
            if lane != table.idle:
                taken.append((*table.lanes[lane], hours[of.room[mine] == lane]))
        covered |= {
            (kind, name, hour) for kind, name, at in taken for hour in np.unique(at).tolist()
        }
    mine = [
        one
        for one in scarcity
        if (one.kind, one.resource, table.step(one.start) // STEPS_AN_HOUR) in covered
    ]
    mine.sort(key=lambda one: (-one.points, one.start, one.kind, one.resource))
    return tuple(mine[:MOST_SCARCE])


# --- what if it sat there -------------------------------------------------------------------------


def _moved_there(board: Board, request: int, column: int) -> WhyNot:
    """Place a request, and whoever was there as well as they can be."""
    trial, table = board.copy(), board.table
    trial.remove(request)
    pushed = np.unique(_in_the_way(trial, request, column)[0])
    # Long visits first: short ones fit between them.
    pushed = pushed[np.argsort(-table.columns.steps[board.at[pushed]], kind="stable")]
    movable = pushed[~board.fixed[pushed]].tolist()
    for other in movable:
        trial.remove(other)
    trial.place(request, column)
    _settle(trial, movable)
    changed = [one for one in (request, *movable) if board.at[one] != trial.at[one]]
    by_rule = _change(board, trial, changed)
    return WhyNot(
        status="possible",
        slot=table.slot(column),
        price=sum(by_rule.values()),
        by_rule=by_rule,
        pays=tuple(
            Payer(
                request=table.requests[one].id,
                before=board.slot(one),
                after=trial.slot(one),
                points_before=int(board.paid[one]),
                points_after=int(trial.paid[one]),
            )
            for one in changed
        ),
    )


def _settle(board: Board, pushed: list[int]) -> None:
    """Everybody in turn takes their best place; then all of them together, exactly."""
    _take_best(board, pushed)
    if len(pushed) > 1:
        every = len(board.table.columns.start)
        window = cut(board, pushed, [board.table.cheapest(other, every) for other in pushed])
        solution = solve_window(window, seconds=SECONDS, effort=EFFORT)
        apply(board, window, solution, board.cost)
        _take_best(board, pushed)


def _take_best(board: Board, requests: list[int]) -> None:
    for request in requests:
        if board.at[request] == UNPLACED:
            column, _ = board.best(request)
            if column != UNPLACED:
                board.place(request, column)


def _change(before: Board, after: Board, changed: list[int]) -> dict[str, int]:
    """What the plan costs more by each rule, where only these requests have another slot."""
    more, ledger, no_slot = Counter[str](), before.copy(), before.table.no_slot
    for request in changed:
        column = ledger.remove(request)
        if column == UNPLACED:
            more["unplaced"] -= int(no_slot[request])
        else:
            more.subtract(ledger.offered(request, column).costs)
    for request in changed:
        column = int(after.at[request])
        if column == UNPLACED:
            more["unplaced"] += int(no_slot[request])
        else:
            more.update(ledger.offered(request, column).costs)
            ledger.place(request, column)
    return {rule: points for rule, points in more.items() if points}
