"""A part of a plan made anew, exactly, while everybody else stays: CP-SAT on a *window*.

A window is plain arrays, so that it can be solved in a thread, in another process or on another
machine, and nothing but the chosen columns needs to come back. CP-SAT gets it as a sparse matrix:
the linear relaxation is nearly whole-numbered, and with `linearization_level:2` the solver uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from ortools.linear_solver.python import model_builder_helper as builder

from scheduler.board import UNPLACED, Board
from scheduler.columns import NOBODY
from scheduler.relaxation import Floats
from scheduler.rules.options import STEP, Bools, Ints

PARAMETERS = (
    "num_workers:1,linearization_level:2,cp_model_probing_level:0,mip_max_bound:1e15,"
    "random_seed:{seed},max_deterministic_time:{effort},relative_gap_limit:{gap},"
    "cp_model_presolve:{presolve}"
)


@dataclass(frozen=True, slots=True)
class Window:
    """A small planning problem over the chosen columns and the whole-plan rules.

    Variables are first one for each entry of `column` (a column that the request of the same entry
    of `owner` may take), then one for each request that it has no slot, then what the whole-plan
    rules add. `now` is where each request sits.
    """

    requests: Ints
    now: Ints
    owner: Ints
    column: Ints
    cost: Floats
    upper: Floats
    whole: Bools
    low: Floats
    high: Floats
    matrix: scipy.sparse.csr_matrix


@dataclass(frozen=True, slots=True)
class Solution:
    """A column (or `UNPLACED`) for each request of a window, and a bound on what it can cost."""

    columns: Ints
    bound: float
    proven: bool


def cut(
    board: Board,
    requests: Sequence[int],
    near: Sequence[Ints],
    *,
    exact: bool = False,
) -> Window:
    """The window of `requests` with the columns that are `near`, one array each.

    A request may also stay where it is. The board is as before afterwards. With `exact`, fairness
    between groups is modelled; its rows, which hold every column, make the search ten times slower,
    so that otherwise it is a price a minute.
    """
    now = np.array([board.remove(request) for request in requests], dtype=np.int64)
    owner, column = _free_columns(board, requests, now, near)
    window = _Builder(board, requests, now, owner, column).window(exact)
    for request, back in zip(requests, now.tolist(), strict=True):
        if back != UNPLACED:
            board.place(request, back)
    return window


def solve_window(
    window: Window,
    *,
    seconds: float,
    effort: float,
    seed: int = 0,
    gap: float = 0.0,
    presolve: bool = False,
) -> Solution:
    """Plan a window; at worst everybody stays where they are.

    `effort` is CP-SAT's deterministic time: where `seconds` are plenty, the same window gives the
    same answer. The search stops within a share `gap` of the bound. To `presolve` takes longer
    than all the rest unless the window is all there is to solve.
    """
    model = builder.ModelBuilderHelper()
    # Copies, since what comes from another machine may be read-only.
    model.fill_model_from_sparse_data(
        np.zeros(len(window.cost)),  # type: ignore[arg-type]
        window.upper.copy(),  # type: ignore[arg-type]
        window.cost.copy(),  # type: ignore[arg-type]
        window.low.copy(),  # type: ignore[arg-type]
        window.high.copy(),  # type: ignore[arg-type]
        window.matrix.copy(),
    )
    for variable in np.flatnonzero(window.whole).tolist():
        model.set_var_integrality(variable, True)
    entries, requests = len(window.column), len(window.requests)
    sits = window.now[window.owner] == window.column
    for variable, value in enumerate([*sits.tolist(), *(window.now == UNPLACED).tolist()]):
        model.add_hint(variable, float(value))
    solver = builder.ModelSolverHelper("sat")
    solver.set_time_limit_in_seconds(seconds)
    solver.set_solver_specific_parameters(
        PARAMETERS.format(seed=seed, effort=effort, gap=gap, presolve=str(presolve).lower())
    )
    solver.solve(model)
    if not solver.has_solution():
        return Solution(window.now, -np.inf, False)
    values = np.asarray(solver.variable_values())[:entries]
    columns = np.full(requests, UNPLACED, dtype=np.int64)
    taken = np.flatnonzero(values > 0.5)
    columns[window.owner[taken]] = window.column[taken]
    proven = solver.status() == builder.SolveStatus.OPTIMAL
    return Solution(columns, float(solver.best_objective_bound()), proven)


def apply(board: Board, window: Window, solution: Solution, cost: int) -> int:
    """Put a window's solution on the board if that is better than `cost`; returns the new cost.

    The board may have changed since the window was cut: then some of it may no longer fit, and all
    of it is left.
    """
    requests, before = window.requests.tolist(), board.at[window.requests].copy()
    if (solution.columns == before).all():
        return cost
    for request in requests:
        board.remove(request)
    fits = True
    for request, column in zip(requests, solution.columns.tolist(), strict=True):
        if column != UNPLACED:
            if not board.is_free(request, column):
                fits = False
                break
            board.place(request, column)
    after = board.cost if fits else cost
    if fits and after < cost:
        return after
    for request in requests:
        board.remove(request)
    for request, column in zip(requests, before.tolist(), strict=True):
        if column != UNPLACED:
            board.place(request, column)
    return cost


def _free_columns(
    board: Board, requests: Sequence[int], now: Ints, near: Sequence[Ints]
) -> tuple[Ints, Ints]:
    owners, columns = [], []
    for at, (request, wanted) in enumerate(zip(requests, near, strict=True)):
        if now[at] != UNPLACED:
            wanted = np.unique(np.append(wanted, now[at]))
        free = wanted[board.are_free(request, wanted)]
        owners.append(np.full(len(free), at, dtype=np.int64))
        columns.append(free)
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *owners]), np.concatenate([empty, *columns])


class _Builder:
    """Writes a window as a matrix, one group of rows a rule."""

    def __init__(
        self,
        board: Board,
        requests: Sequence[int],
        now: Ints,
        owner: Ints,
        column: Ints,
    ) -> None:
        self.board, self.table = board, board.table
        self.requests = np.array(requests, dtype=np.int64)
        self.now, self.owner, self.column = now, owner, column
        entries, several = len(column), len(requests)
        prices = self.table.prices(self.requests[owner], column)
        self.cost: list[Floats] = [prices, self.table.no_slot[self.requests].astype(np.float64)]
        self.upper: list[Floats] = [np.ones(entries + several)]
        self.whole: list[Bools] = [np.ones(entries + several, dtype=bool)]
        self.variables, self.rows = entries + several, 0
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.at: list[tuple[Ints, Ints, Floats]] = []

    def window(self, exact: bool) -> Window:
        """All rules."""
        self._one_slot_or_none()
        self._no_overlap()
        self._load()
        self._reserve()
        self._fairness(exact)
        rows, columns, values = (np.concatenate([part[i] for part in self.at]) for i in range(3))
        shape = (self.rows, self.variables)
        return Window(
            requests=self.requests,
            now=self.now,
            owner=self.owner,
            column=self.column,
            cost=np.concatenate(self.cost),
            upper=np.concatenate(self.upper),
            whole=np.concatenate(self.whole),
            low=np.concatenate(self.low),
            high=np.concatenate(self.high),
            matrix=scipy.sparse.csr_matrix((values, (rows, columns)), shape=shape),
        )

    def _one_slot_or_none(self) -> None:
        several = len(self.requests)
        first = self._add_rows(np.ones(several), np.ones(several))
        self._entries(first + self.owner, np.arange(len(self.column)), np.ones(len(self.column)))
        none = len(self.column) + np.arange(several)
        self._entries(first + np.arange(several), none, np.ones(several))

    def _no_overlap(self) -> None:
        """Every lane takes at each step as many as it has places left."""
        entry, place = self.table.places_of(self.requests[self.owner], self.column)
        places, row = np.unique(place, return_inverse=True)
        left = self.board.left.ravel()[places].astype(np.float64)
        wanted = np.bincount(row, minlength=len(places))
        tight = np.flatnonzero(wanted > left)
        number = np.full(len(places), NOBODY, dtype=np.int64)
        number[tight] = np.arange(len(tight))
        first = self._add_rows(np.full(len(tight), -np.inf), left[tight])
        kept = number[row] != NOBODY
        self._entries(first + number[row][kept], entry[kept], np.ones(int(kept.sum())))

    def _load(self) -> None:
        """Dearer steps of a doctor's day are taken after all cheaper ones: they are dearer."""
        columns = self.table.columns
        days, row = np.unique(columns.day[self.column], return_inverse=True)
        first = self._add_rows(np.full(len(days), -np.inf), np.zeros(len(days)))
        steps = columns.steps[self.column].astype(np.float64)
        self._entries(first + row, np.arange(len(self.column)), steps)
        for at, day in enumerate(days.tolist()):
            now, last = int(self.board.load[day]), int(self.table.day_capacity[day])
            more = np.diff(self.table.load[day, now : last + 1])
            prices, widths = np.unique(more, return_counts=True)
            piece = self._add_variables(prices, widths)
            self._entries(
                np.full(len(prices), first + at),
                piece + np.arange(len(prices)),
                -np.ones(len(prices)),
            )

    def _reserve(self) -> None:
        columns, table = self.table.columns, self.table
        windows, taken = columns.windows[self.column], columns.taken[self.column]
        entry, which = np.nonzero(windows != NOBODY)
        if not len(entry):
            return
        named, row = np.unique(windows[entry, which], return_inverse=True)
        # What is over before anything is placed here is paid for already.
        spare = np.maximum(0.0, (table.window_free - self.board.elective)[named])
        first = self._add_rows(np.full(len(named), -np.inf), spare)
        self._entries(first + row, entry, taken[entry, which].astype(np.float64))
        price = np.full(len(named), table.instance.weights.reserve)
        over = self._add_variables(price, np.full(len(named), 1e6))
        self._entries(
            first + np.arange(len(named)), over + np.arange(len(named)), -np.ones(len(named))
        )

    def _fairness(self, exact: bool) -> None:
        """Whole numbers throughout: the minutes of each group, their excess, and its price."""
        table, board = self.table, self.board
        per_hour = table.instance.weights.fairness_per_hour
        if len(table.groups) < 2 or not per_hour:
            return
        if not exact:
            self.cost[0] += self._price_of_waiting()
            return
        groups, sizes = len(table.groups), table.group_sizes.astype(np.float64)
        everybody = float(sizes.sum())
        member = table.group[self.requests]
        waits = table.columns.start[self.column] * STEP - table.earliest[self.requests[self.owner]]
        total = self._add_variables(np.zeros(groups), np.full(groups, 1e9))
        others = board.waited.astype(np.float64).copy()
        placed = member != NOBODY
        np.subtract.at(others, member[placed], float(table.unplaced_wait))
        first = self._add_rows(
            -others, -others
        )  # waits of the chosen - total = - the others' waits
        mine = member[self.owner]
        known = np.flatnonzero(mine != NOBODY)
        self._entries(first + mine[known], known, waits[known].astype(np.float64))
        none = np.flatnonzero(placed)
        self._entries(
            first + member[none],
            len(self.column) + none,
            np.full(len(none), float(table.unplaced_wait)),
        )
        self._entries(first + np.arange(groups), total + np.arange(groups), -np.ones(groups))
        excess = self._add_variables(np.zeros(groups), np.full(groups, 1e12))
        above = self._add_rows(np.full(groups, -np.inf), np.zeros(groups))
        row, group = (a.ravel() for a in np.indices((groups, groups)))
        value = np.where(row == group, everybody, 0.0) - sizes[row]
        self._entries(above + row, total + group, value)
        self._entries(above + np.arange(groups), excess + np.arange(groups), -np.ones(groups))
        price = self._add_variables(np.ones(1), np.full(1, 1e9))
        paid = self._add_rows(np.full(1, -np.inf), np.zeros(1))
        self._entries(
            np.full(groups + 1, paid),
            np.append(excess + np.arange(groups), price),
            np.append(np.full(groups, float(per_hour)), -60.0 * everybody),
        )

    def _price_of_waiting(self) -> Floats:
        """What a minute of each group's waiting is worth now, times the minutes; halved, since it
        falls when many move. The exact price decides afterwards."""
        board, table = self.board, self.table
        per_hour = table.instance.weights.fairness_per_hour
        everybody, sizes = int(table.group_sizes.sum()), table.group_sizes
        above = (everybody * board.waited > sizes * board.waited.sum()).astype(np.float64)
        minute = per_hour / 60 * (above - float((above * sizes).sum()) / max(everybody, 1)) / 2
        member = table.group[self.requests[self.owner]]
        waits = table.columns.start[self.column] * STEP
        priced: Floats = np.where(member == NOBODY, 0.0, minute[member] * waits)
        return priced

    def _add_rows(self, low: Floats, high: Floats) -> int:
        first, self.rows = self.rows, self.rows + len(low)
        self.low.append(low)
        self.high.append(high)
        return first

    def _add_variables(self, cost: Ints | Floats, upper: Ints | Floats) -> int:
        first, self.variables = self.variables, self.variables + len(cost)
        self.cost.append(np.asarray(cost, dtype=np.float64))
        self.upper.append(np.asarray(upper, dtype=np.float64))
        self.whole.append(np.ones(len(cost), dtype=bool))
        return first

    def _entries(self, rows: Ints, columns: Ints, values: Floats) -> None:
        self.at.append((rows, columns, values))
