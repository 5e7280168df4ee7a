"""One request in all of its slots: which are free, and what each rule charges there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.rules import SOFT, WHOLE_PLAN
from scheduler.rules.options import Bools, Ints
from scheduler.table import FORBIDDEN, Table

RULES: tuple[str, ...] = (*(rule.name for rule in SOFT), *WHOLE_PLAN)


@dataclass(frozen=True, slots=True)
class Choice:
    """The slots that the hard rules allow a request that sits nowhere, with their price by rule."""

    table: Table
    columns: Ints
    free: Bools
    by_rule: dict[str, Ints]

    @classmethod
    def of(cls, board: Board, request: int) -> Choice:
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

    def where(self, chosen: Bools) -> Choice:
        """Some of them."""
        by_rule = {rule: points[chosen] for rule, points in self.by_rule.items()}
        return Choice(self.table, self.columns[chosen], self.free[chosen], by_rule)

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
