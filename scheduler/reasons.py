"""Why this slot, why none, why not that one: facts about a plan, recomputed, for others to word.

Everything is asked of a `Board`, the same that plans are made on, so that a reason cannot disagree
with the plan: `board = Board(Table(instance))`, then `board.read(plan)`. No board is changed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from pydantic import Field

from scheduler.board import UNPLACED, Board
from scheduler.choice import Choice
from scheduler.domain import GRID, Scarcity, Slot, Value, WithoutSlot
from scheduler.errors import InvalidInstance
from scheduler.obstacles import Obstacle, Visit, holders, in_the_way
from scheduler.rules.options import Ints
from scheduler.table import Table
from scheduler.windows import apply, cut, solve_window

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
    slots = Choice.of(others, number)
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
        by = tuple(Visit(board, number, held.practitioner, held.start).obstacles())
        return WhyUnplaced(reason=reason, points=points, cheapest=held, by=by)
    slots = Choice.of(board, number)
    if not len(slots.columns):
        return WhyUnplaced(reason=reason, points=points)
    opened = slots.where(slots.free)
    best = opened.cheapest()
    liked = int(table.cheapest(number, 1)[0])
    return WhyUnplaced(
        reason=reason,
        points=points,
        cheapest=table.slot(liked),
        by=tuple(holders(board, number, liked)),
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
    visit = Visit(board, number, practitioner, start)
    if visit.column is not None and visit.column == board.at[number]:
        return WhyNot(status="here", slot=visit.slot)
    if by := tuple(visit.obstacles()):
        return WhyNot(status="blocked", slot=visit.slot, by=by)
    assert visit.column is not None, "nothing is against a slot that there is not"
    return _moved_there(board, number, visit.column)


def _number(board: Board, request: str) -> int:
    if request not in board.table.number:
        raise InvalidInstance(f"there is no request {request}")
    return board.table.number[request]


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
    pushed = np.unique(in_the_way(trial, request, column)[0])
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
