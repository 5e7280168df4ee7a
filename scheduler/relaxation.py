"""Prices of time by Lagrangian relaxation, and the bound that they prove.

Every step of every doctor, room and machine gets a price (and so do a doctor's load and a reserve);
each request then takes what is cheapest for it alone. What that costs all together, less the
prices of all the time there is, is a bound that no plan can beat, whatever the prices are. Prices
rise where requests crowd and fall where nobody comes. Where doctors are short they are a hundred
times those of a quiet hour, so each price has its own pace: Adam (Kingma and Ba, 2015) on the
subgradient (Held, Wolfe and Crowder, 1974), slower and slower.

The waiting of patient groups and the overlap of one patient's visits are left out of the relaxation:
both can only make a plan dearer, so the bound stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduler.board import UNPLACED, Board
from scheduler.columns import NOBODY
from scheduler.rules.options import Ints
from scheduler.table import FORBIDDEN, Table

Floats = NDArray[np.float64]
PHASES = ((200, 200.0, 10_000.0), (200, 2_000.0, 60_000.0))
"""Rounds, and the first and last pace of each phase as parts of the usual price of no slot."""
MOMENTUM, MEMORY = 0.8, 0.95
FLOOR = 0.05


@dataclass(frozen=True, slots=True)
class Prices:
    """What time costs: `lanes` by lane and step, `days` a step of a doctor's day, `windows` a step
    of a reserve."""

    lanes: Floats
    days: Floats
    windows: Floats

    def copy(self) -> Prices:
        """The same prices, to keep."""
        return Prices(self.lanes.copy(), self.days.copy(), self.windows.copy())

    def parts(self) -> tuple[Floats, Floats, Floats]:
        """The three arrays."""
        return self.lanes, self.days, self.windows


class Relaxation:
    """The best `prices` so far and the `bound` that they prove."""

    def __init__(self, table: Table) -> None:
        self.table = table
        start = Board(table)  # only what is pinned is on it
        self.left: Floats = start.left.astype(np.float64)
        self.left[table.priced :] = 0.0
        self.base, self.elective = start.load, start.elective
        self.plannable = ~start.fixed & np.array([not r.is_emergency for r in table.requests], bool)
        self.pinned_cost = start.cost - int(table.no_slot[self.plannable].sum())
        self.pinned_cost -= start.fairness_cost
        self.spare: Floats = np.maximum(0.0, table.window_free - self.elective)
        departments = [len({d.department for d in r.departments}) for r in table.requests]
        self.several = np.array(departments, dtype=np.int64) > 1
        self.prices = Prices(
            np.zeros(table.free.shape),
            np.zeros(len(table.day_base)),
            np.zeros(len(table.window_free)),
        )
        self._load = self._load_prices()
        self.bound = self.value(self.prices)[0]

    # --- what prices say ------------------------------------------------------------------------

    def column_prices(self, prices: Prices) -> Floats:
        """What the time of each column costs."""
        columns, table = self.table.columns, self.table
        until = np.zeros((prices.lanes.shape[0], prices.lanes.shape[1] + 1))
        np.cumsum(prices.lanes, axis=1, out=until[:, 1:])
        start, end = columns.start, columns.start + columns.steps
        total: Floats = until[columns.lane, end] - until[columns.lane, start]
        total += until[columns.room, end] - until[columns.room, start]
        if len(prices.days):
            total += prices.days[columns.day] * columns.steps
        for at in range(columns.windows.shape[1] if len(prices.windows) else 0):
            window, taken = columns.windows[:, at], columns.taken[:, at]
            total += np.where(window == NOBODY, 0.0, prices.windows[window] * taken)
        for block in table.blocks:
            for lane in block.equipment:
                here = block.columns
                total[here] += until[lane, end[here]] - until[lane, start[here]]
        return total

    def choices(self, asked: Floats) -> tuple[Ints, Floats]:
        """The cheapest column of each request (or `UNPLACED`) where time costs what is `asked` by
        column, and what that request pays in all."""
        least = self.table.no_slot.astype(np.float64)
        chosen = np.full(len(least), UNPLACED, dtype=np.int64)
        for block in self.table.blocks:
            if block.first == block.last:
                continue
            cost = block.cost + asked[block.columns]
            at = cost.argmin(axis=1)
            cheapest = cost[np.arange(len(at)), at]
            better = cheapest < least[block.requests]
            rows = block.requests[better]
            least[rows], chosen[rows] = cheapest[better], block.first + at[better]
        least[~self.plannable], chosen[~self.plannable] = 0.0, UNPLACED
        return chosen, least

    def near(self, prices: Prices, within: float) -> list[Ints]:
        """Columns of each request that cost at most `within` more than its cheapest, these first."""
        asked = self.column_prices(prices)
        _, least = self.choices(asked)
        found: list[list[tuple[Floats, Ints]]] = [[] for _ in self.table.requests]
        for block in self.table.blocks:
            dearer = block.cost + asked[block.columns] - least[block.requests][:, None]
            rows, at = np.nonzero((dearer <= within) & (block.cost < FORBIDDEN))
            ends = np.searchsorted(rows, np.arange(len(block.requests) + 1))
            values = dearer[rows, at]
            for row, request in enumerate(block.requests.tolist()):
                mine = slice(ends[row], ends[row + 1])
                found[request].append((values[mine], block.first + at[mine]))
        return [_cheapest_first(parts) for parts in found]

    def value(self, prices: Prices) -> tuple[float, Prices]:
        """The bound that these prices prove, and how much too much each time is wanted."""
        chosen, least = self.choices(self.column_prices(prices))
        value = self.pinned_cost + least.sum() - (prices.lanes * self.left).sum()
        value -= (prices.windows * self.spare).sum()
        wanted = self._used(chosen)
        days = np.arange(len(self.base))
        value += self.days_value(prices, days).sum()
        wanted.days[:] -= self._sold(prices, days).argmin(axis=1) if len(days) else 0
        wanted.lanes[:] -= self.left
        wanted.windows[:] -= self.spare
        return float(value), wanted

    def days_value(self, prices: Prices, days: Ints) -> Floats:
        """What each of these doctors' days makes of its price: the load it would rather sell."""
        return np.asarray(self._sold(prices, days).min(axis=1, initial=np.inf))

    def _sold(self, prices: Prices, days: Ints) -> Floats:
        return self._load[days] - prices.days[days, None] * np.arange(self._load.shape[1])

    # --- better prices --------------------------------------------------------------------------

    def improve(self, phase: int, objective: float, go_on: Callable[[], bool]) -> Iterator[float]:
        """Search for better prices, faster in phase 0 and finer in phase 1, until the bound meets a
        plan of this `objective`; yields the bound after each round."""
        highest = (np.inf, float(self.table.instance.weights.load), self._most_for_reserve())
        rounds, fast, slow = PHASES[phase]
        at = self.prices.copy()
        unit = float(np.median(self.table.no_slot[self.plannable])) if self.plannable.any() else 0.0
        first, last = unit / fast, unit / slow
        means = [np.zeros_like(part) for part in at.parts()]
        squares = [np.zeros_like(part) for part in at.parts()]
        for number in range(rounds):
            value, wanted = self.value(at)
            if value > self.bound:
                self.bound, self.prices = value, at.copy()
            yield self.bound
            if objective <= self.bound or not go_on():
                return
            pace = first * (last / max(first, 1e-9)) ** (number / rounds)
            for part, more, mean, square, most in zip(
                at.parts(), wanted.parts(), means, squares, highest, strict=True
            ):
                mean += (1 - MOMENTUM) * (more - mean)
                square += (1 - MEMORY) * (more * more - square)
                scale = np.sqrt(square / (1 - MEMORY ** (number + 1))) + FLOOR
                part += pace * mean / (1 - MOMENTUM ** (number + 1)) / scale
                np.clip(part, 0.0, most, out=part)

    # --- parts ----------------------------------------------------------------------------------

    def _most_for_reserve(self) -> float:
        return float(self.table.instance.weights.reserve)

    def _load_prices(self) -> Floats:
        """What selling so many more steps of each doctor's day costs; infinite beyond its end."""
        table = self.table
        most = table.load.shape[1]
        days, steps = np.arange(len(self.base))[:, None], np.arange(most)[None, :]
        at = np.minimum(self.base[:, None] + steps, most - 1)
        more = table.load[days, at] - table.load[days, self.base[:, None]]
        inside = steps <= (table.day_capacity - self.base)[:, None]
        return np.where(inside, more.astype(np.float64), np.inf)

    def _used(self, chosen: Ints) -> Prices:
        """How much of each time is taken by the chosen columns."""
        table, columns = self.table, self.table.columns
        taken = chosen[chosen != UNPLACED]
        lanes = np.zeros(table.free.shape)
        steps = columns.steps[taken]
        for step in range(int(steps.max(initial=0))):
            now = taken[steps > step]
            np.add.at(lanes, (columns.lane[now], columns.start[now] + step), 1.0)
            np.add.at(lanes, (columns.room[now], columns.start[now] + step), 1.0)
        for column in taken[table.uses_equipment[columns.block[taken]]].tolist():
            first = int(columns.start[column])
            for lane in table.blocks[int(columns.block[column])].equipment:
                lanes[lane, first : first + int(columns.steps[column])] += 1.0
        lanes[table.priced :] = 0.0
        days = np.bincount(columns.day[taken], steps, len(self.base)).astype(np.float64)
        windows = np.zeros(len(table.window_free))
        for at in range(columns.windows.shape[1] if len(windows) else 0):
            window = columns.windows[taken, at]
            known = window != NOBODY
            np.add.at(windows, window[known], columns.taken[taken, at][known])
        return Prices(lanes, days, windows)


def _cheapest_first(parts: list[tuple[Floats, Ints]]) -> Ints:
    if not parts:
        return np.empty(0, dtype=np.int64)
    values = np.concatenate([part[0] for part in parts])
    columns = np.concatenate([part[1] for part in parts])
    return np.asarray(columns[np.argsort(values, kind="stable")])
