"""First plans, fast: whoever is hardest to place first, and room made for those left over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.relaxation import Floats
from scheduler.rules.options import Ints
from scheduler.table import FORBIDDEN, Table

NEARBY = 12
"""How many places a pushed visit may try that others hold."""
MOST_PUSHED = 3
"""How many visits may have to find another place so that one more gets a slot."""


def waiting(board: Board) -> list[int]:
    """Requests that want a slot and have none."""
    return [
        request
        for request in np.flatnonzero((board.at == UNPLACED) & ~board.fixed).tolist()
        if not board.table.requests[request].is_emergency
    ]


def place_by_priority(board: Board, go_on: Callable[[], bool] = lambda: True) -> None:
    """The most urgent first, then by due time: each takes the slot that adds least."""
    requests = board.table.requests

    def priority(request: int) -> tuple[int, object]:
        return requests[request].acuity, requests[request].due_by

    for request in sorted(waiting(board), key=priority):
        if not go_on():
            return
        column, _ = board.best(request)
        if column != UNPLACED:
            board.place(request, column)


def make_complete(board: Board) -> None:
    """Leave nobody without a slot for whom a free one is cheaper than none."""
    place_by_priority(board)


def place_by_prices(board: Board, asked: Floats) -> None:
    """Long visits first, since short ones fit between them; each where it pays least in all.

    `asked` is what the time of each column costs: it keeps the slots that others need more. So
    nobody takes time that is worth more than their own wait until everybody was asked.
    """
    table = board.table

    def size(request: int) -> tuple[int, int]:
        return -_longest(table, request), table.requests[request].acuity

    for most in (table.no_slot, np.full(len(table.no_slot), np.inf)):
        for request in sorted(waiting(board), key=size):
            column = _least_paid(board, request, asked, float(most[request]))
            if column != UNPLACED:
                board.place(request, column)


def _least_paid(board: Board, request: int, asked: Floats, most: float) -> int:
    """The free column where a request pays least in all, if that is less than `most`."""
    column = UNPLACED
    for block, price in board.table.rows(request):
        free = np.flatnonzero(board.free(block, request) & (price < FORBIDDEN))
        if len(free):
            paid = price[free] + asked[block.columns][free]
            at = int(paid.argmin())
            if paid[at] < most:
                most, column = float(paid[at]), block.first + int(free[at])
    return column


class Pushing:
    """Makes room for those without a slot: whoever is in the way moves, if all gain by it.

    Whoever is pushed takes the best free slot, or else one of `nearby`, pushing others in turn.
    """

    def __init__(self, board: Board, nearby: Callable[[int], Sequence[int] | Ints]) -> None:
        self._board, self._nearby = board, nearby
        self._who = Occupants(board)
        self._done: list[tuple[int, int]] = []

    def place(self, request: int, columns: Sequence[int] | Ints, depth: int = 1) -> bool:
        """Try to place a request in one of the columns; True where the plan got better."""
        cost = self._board.cost
        self._done.clear()
        for column in map(int, columns):
            if self._squeeze(request, column, depth, {request}) and self._board.cost < cost:
                return True
            self._undo(0)
        return False

    def put(self, request: int, column: int) -> None:
        """Place a request in a free column."""
        self._board.place(request, column)
        self._who.write(request, column)

    def _squeeze(self, request: int, column: int, depth: int, chain: set[int]) -> bool:
        """Place a request and push whoever is in the way; False where that cannot be."""
        board = self._board
        pushed = self._who.at(column)
        if len(pushed) > MOST_PUSHED or any(board.fixed[o] or o in chain for o in pushed):
            return False
        for other in pushed:
            self._off(other)
        if not board.is_free(request, column):
            return False
        self._on(request, column)
        for other in sorted(pushed, key=lambda r: -_longest(board.table, r)):
            better, _ = board.best(other)
            if better != UNPLACED:
                self._on(other, better)
            elif depth > 0:
                self._chase(other, depth - 1, chain | set(pushed))
        return True

    def _chase(self, request: int, depth: int, chain: set[int]) -> None:
        """Find a place for whoever was pushed and found none free."""
        without, mark = self._board.cost, len(self._done)
        for column in map(int, self._nearby(request)[:NEARBY]):
            if self._squeeze(request, column, depth, chain) and self._board.cost < without:
                return
            self._undo(mark)

    def _on(self, request: int, column: int) -> None:
        self._done.append((request, UNPLACED))
        self.put(request, column)

    def _off(self, request: int) -> None:
        column = self._board.remove(request)
        self._done.append((request, column))
        if column != UNPLACED:
            self._who.write(UNPLACED, column)

    def _undo(self, mark: int) -> None:
        """Back to how it was when so much was done."""
        while len(self._done) > mark:
            request, before = self._done.pop()
            now = self._board.remove(request)
            if now != UNPLACED:
                self._who.write(UNPLACED, now)
            if before != UNPLACED:
                self.put(request, before)


class Occupants:
    """Who sits with which doctor at which step."""

    def __init__(self, board: Board) -> None:
        self._columns = board.table.columns
        self._of = np.full(board.left.shape, UNPLACED, dtype=np.int64)
        placed = np.flatnonzero(board.at != UNPLACED)
        start, steps = self._columns.start[board.at[placed]], self._columns.steps[board.at[placed]]
        for step in range(int(steps.max(initial=0))):
            longer = steps > step
            lanes = self._columns.lane[board.at[placed[longer]]]
            self._of[lanes, start[longer] + step] = placed[longer]

    def write(self, request: int, column: int) -> None:
        self._of[self._span(column)] = request

    def at(self, column: int) -> list[int]:
        """Who is in the way."""
        there = np.unique(self._of[self._span(column)])
        found: list[int] = there[there != UNPLACED].tolist()
        return found

    def _span(self, column: int) -> tuple[int, slice]:
        start, steps = int(self._columns.start[column]), int(self._columns.steps[column])
        return int(self._columns.lane[column]), slice(start, start + steps)


class Holders:
    """Who takes what of any doctor, room, machine or patient, as it was when this was made."""

    def __init__(self, board: Board) -> None:
        self._table, self._left = board.table, board.left.ravel()
        placed = np.flatnonzero(board.at != UNPLACED)
        visit, place = board.table.places_of(placed, board.at[placed])
        order = np.argsort(place, kind="stable")
        self._visits = placed[visit[order]]
        self._first = np.searchsorted(place[order], np.arange(board.left.size + 1))

    def in_the_way(self, request: int, columns: Ints) -> Iterator[tuple[int, int]]:
        """Everybody else without whom one of the columns could be free, each with the first entry
        of `columns` that they are in the way of."""
        entry, place = self._table.places_of(np.full(len(columns), request), columns)
        full = np.flatnonzero(self._left[place] <= 0)
        full = full[np.argsort(entry[full], kind="stable")]
        first = self._first[place[full]]
        several = self._first[place[full] + 1] - first
        at = np.arange(int(several.sum())) - np.repeat(np.cumsum(several) - several, several)
        others, which = np.unique(self._visits[np.repeat(first, several) + at], return_index=True)
        entries = np.repeat(entry[full], several)[which]
        for other, least in zip(others.tolist(), entries.tolist(), strict=True):
            if other != request:
                yield other, least


def _longest(table: Table, request: int) -> int:
    return max(fit.minutes for fit in table.requests[request].departments)
