"""A plan made better, one window after another, where somebody regrets their slot most.

Several windows are solved at once, and taken over in the order in which they were cut, so that the
same work gives the same plan however long each of them took.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from scheduler.board import Board
from scheduler.neighbourhoods import Neighbourhoods
from scheduler.windows import Solution, Window, apply, cut, solve_window

EFFORT = 0.4
WINDOW_SECONDS = 10.0
GAP = 0.001
SHORTEST, LONGER, LONGEST = 30, 20, 90
"""How many visits the first chain from a request has, and how many more each further one."""
ENOUGH = 0.5
"""Where nobody regrets more points than this, nothing is left to look for."""
EFFORT_A_SECOND = 0.3
"""Deterministic time that stands for a second of one worker."""


class Pool(Protocol):
    """Where windows are solved: threads here, or machines elsewhere."""

    def submit(
        self, fn: Callable[..., Solution], /, *args: object, **how: object
    ) -> Future[Solution]:
        """Start one."""
        ...


@dataclass(slots=True)
class Budget:
    """How long a search may go on: seconds, or as much work as they stand for."""

    seconds: float
    workers: int = 1
    deterministic: bool = False
    started: float = field(default_factory=time.monotonic)
    spent: float = 0.0
    whole: Budget | None = None

    @property
    def passed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds that are left to a search that goes by the clock."""
        return math.inf if self.deterministic else self.seconds - self.passed

    def part(self, share: float) -> Budget:
        """A share of all of it, from now on, and never more than is left."""
        seconds = self.seconds * share
        if not self.deterministic:
            seconds = min(seconds, self.left)
        return Budget(seconds, self.workers, self.deterministic, whole=self)

    def spend(self, effort: float) -> None:
        """Count work that was done."""
        self.spent += effort
        if self.whole is not None:
            self.whole.spend(effort)

    def goes_on(self) -> bool:
        """Whether there is any left."""
        if self.deterministic:
            return self.spent < self.seconds * self.workers * EFFORT_A_SECOND
        return self.left > 0


def better(
    board: Board, neighbourhoods: Neighbourhoods, budget: Budget, pool: Pool, seed: int = 0
) -> Iterator[int]:
    """Change a board for the better while the budget lasts; yields its cost after each window."""
    running: deque[tuple[Window, Future[Solution]]] = deque()
    cuts = _cuts(board, neighbourhoods, running, np.random.default_rng(seed))
    cost = board.cost
    while budget.goes_on():
        while len(running) < budget.workers and (window := next(cuts, None)) is not None:
            left = 1e6 if budget.deterministic else max(0.05, budget.left)
            seconds = left if budget.deterministic else min(WINDOW_SECONDS, left)
            running.append(
                (
                    window,
                    pool.submit(
                        solve_window, window, seconds=seconds, effort=EFFORT, seed=seed, gap=GAP
                    ),
                )
            )
        if not running:
            return
        window, future = running.popleft()
        cost = apply(board, window, future.result(), cost)
        budget.spend(EFFORT)
        yield cost
    for window, future in running:
        cost = apply(board, window, future.result(), cost)
        yield cost


def _cuts(
    board: Board,
    neighbourhoods: Neighbourhoods,
    running: deque[tuple[Window, Future[Solution]]],
    random: np.random.Generator,
) -> Iterator[Window]:
    """Where to look next: a chain of visits that begins where somebody has much to regret, and a
    longer one each time that this did not help them."""
    chased = np.zeros(len(board.at), dtype=np.int64)
    while True:
        regret = neighbourhoods.regret(board)
        promise = regret * random.uniform(0.5, 1, len(chased)) / (1 + chased)
        taken = {r for window, _ in running for r in window.requests.tolist()}
        promise[list(taken)] = -1.0
        first = int(promise.argmax()) if len(promise) else 0
        if not len(promise) or (regret[first] < ENOUGH and not taken):
            return
        most = min(SHORTEST + LONGER * int(chased[first]), LONGEST)
        chased[first] += 1
        requests = neighbourhoods.chain(board, first, most, taken)
        columns = [neighbourhoods.tried(board, request) for request in requests]
        yield cut(board, requests, columns)
