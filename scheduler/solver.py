"""`solve(instance)` → a `Plan` near the best, with a proven bound.

A small instance is one CP-SAT model, solved to proof. A large one goes through four steps: a plan by
priority; prices of time by relaxation, first rough, then fine, which also prove the bound; a plan by
those prices, with room made for those left over; then one window after another, planned anew exactly
by CP-SAT where somebody regrets their slot most. Halfway the prices are made finer once more. Where
many would go without a slot, prices are first searched from hot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.construction import (
    Pushing,
    make_complete,
    place_by_prices,
    place_by_priority,
    waiting,
)
from scheduler.domain import Plan
from scheduler.improvement import EFFORT_A_SECOND, Budget, Pool, better
from scheduler.instance import Instance
from scheduler.neighbourhoods import Neighbourhoods
from scheduler.relaxation import Relaxation
from scheduler.rules.options import Ints
from scheduler.scarcity import scarcity
from scheduler.smoothing import COLDER, HOT, smooth
from scheduler.table import FORBIDDEN, Table
from scheduler.windows import apply, cut, solve_window

SMALL = 4_000
"""Up to so many columns, over all requests, an instance is one model."""
DEPTH = 2
"""How far one push may lead to the next."""
PUSHING, PUSH_EFFORT = 0.1, 0.004
"""The share of the time that may go into pushing after each search for prices, and how much work
one push is that leads to no other."""
PRICING, COLDER_PRICING = 0.4, 0.1
"""The share of the time that may go into fine prices before there is a plan by them, and later."""
FIRST = 0.4
"""The share of the time in which windows are cut by the first fine prices."""
CROWDED, OVERBOOKED = 0.01, 0.1
"""Where more go without a slot than this share, the prices so far are too low by far; and where so
many do in the plan by priority, rough prices are not worth their time."""


@dataclass(slots=True)
class Progress:
    """How far a search is: seconds since its start, and the best plan and bound so far."""

    seconds: float
    objective: int
    bound: int
    unplaced: int

    @property
    def gap(self) -> float:
        """How far above the bound the plan is, as a share of the bound."""
        return (self.objective - self.bound) / max(self.bound, 1)


def solve(
    instance: Instance,
    *,
    seconds: float = 5.0,
    workers: int = 1,
    seed: int = 0,
    start: Plan | None = None,
    deterministic: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
    pool: Pool | None = None,
) -> Plan:
    """Give every request a slot, or none, at the least total cost that `seconds` allow.

    `start` is a plan to begin with; the answer is never worse. With `deterministic`, the same
    instance, seed and workers give the same plan: `seconds` then stand for an amount of work. An
    interruption (Ctrl-C) ends the search with the best plan so far.

    Raises:
        InvalidInstance: a price is out of range.
    """
    table = Table(instance)
    search = _Search(table, Budget(seconds, workers, deterministic), seed, on_progress)
    if start is not None:
        search.begin_with(start)
    try:
        if table.size <= SMALL:
            search.solve_at_once()
        elif pool is not None:
            search.run(pool)
        else:
            with ThreadPoolExecutor(workers) as threads:
                search.run(threads)
    except KeyboardInterrupt:
        search.go_back()
    return search.plan()


class _Search:
    """The best plan and the best bound so far, and how to better them."""

    def __init__(
        self, table: Table, budget: Budget, seed: int, on_progress: Callable[[Progress], None]
    ) -> None:
        self.table, self.budget = table, budget
        self.board = Board(table)
        self.cost = self.board.cost
        self.bound = -math.inf
        self._kept = self.board.at.copy()
        self.relaxation: Relaxation | None = None
        self._seed = seed
        self._on_progress = on_progress

    def plan(self) -> Plan:
        """The best plan so far."""
        make_complete(self.board)
        prices = scarcity(self.relaxation) if self.relaxation else ()
        return self.board.plan(self.bound, prices)

    def go_back(self) -> None:
        """To the last plan that was whole: an interruption may have come in the middle of a move."""
        kept, self.board = self._kept, Board(self.table)
        for request in np.flatnonzero(kept != UNPLACED).tolist():
            if not self.board.fixed[request]:
                self.board.place(request, int(kept[request]))

    def begin_with(self, start: Plan) -> None:
        """Take over a plan, as far as it is possible here."""
        self.board.read(start)
        self.cost = self.board.cost
        self._kept = self.board.at.copy()

    def solve_at_once(self) -> None:
        """One model of everything."""
        if (self.board.at == UNPLACED).all() or waiting(self.board):
            self._keep_better(self._by_priority())
        requests = np.flatnonzero(~self.board.fixed).tolist()
        requests = [r for r in requests if not self.table.requests[r].is_emergency]
        outside = self._without(requests)
        columns = [self._every_column(request) for request in requests]
        window = cut(self.board, requests, columns, exact=True)
        effort = self.budget.seconds * 4 * EFFORT_A_SECOND if self.budget.deterministic else 1e6
        seconds = min(self.budget.seconds, 1e6) if not self.budget.deterministic else 1e6
        solution = solve_window(
            window, seconds=seconds, effort=effort, seed=self._seed, presolve=True
        )
        self.cost = apply(self.board, window, solution, self.cost)
        self.bound = outside + solution.bound
        self._say()

    def run(self, pool: Pool) -> None:
        """All four steps."""
        self._keep_better(self._by_priority())
        self._say()
        relaxation = self.relaxation = Relaxation(self.table)
        if not self._crowded(OVERBOOKED):
            self._price(relaxation.improve(self.cost, self.budget.goes_on), 50)
            self._plan_by(relaxation)
        pricing = self.budget.part(PRICING)
        if self._crowded(CROWDED):
            self._price(smooth(relaxation, self.cost, pricing.goes_on, stages=HOT), 1)
            self._price(relaxation.improve(self.cost, pricing.goes_on), 50)
        self._price(smooth(relaxation, self.cost, pricing.goes_on), 1)
        self._windows(self._plan_by(relaxation), pool, self.budget.part(FIRST))
        colder = self.budget.part(COLDER_PRICING)
        self._price(smooth(relaxation, self.cost, colder.goes_on, stages=COLDER), 1)
        self._windows(Neighbourhoods(relaxation), pool, self.budget)

    # --- steps ----------------------------------------------------------------------------------

    def _crowded(self, share: float) -> bool:
        return len(waiting(self.board)) > share * len(self.board.at)

    def _by_priority(self) -> Board:
        board = self.board.copy()
        place_by_priority(board)
        return board

    def _price(self, bounds: Iterator[float], often: int) -> None:
        """Take over the bounds of a search for prices."""
        for number, self.bound in enumerate(bounds, 1):
            if number % often == 0:
                self._say()

    def _plan_by(self, relaxation: Relaxation) -> Neighbourhoods:
        """Plan everybody by the prices so far."""
        neighbourhoods = Neighbourhoods(relaxation)
        if self.budget.goes_on():
            board = Board(self.table)
            place_by_prices(board, neighbourhoods.asked)
            self._keep_better(board.copy())
            self._say()
            self._push(board, neighbourhoods)
            self._keep_better(board)
            self._say()
        return neighbourhoods

    def _push(self, board: Board, neighbourhoods: Neighbourhoods) -> None:
        """Make room for those left over, until nobody gains any more or its time is up."""
        pushing = Pushing(board, lambda request: neighbourhoods.near[request])
        budget = self.budget.part(PUSHING)
        moved, depth = True, 0
        while True:
            left = waiting(board)
            depth = depth if moved else depth + 1
            if not left or depth > DEPTH:
                return
            moved = False
            for request in left:
                if not budget.goes_on():
                    return
                moved |= pushing.place(request, neighbourhoods.wide(request), depth)
                budget.spend(PUSH_EFFORT * 4**depth)

    def _windows(self, neighbourhoods: Neighbourhoods, pool: Pool, budget: Budget) -> None:
        """One window after another, until the plan meets the bound or time is up."""
        for cost in better(self.board, neighbourhoods, budget, pool, seed=self._seed):
            if cost < self.cost:
                self.cost = cost
                self._say()
            if cost <= math.ceil(self.bound):
                return

    # --- helpers --------------------------------------------------------------------------------

    def _keep_better(self, board: Board) -> None:
        cost = board.cost
        if cost < self.cost:
            self.board, self.cost = board, cost

    def _every_column(self, request: int) -> Ints:
        allowed = [
            b.first + np.flatnonzero(price < FORBIDDEN) for b, price in self.table.rows(request)
        ]
        return np.concatenate([np.empty(0, dtype=np.int64), *allowed])

    def _without(self, requests: list[int]) -> int:
        """What the plan costs besides what a window of these requests counts."""
        board = self.board.copy()
        for request in requests:
            board.remove(request)
        without = int(self.table.no_slot[requests].sum())
        return board.cost - without - board.fairness_cost

    def _say(self) -> None:
        self._kept = self.board.at.copy()
        bound = math.ceil(max(self.bound, 0) - 1e-6)
        unplaced = len(waiting(self.board))
        self._on_progress(Progress(self.budget.passed, self.cost, bound, unplaced))
