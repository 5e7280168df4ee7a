"""One more patient now: the best slot against all that is planned, and others that really differ.

A `Diary` holds a plan and prices every free slot of a newcomer exactly. Where none is good enough,
a small CP-SAT model lets a few visits move that nobody was promised yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.columns import STEPS_A_DAY
from scheduler.construction import Occupants, Pushing
from scheduler.domain import AppointmentRequest, Assignment, Plan, Slot, Value
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, require_plannable
from scheduler.rules.options import STEP, Bools, Ints
from scheduler.rules.soft import AFTERNOON, EVENING
from scheduler.table import FORBIDDEN, Table
from scheduler.windows import apply, cut, solve_window

Kind = Literal["best", "other_practitioner", "other_time"]
GOOD_ENOUGH = 900
"""Points above the cheapest slot of all, taken or not, up to which nobody else is asked to move."""
MOST_MOVED = 6
COLUMNS_EACH = 15
PUSH_COLUMNS = 60
MOVE_SECONDS, MOVE_EFFORT = 0.25, 0.1


class Difference(Value):
    """How an alternative differs from the best offer; facts only, to be worded elsewhere.

    `sex` is true only where both are known. `minutes_later` is negative for an earlier slot.
    """

    minutes_later: int
    practitioner: bool
    department: bool
    sex: bool
    cost: int


class Move(Value):
    """A visit that goes from one slot to another."""

    request: str
    before: Slot
    after: Slot


class Offer(Value):
    """A slot that the patient may take. The first offer has no difference: it is the measure.

    `moves` are visits that nobody was promised and that go elsewhere if it is taken.
    """

    assignment: Assignment
    difference: Difference | None = None
    kind: Kind = "best"
    moves: tuple[Move, ...] = ()


class Diary:
    """A plan that people are being added to.

    Where nothing is free for somebody, others make room one after another (`Pushing`); where what
    is free is poor, a small CP-SAT window looks for an exchange.
    """

    def __init__(self, instance: Instance, plan: Plan | None = None) -> None:
        self.board = Board(Table(instance))
        if plan is not None:
            self.board.read(plan)

    def offers(self, request: AppointmentRequest) -> tuple[Offer, ...]:
        """The best slot and up to two others: with another doctor, and in another half-day.

        None where every free slot costs more than going without: then a person decides. None
        either for a pinned request, which has its place already.

        Raises:
            InvalidInstance: it is an emergency, or its id is taken.
        """
        require_plannable(request)
        number = self._number(request)
        if self.board.fixed[number]:
            return ()
        free = _Free(self.board, number)
        best = free.cheapest()
        moved = self._with_moves(number, free.cost(best))
        if moved:
            found = [moved]
        elif best is not None:
            found = [Offer(assignment=free.assignment(best))]
        else:
            return ()
        first = found[0].assignment
        other = free.cheapest(
            free.doctor != self.board.table.hospital.number[first.slot.practitioner]
        )
        if other is not None:
            found.append(self._other(first, free.assignment(other), "other_practitioner"))
        seen = [self._half_day(offer.assignment.slot.start) for offer in found]
        other = free.cheapest(~np.isin(free.half_day, seen))
        if other is not None:
            found.append(self._other(first, free.assignment(other), "other_time"))
        return tuple(found)

    def take(self, offer: Offer) -> None:
        """Put an offer into the plan, with its moves.

        Raises:
            InvalidInstance: it does not fit the plan any more.
        """
        table, board = self.board.table, self.board
        request = table.number.get(offer.assignment.request)
        movers = [table.number[move.request] for move in offer.moves]
        before = [(mover, board.remove(mover)) for mover in movers]
        wanted = [(m, move.after) for m, move in zip(movers, offer.moves, strict=True)]
        if request is not None:
            wanted.append((request, offer.assignment.slot))
        for number, slot in wanted:
            column = table.column_of(number, slot)
            if column is None or not board.may(number, column):
                for placed, _ in wanted:
                    board.remove(placed)
                for mover, back in before:
                    board.place(mover, back)
                raise InvalidInstance(f"{offer.assignment.request}: the slot is not free any more")
            board.place(number, column)

    def _half_day(self, moment: datetime) -> int:
        return int(_half_days(np.array([self.board.table.step(moment)]))[0])

    def _number(self, request: AppointmentRequest) -> int:
        """The row of a request; one that asked before and took nothing may ask again."""
        table = self.board.table
        known = table.number.get(request.id)
        if (
            known is not None
            and self.board.at[known] == UNPLACED
            and table.requests[known] == request
        ):
            return known
        number = table.add(request)
        self.board.grow()
        return number

    def _with_moves(self, number: int, cost: int) -> Offer | None:
        """A better slot for which a few unpromised visits move, if none is good enough."""
        board, table = self.board, self.board.table
        wanted = table.cheapest(number, COLUMNS_EACH)
        if not len(wanted) or cost <= table.price(number, int(wanted[0])) + GOOD_ENOUGH:
            return None
        trial, without = board.copy(), int(table.no_slot[number])
        before = trial.cost
        if cost >= without:
            promised = np.array([request.held is not None for request in table.requests])
            trial.fixed = board.fixed | promised
            pushing = Pushing(trial, lambda request: table.cheapest(request, COLUMNS_EACH))
            pushing.place(number, table.cheapest(number, PUSH_COLUMNS), depth=0)
        else:
            requests = [number, *self._in_the_way(wanted)]
            near = [table.cheapest(request, COLUMNS_EACH) for request in requests]
            window = cut(trial, requests, near)
            solution = solve_window(window, seconds=MOVE_SECONDS, effort=MOVE_EFFORT)
            apply(trial, window, solution, before)
        gained = trial.cost - (before - without)
        movers = np.flatnonzero((trial.at != board.at) & (board.at != UNPLACED)).tolist()
        if gained >= cost or trial.at[number] == UNPLACED or _left_out(trial, movers):
            return None
        moves = tuple(
            Move(
                request=table.requests[m].id,
                before=table.slot(int(board.at[m])),
                after=table.slot(int(trial.at[m])),
            )
            for m in movers
        )
        plain = table.assignment(number, int(trial.at[number]))
        others = gained - plain.cost
        costs = plain.costs | {"others": others}
        return Offer(assignment=plain.model_copy(update={"costs": costs}), moves=moves)

    def _in_the_way(self, columns: Iterable[int]) -> list[int]:
        """Who sits on these columns and may move: nobody promised them that time."""
        board, who = self.board, Occupants(self.board)
        movers: dict[int, None] = {}
        for column in columns:
            for other in who.at(int(column)):
                if not board.fixed[other] and board.table.requests[other].held is None:
                    movers[other] = None
            if len(movers) >= MOST_MOVED:
                break
        return list(movers)[:MOST_MOVED]

    def _other(self, best: Assignment, other: Assignment, kind: Kind) -> Offer:
        people = self.board.table.instance.practitioners
        number = self.board.table.hospital.number
        mine, theirs = (people[number[a.slot.practitioner]].sex for a in (best, other))
        later = other.slot.start - best.slot.start
        difference = Difference(
            minutes_later=later // timedelta(minutes=1),
            practitioner=other.slot.practitioner != best.slot.practitioner,
            department=other.slot.department != best.slot.department,
            sex=mine is not None and theirs is not None and mine != theirs,
            cost=other.cost - best.cost,
        )
        return Offer(assignment=other, difference=difference, kind=kind)


def offers(instance: Instance) -> tuple[Offer, ...]:
    """Offers to the one request of `instance`, against its commitments.

    Raises:
        InvalidInstance: there is not exactly one request, or it is an emergency.
    """
    if len(instance.requests) != 1:
        raise InvalidInstance(f"offers are for one request, not for {len(instance.requests)}")
    nobody = instance.model_copy(update={"requests": ()})
    return Diary(nobody).offers(instance.requests[0])


def offers_for(instance: Instance, plan: Plan, request: AppointmentRequest) -> tuple[Offer, ...]:
    """Offers to one more request against a plan."""
    return Diary(instance, plan).offers(request)


class _Free:
    """The free slots of a request, cheapest first, all rules included."""

    def __init__(self, board: Board, request: int) -> None:
        self._board, self._request = board, request
        columns, costs = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for block, price in board.table.rows(request):
            free = np.flatnonzero(board.free(block, request) & (price < FORBIDDEN))
            columns.append(block.first + free)
            costs.append(board.deltas(block, price.astype(np.int64), request)[free])
        self._columns, self._costs = np.concatenate(columns), np.concatenate(costs)
        columns_of = board.table.columns
        start = columns_of.start[self._columns]
        order = np.lexsort((self._columns, start, self._costs))
        self._columns, self._costs, start = self._columns[order], self._costs[order], start[order]
        self.doctor = columns_of.lane[self._columns]
        self.half_day = _half_days(start)

    def cheapest(self, suits: Bools | None = None) -> int | None:
        """The cheapest that suits and costs less than going without."""
        cheaper = self._costs < self._board.table.no_slot[self._request]
        found = np.flatnonzero(cheaper if suits is None else cheaper & suits)
        return int(self._columns[found[0]]) if len(found) else None

    def cost(self, column: int | None) -> int:
        """What a column adds; the price of none."""
        if column is None:
            return int(self._board.table.no_slot[self._request])
        return int(self._costs[np.flatnonzero(self._columns == column)[0]])

    def assignment(self, column: int) -> Assignment:
        """A slot with its costs, the rules of the whole plan included."""
        return self._board.offered(self._request, column)


def _left_out(board: Board, movers: list[int]) -> bool:
    return bool((board.at[movers] == UNPLACED).any())


def _half_days(steps: Ints) -> Ints:
    """A number for each morning, afternoon and evening, as `part_of_day` parts the day."""
    hour = steps % STEPS_A_DAY * STEP // 60
    return steps // STEPS_A_DAY * 3 + (hour >= AFTERNOON) + (hour >= EVENING)
