"""Plain CP-SAT: one model of everything, for all the time and on all the workers that there are.

`WholeDay` is that model as arrays and rows, which `benchmarks.peers.highs` solves as a MIP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from ortools.sat.python import cp_model

from benchmarks.peers.greedy import fill
from scheduler.board import UNPLACED, Board
from scheduler.columns import NOBODY
from scheduler.domain import Plan
from scheduler.instance import Instance
from scheduler.rules.options import STEP, Ints
from scheduler.table import FORBIDDEN, Table

READING, FREEING = 6e-4, 2e-6
"""Seconds for each request to write the plan, and for each literal to end the solver."""
NO_LEAST = -(2**60)


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of these variables times their factors is at least `least` and at most `most`."""

    variables: list[int]
    factors: list[int]
    least: int
    most: int

    @property
    def is_choice(self) -> bool:
        """Whether it says that at most one of some booleans is true."""
        return self.most == 1 and all(factor == 1 for factor in self.factors)


class WholeDay:
    """One linear model of everything that is not pinned, which is on `board` already.

    The first variables are *literals*: every pair of a request and a column that it may have.
    `request`, `column`, `steps`, `day` and `waits` have one entry a literal; `most`, `price`, `hint`
    and `unit` have one a variable, all of which are whole and start at 0. Where `unit` is not 1, a
    variable is large and follows from the others. With a `start`, the hints are true of that plan.
    """

    def __init__(self, board: Board, start: Board | None = None) -> None:
        table = board.table
        emergency = np.array([r.is_emergency for r in table.requests], dtype=bool)
        self.board, self.table = board, table
        self.requests: Ints = np.flatnonzero(~board.fixed & ~emergency)
        self.request, self.column, price = self._literals()
        columns = table.columns
        self.steps, self.day = columns.steps[self.column], columns.day[self.column]
        self.waits: Ints = columns.start[self.column] * STEP - table.earliest[self.request]
        self.left: Ints = board.left.ravel().astype(np.int64)
        self._start = board if start is None else start
        self._taken: Ints = (self._start.at[self.request] == self.column).astype(np.int64)
        self.most, self.unit = [1] * len(price), [1] * len(price)
        self.price, self.hint = price.tolist(), self._taken.tolist()
        self.rows: list[Row] = []
        self._one_each()
        self._nobody_twice()
        self._load()
        self._reserve()
        self._fairness()

    def _literals(self) -> tuple[Ints, Ints, Ints]:
        parts = [np.empty((3, 0), dtype=np.int64)]
        for request in self.requests.tolist():
            for block, price in self.table.rows(request):
                free = np.flatnonzero(self.board.free(block, request) & (price < FORBIDDEN))
                parts.append(
                    np.stack([np.full(len(free), request), block.first + free, price[free]])
                )
        request, column, price = np.concatenate(parts, axis=1)
        return request, column, price

    @property
    def closing(self) -> float:
        """How many seconds before the end the solver must stop, for the plan to be in time."""
        return READING * len(self.table.requests) + FREEING * len(self.column)

    def place(self, values: Ints) -> None:
        """Place what these values of the variables say, as far as the board agrees."""
        for literal in np.flatnonzero(values[: len(self.column)]).tolist():
            request, column = int(self.request[literal]), int(self.column[literal])
            if self.board.may(request, column):
                self.board.place(request, column)

    def _variable(self, most: int, price: int, hint: int, unit: int = 1) -> int:
        self.most.append(most)
        self.price.append(price)
        self.hint.append(hint)
        self.unit.append(unit)
        return len(self.most) - 1

    def _row(self, variables: list[int], factors: list[int], least: int, most: int) -> None:
        self.rows.append(Row(variables, factors, least, most))

    def _one_each(self) -> None:
        offered = dict(grouped(self.request, np.arange(len(self.request))))
        for request in self.requests.tolist():
            mine = offered.get(request, [])
            without = self._start.at[request] == UNPLACED
            none = self._variable(1, int(self.table.no_slot[request]), int(without))
            self._row([*mine, none], [1] * (len(mine) + 1), 1, 1)

    def _nobody_twice(self) -> None:
        for place, mine in grouped(*self._places()):
            self._row(mine, [1] * len(mine), 0, int(self.left[place]))

    def _places(self) -> tuple[Ints, Ints]:
        """Pairs of a place (a lane's step, an index of `left`) and a literal that takes it.

        Places where everybody who might come finds room are left out.
        """
        table, columns = self.table, self.table.columns
        every = np.arange(len(self.column))
        taken = [(every, columns.lane[self.column]), (every, table.patient[self.request])]
        room = columns.room[self.column]
        # A room of one doctor is never fuller than the doctor's own time.
        doctors = np.unique(np.stack([columns.room, columns.lane]), axis=1)[0]
        shared = np.bincount(doctors, minlength=table.idle + 1)[room] > 1
        taken.append((every[shared], room[shared]))
        for number, block in enumerate(table.blocks):
            here = every[columns.block[self.column] == number] if block.equipment else every[:0]
            taken += [(here, np.full(len(here), lane)) for lane in block.equipment]
        literal = np.concatenate([literals for literals, _ in taken])
        lane = np.concatenate([lanes for _, lanes in taken])
        literal, lane = literal[lane != table.idle], lane[lane != table.idle]
        step = np.arange(int(self.steps.max(initial=0)))
        lasts = step[None, :] < self.steps[literal][:, None]
        place = (lane * table.horizon + columns.start[self.column[literal]])[:, None] + step
        literals = np.broadcast_to(literal[:, None], lasts.shape)[lasts]
        crowd = np.bincount(place[lasts], minlength=len(self.left)) > self.left
        tight = crowd[place[lasts]]
        return place[lasts][tight], literals[tight]

    def _load(self) -> None:
        """More of a doctor's day comes in pieces, the cheapest first."""
        board = self.board
        for day, mine in grouped(self.day, np.arange(len(self.day))):
            now = int(board.load[day])
            used = int(self._start.load[day]) - now
            prices, widths = np.unique(np.diff(self.table.load[day, now:]), return_counts=True)
            pieces = []
            for price, width in zip(prices.tolist(), widths.tolist(), strict=True):
                pieces.append(self._variable(width, price, min(used, width)))
                used -= min(used, width)
            factors = [*self.steps[mine].tolist(), *([-1] * len(pieces))]
            self._row([*mine, *pieces], factors, NO_LEAST, 0)

    def _reserve(self) -> None:
        weight = self.table.instance.weights.reserve
        windows = self.table.columns.windows[self.column]
        literal, at = np.nonzero(windows != NOBODY)
        taken = self.table.columns.taken[self.column[literal], at]
        for window, mine in grouped(windows[literal, at], np.arange(len(literal))):
            spare = int(self.table.window_free[window] - self.board.elective[window])
            over = int(self._start.elective[window] - self.table.window_free[window])
            most = int(taken[mine].sum()) + max(0, -spare)
            variables = [*literal[mine].tolist(), self._variable(most, weight, max(0, over))]
            self._row(variables, [*taken[mine].tolist(), -1], NO_LEAST, spare)

    def _fairness(self) -> None:
        """How long each group waits is a variable: rows of all literals would be too long."""
        table, per_hour = self.table, self.table.instance.weights.fairness_per_hour
        sizes, everybody = table.group_sizes.tolist(), int(table.group_sizes.sum())
        if len(sizes) < 2 or not per_hour:
            return
        longest = everybody * max(table.unplaced_wait, int(self.waits.max(initial=0)))
        known = np.flatnonzero(table.group[self.request] != NOBODY)
        members = dict(grouped(table.group[self.request[known]], known))
        base, now = self.board.waited.tolist(), self._start.waited.tolist()
        waits = [self._variable(longest, 0, hint, everybody) for hint in now]
        excesses = []
        for group, size in enumerate(sizes):
            mine = members.get(group, [])
            less = (table.unplaced_wait - self.waits[mine]).tolist()
            self._row([waits[group], *mine], [1, *less], base[group], base[group])
            hint = max(0, everybody * now[group] - size * sum(now))
            excesses.append(self._variable(everybody * longest, 0, hint, everybody))
            factors = [everybody * (other == group) - size for other in range(len(sizes))]
            self._row([*waits, excesses[-1]], [*factors, -1], NO_LEAST, 0)
        paid = self._start.fairness_cost
        price = self._variable(per_hour * longest, 1, paid)
        factors = [*([per_hour] * len(excesses)), -60 * everybody]
        self._row([*excesses, price], factors, NO_LEAST, 0)


def grouped(keys: Ints, values: Ints) -> Iterator[tuple[int, list[int]]]:
    """The values of each key."""
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    for key, part in zip(found.tolist(), np.split(values[order], starts[1:]), strict=False):
        yield key, part.tolist()


def plan(instance: Instance, seconds: float, workers: int) -> Plan:
    """One model of everything, from nothing."""
    return _solved(instance, seconds, workers, hinted=False)


def plan_hinted(instance: Instance, seconds: float, workers: int) -> Plan:
    """One model of everything, with the greedy plan as its hint."""
    return _solved(instance, seconds, workers, hinted=True)


def _solved(instance: Instance, seconds: float, workers: int, *, hinted: bool) -> Plan:
    stop = perf_counter() + seconds
    table = Table(instance)
    start = Board(table)
    if hinted:
        fill(start, stop)
    day = WholeDay(Board(table), start)
    model = _model(day, hinted=hinted)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.0, stop - day.closing - perf_counter())
    solver.parameters.num_workers = workers
    # Presolving takes most of a minute at this size, and the bound gets weaker by it.
    solver.parameters.cp_model_presolve = False
    if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        day.place(np.array(solver.response_proto.solution, dtype=np.int64))
    return min(start, day.board, key=lambda board: board.cost).plan()


def _model(day: WholeDay, *, hinted: bool) -> cp_model.CpModel:
    """The rows as CP-SAT has them, written as its protocol: call by call is many times slower."""
    model = cp_model.CpModel()
    proto = model.proto
    for most in day.most:
        proto.variables.add().domain.extend([0, most])
    every = list(range(len(day.most)))
    proto.objective.vars.extend(every)
    proto.objective.coeffs.extend(day.price)
    if hinted:
        proto.solution_hint.vars.extend(every)
        proto.solution_hint.values.extend(day.hint)
    for row in day.rows:
        constraint = proto.constraints.add()
        if row.is_choice:
            kind = constraint.exactly_one if row.least == 1 else constraint.at_most_one
            kind.literals.extend(row.variables)
        else:
            constraint.linear.vars.extend(row.variables)
            constraint.linear.coeffs.extend(row.factors)
            constraint.linear.domain.extend([row.least, row.most])
    return model
