"""A plan in the making: who sits where on a `Table`, and what it all costs, kept up to date.

Placing and removing a visit costs a few array operations, and `deltas` prices every free slot of a
request exactly, the rules of the whole plan included.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from scheduler.columns import NOBODY
from scheduler.domain import Assignment, Plan, Scarcity, Slot, Unassigned, WithoutSlot
from scheduler.rules import SOFT, WHOLE_PLAN, fairness_price, reserve_price
from scheduler.rules.options import STEP, Bools, Ints
from scheduler.table import FORBIDDEN, Block, Table

UNPLACED = -1


class Board:
    """Where every request of a table is. `at` holds a column for each, or `UNPLACED`; `paid` is what
    the rules of one visit ask of it there."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.left = table.free.copy()
        self.at: Ints = np.full(len(table.requests), UNPLACED, dtype=np.int64)
        self.paid: Ints = table.no_slot.copy()
        self.load: Ints = table.day_base.copy()
        self.elective: Ints = np.zeros(len(table.window_free), dtype=np.int64)
        self.waited: Ints = table.group_sizes * table.unplaced_wait
        self.fixed: Bools = np.zeros(len(table.requests), dtype=bool)
        self.impossible: set[int] = set()
        self._pin(0)

    def copy(self) -> Board:
        """The same plan, to try something on."""
        twin = object.__new__(Board)
        twin.table, twin.fixed, twin.impossible = self.table, self.fixed, self.impossible
        for name in ("left", "at", "paid", "load", "elective", "waited"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def grow(self) -> None:
        """Make room for requests that the table took in since."""
        table, known = self.table, len(self.at)
        new = len(table.requests) - known
        self.at = np.append(self.at, np.full(new, UNPLACED))
        self.paid = np.append(self.paid, table.no_slot[known:])
        self.fixed = np.append(self.fixed, np.zeros(new, dtype=bool))
        self.waited = np.append(
            self.waited, np.zeros(len(table.groups) - len(self.waited), dtype=np.int64)
        )
        for request in range(known, known + new):
            if table.group[request] != NOBODY:
                self.waited[table.group[request]] += table.unplaced_wait
        for lane in range(len(self.left), len(table.free)):
            self.left = np.vstack([self.left, table.free[lane]])
            for request in np.flatnonzero((table.patient == lane)[:known]).tolist():
                column = int(self.at[request])
                if column != UNPLACED:
                    start, steps = table.columns.start[column], table.columns.steps[column]
                    self.left[lane, start : start + steps] -= 1
        self._pin(known)

    # --- changing it ----------------------------------------------------------------------------

    def place(self, request: int, column: int) -> None:
        """Give a request a column that is free for it."""
        self._take(request, column, 1)
        self.at[request] = column
        self.paid[request] = self.table.price(request, column)

    def remove(self, request: int) -> int:
        """Take a request off; returns the column it had, or `UNPLACED`."""
        column = int(self.at[request])
        if column != UNPLACED:
            self._take(request, column, -1)
            self.at[request] = UNPLACED
            self.paid[request] = self.table.no_slot[request]
        return column

    def _take(self, request: int, column: int, sign: int) -> None:
        table, columns = self.table, self.table.columns
        start, steps = int(columns.start[column]), int(columns.steps[column])
        for lane in table.lanes_of(request, column):
            self.left[lane, start : start + steps] -= sign
        self.load[columns.day[column]] += sign * steps
        for window, taken in zip(columns.windows[column], columns.taken[column], strict=True):
            if window != NOBODY:
                self.elective[window] += sign * taken
        group = table.group[request]
        if group != NOBODY:
            waited = start * STEP - int(table.earliest[request])
            self.waited[group] += sign * (waited - table.unplaced_wait)

    # --- looking at it --------------------------------------------------------------------------

    def free(self, block: Block, request: int) -> Bools:
        """Which columns of a block nobody else takes anything of."""
        columns, here = self.table.columns, block.columns
        start = columns.start[here]
        lanes: list[Ints | int] = [columns.lane[here], columns.room[here], *block.equipment]
        if self.table.patient[request] != self.table.idle:
            lanes.append(int(self.table.patient[request]))
        free = np.ones(start.shape, dtype=bool)
        for lane in lanes:
            for step in range(block.steps):
                free &= self.left[lane, start + step] > 0
        return free

    def is_free(self, request: int, column: int) -> bool:
        """Whether a request that sits nowhere could take a column now."""
        columns = self.table.columns
        start, steps = int(columns.start[column]), int(columns.steps[column])
        return all(
            (self.left[lane, start : start + steps] > 0).all()
            for lane in self.table.lanes_of(request, column)
        )

    def are_free(self, request: int, columns: Ints) -> Bools:
        """`is_free` for many columns at once."""
        free = np.ones(len(columns), dtype=bool)
        if len(columns):
            entry, place = self.table.places_of(np.full(len(columns), request), columns)
            free[entry[self.left.ravel()[place] <= 0]] = False
        return free

    def deltas(self, block: Block, price: Ints, request: int) -> Ints:
        """What placing a request, which sits nowhere, would add by all rules, column by column.

        `price` is what the rules of one visit ask; the price of having no slot is not taken off.
        """
        totals = self.whole_plan_deltas(block, request)
        return price + totals["load"] + totals["reserve"] + totals["fairness"]

    def whole_plan_deltas(self, block: Block, request: int) -> dict[str, Ints]:
        """The part of the rules of the whole plan in `deltas`, by rule."""
        table, columns, here = self.table, self.table.columns, block.columns
        day = columns.day[here]
        full = table.load.shape[1] - 1
        now = self.load[day]
        load = table.load[day, np.minimum(now + block.steps, full)] - table.load[day, now]
        reserve = np.zeros(load.shape, dtype=np.int64)
        weights = table.instance.weights
        if block.elective and len(self.elective):
            for at in range(columns.windows.shape[1]):
                window, taken = columns.windows[here, at], columns.taken[here, at]
                elective, free = self.elective[window], table.window_free[window]
                more = reserve_price(elective + taken, free, weights.reserve)
                added = more - reserve_price(elective, free, weights.reserve)
                reserve += np.where(window == NOBODY, 0, added)
        return {"load": load, "reserve": reserve, "fairness": self._fairness(request, here)}

    def _fairness(self, request: int, here: slice) -> Ints:
        """What more waiting of this request's group adds, column by column."""
        table = self.table
        start = table.columns.start[here]
        group, per_hour = table.group[request], table.instance.weights.fairness_per_hour
        if group == NOBODY or len(table.groups) < 2:
            return np.zeros(start.shape, dtype=np.int64)
        if not len(start):
            return start
        first = int(start.min())
        waits = np.arange(first, int(start.max()) + 1) * STEP - table.earliest[request]
        waited = np.repeat(self.waited[None, :], len(waits), axis=0)
        waited[:, group] += waits - table.unplaced_wait
        prices = fairness_price(waited, table.group_sizes, per_hour)
        now = fairness_price(self.waited, table.group_sizes, per_hour)
        added: Ints = prices[start - first] - now
        return added

    def added(self, request: int, column: int) -> int:
        """What placing a request, which sits nowhere, in one column adds to the cost."""
        whole = sum(self._whole_plan(request, column).values())
        return self.table.price(request, column) + whole - int(self.table.no_slot[request])

    def offered(self, request: int, column: int) -> Assignment:
        """A request, which sits nowhere, in a column, with what that adds by every rule."""
        assignment = self.table.assignment(request, column)
        costs = assignment.costs | self._whole_plan(request, column)
        return assignment.model_copy(update={"costs": costs})

    def _whole_plan(self, request: int, column: int) -> dict[str, int]:
        block = self.table.blocks[int(self.table.columns.block[column])]
        one = replace(block, first=column, last=column + 1)
        return {rule: int(more[0]) for rule, more in self.whole_plan_deltas(one, request).items()}

    def best(self, request: int) -> tuple[int, int]:
        """The cheapest free column of a request that sits nowhere, and what it adds.

        `UNPLACED` and the price of that, where nothing free is cheaper.
        """
        column, cost = UNPLACED, int(self.table.no_slot[request])
        for block, price in self.table.rows(request):
            free = np.flatnonzero(self.free(block, request) & (price < FORBIDDEN))
            if len(free):
                deltas = self.deltas(block, price.astype(np.int64), request)[free]
                at = int(deltas.argmin())
                if deltas[at] < cost:
                    column, cost = block.first + int(free[at]), int(deltas[at])
        return column, cost

    # --- what it costs --------------------------------------------------------------------------

    def by_rule(self, assignments: Iterable[Assignment] | None = None) -> Counter[str]:
        """The price of the plan by rule; of its `assignments`, where these are known already."""
        table, weights = self.table, self.table.instance.weights
        total = Counter({rule.name: 0 for rule in SOFT} | dict.fromkeys(WHOLE_PLAN, 0))
        total["unplaced"] = int(table.no_slot[self.at == UNPLACED].sum())
        for assignment in self.assignments() if assignments is None else assignments:
            total.update(assignment.costs)
        total["load"] = self._load_cost()
        total["reserve"] = int(
            reserve_price(self.elective, table.window_free, weights.reserve).sum()
        )
        total["fairness"] = self.fairness_cost
        return total

    @property
    def cost(self) -> int:
        """The price of the plan."""
        table, weights = self.table, self.table.instance.weights
        reserve = reserve_price(self.elective, table.window_free, weights.reserve).sum()
        return int(self.paid.sum() + self._load_cost() + reserve + self.fairness_cost)

    @property
    def fairness_cost(self) -> int:
        """What it costs that some groups wait longer than all on average."""
        per_hour = self.table.instance.weights.fairness_per_hour
        return int(fairness_price(self.waited, self.table.group_sizes, per_hour))

    def _load_cost(self) -> int:
        """What is planned adds to what was promised before, which nobody can change."""
        table, days = self.table, np.arange(len(self.load))
        return int((table.load[days, self.load] - table.load[days, table.day_base]).sum())

    # --- to and from a plan ---------------------------------------------------------------------

    def plan(self, bound: float = 0.0, scarcity: Iterable[Scarcity] = ()) -> Plan:
        """The plan, with what is proven of it; a bound is never above the plan's own price."""
        assignments = tuple(self.assignments())
        by_rule = self.by_rule(assignments)
        objective = sum(by_rule.values())
        return Plan(
            objective=objective,
            bound=min(objective, math.ceil(max(bound, 0.0) - 1e-6)),
            by_rule=dict(by_rule),
            assignments=assignments,
            unassigned=tuple(self.unassigned()),
            scarcity=tuple(scarcity),
        )

    def read(self, plan: Plan) -> None:
        """Place what a plan places, as far as it is possible here and not fixed already."""
        for assignment in plan.assignments:
            request = self.table.number.get(assignment.request)
            if request is not None and not self.fixed[request] and self.at[request] == UNPLACED:
                column = self.table.column_of(request, assignment.slot)
                if column is not None and self.may(request, column):
                    self.place(request, column)

    def may(self, request: int, column: int) -> bool:
        """Whether the rules allow a column to a request, and nobody else is there."""
        return self.table.price(request, column) < FORBIDDEN and self.is_free(request, column)

    def assignments(self) -> Iterator[Assignment]:
        """Who has a slot."""
        for request in np.flatnonzero(self.at != UNPLACED):
            yield self.table.assignment(int(request), int(self.at[request]))

    def unassigned(self) -> Iterator[Unassigned]:
        """Who has none, and why."""
        for request in np.flatnonzero(self.at == UNPLACED):
            reason = self.reason(int(request))
            yield Unassigned(request=self.table.requests[request].id, reason=reason)

    def reason(self, request: int) -> WithoutSlot:
        """Why a request has no slot."""
        if self.table.requests[request].is_emergency:
            return "emergency"
        if request in self.impossible:
            return "pin_impossible"
        rows = list(self.table.rows(request))
        if any((self.free(block, request) & (price < FORBIDDEN)).any() for block, price in rows):
            return "too_dear"
        if any((price < FORBIDDEN).any() for _, price in rows):
            return "full"
        return "not_eligible" if self.table.has_clinic(request) else "no_clinic"

    def slot(self, request: int) -> Slot | None:
        """Where a request is."""
        column = int(self.at[request])
        return None if column == UNPLACED else self.table.slot(column)

    def _pin(self, first: int) -> None:
        """What is pinned comes first and stays; a pin that a hard rule forbids waits for a person."""
        for number, request in enumerate(self.table.requests[first:], first):
            if request.pinned and request.held and not request.is_emergency:
                self.fixed[number] = True
                column = self.table.column_of(number, request.held)
                if column is not None and self.may(number, column):
                    self.place(number, column)
                else:
                    self.impossible.add(number)
