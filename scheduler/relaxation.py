"""What time is worth: the prices of a Lagrangian relaxation, and the bound that they prove.

Every step of every doctor, room and machine gets a price (and so do a doctor's load and a reserve);
each request then takes what is cheapest for it alone. What that costs all together, less the
prices of all the time there is, is a bound that no plan can beat, whatever the prices are. Prices
rise where requests crowd and fall where nobody comes (subgradients: Held, Wolfe and Crowder, 1974).
Where doctors are short they are a hundred times those of a quiet hour, so each price has its own
pace: Adam (Kingma and Ba, 2015). That is fast and rough; `smoothing` makes the prices fine.

The waiting of patient groups and the overlap of one patient's visits are left out of the relaxation:
both can only make a plan dearer, so the bound stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from scheduler.board import UNPLACED, Board
from scheduler.columns import NOBODY
from scheduler.rules.options import Bools, Ints
from scheduler.table import FORBIDDEN, Table

Floats = NDArray[np.float64]
ROUNDS = 100
PACES = 200.0, 10_000.0
"""The first and the last pace, as parts of the usual price of no slot."""
MOMENTUM, MEMORY = 0.8, 0.95
FLOOR = 0.05
EVERY = 10**9


@dataclass(frozen=True, slots=True)
class Prices:
    """What time costs: `lanes` by lane and step, `days` a step of a doctor's day, `windows` a step
    of a reserve. All three are views of `flat`, one after the other."""

    flat: Floats
    lanes: Floats
    days: Floats
    windows: Floats

    @classmethod
    def of(cls, table: Table, flat: Floats | None = None) -> Prices:
        """Prices of the time of a table from one array, or none at all."""
        lanes, days = table.free.size, len(table.day_base)
        if flat is None:
            flat = np.zeros(lanes + days + len(table.window_free))
        parts = flat[:lanes].reshape(table.free.shape), flat[lanes : lanes + days]
        return cls(flat, *parts, flat[lanes + days :])

    def copy(self) -> Prices:
        """The same prices, to keep."""
        flat = self.flat.copy()
        lanes, days = self.lanes.size, len(self.days)
        parts = flat[:lanes].reshape(self.lanes.shape), flat[lanes : lanes + days]
        return Prices(flat, *parts, flat[lanes + days :])


@dataclass(frozen=True, slots=True)
class Pairs:
    """Requests and columns that they may take, what that costs by the rules of one visit, and how
    much `dearer` it is than the cheapest of the same request, time included. By request, then by
    that."""

    request: Ints
    column: Ints
    cost: Floats
    dearer: Floats


class Relaxation:
    """The best `prices` so far and the `bound` that they prove."""

    def __init__(self, table: Table) -> None:
        self.table = table
        start = Board(table)  # only what is pinned is on it
        self.time = time_of(table)
        self._taken = self.time.T.tocsr()
        self.base = start.load
        self.plannable = ~start.fixed & np.array([not r.is_emergency for r in table.requests], bool)
        self.pinned_cost = start.cost - int(table.no_slot[self.plannable].sum())
        self.pinned_cost -= start.fairness_cost
        self.sold = self._load_prices()
        self.capacity, self.most = Prices.of(table), Prices.of(table)
        self.capacity.lanes[: table.priced] = start.left[: table.priced]
        self.capacity.windows[:] = np.maximum(0.0, table.window_free - start.elective)
        self.most.lanes[:] = np.inf
        self.most.days[:] = table.instance.weights.load
        self.most.windows[:] = table.instance.weights.reserve
        self.unit = float(np.median(table.no_slot[self.plannable])) if self.plannable.any() else 0.0
        self.prices, self.bound = Prices.of(table), -np.inf
        self.keep_better(self.prices)

    # --- what prices say ------------------------------------------------------------------------

    def column_prices(self, prices: Prices) -> Floats:
        """What the time of each column costs."""
        return np.asarray(self.time @ prices.flat)

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

    def pairs(self, prices: Prices, within: float, most: int = EVERY) -> Pairs:
        """Whoever can be planned, with the columns that cost at most `within` more than the
        cheapest way for the same request; of a block, a sample of `most` at most."""
        asked, random = self.column_prices(prices), np.random.default_rng(0)
        _, least = self.choices(asked)
        parts: list[tuple[Ints, Ints, Floats, Floats]] = []
        for block in self.table.blocks:
            dearer = block.cost + asked[block.columns] - least[block.requests][:, None]
            near = (dearer <= within) & (block.cost < FORBIDDEN)
            near &= self.plannable[block.requests][:, None]
            row, at = np.nonzero(near if most == EVERY else _sample(near, most, random))
            cost = block.cost[row, at].astype(np.float64)
            parts.append((block.requests[row], block.first + at, cost, dearer[row, at]))
        nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
        request, column, cost, dearer = (
            np.concatenate(arrays) for arrays in zip(nothing, *parts, strict=True)
        )
        order = np.lexsort((dearer, request))
        return Pairs(request[order], column[order], cost[order], dearer[order])

    def near(self, prices: Prices, within: float) -> list[Ints]:
        """The columns of `pairs` by request, the cheapest first."""
        pairs = self.pairs(prices, within)
        ends = np.searchsorted(pairs.request, np.arange(1, len(self.table.requests)))
        return np.split(pairs.column, ends) if len(self.table.requests) else []

    def value(self, prices: Prices) -> tuple[float, Prices]:
        """The bound that these prices prove, and how much too much each time is wanted."""
        chosen, least = self.choices(self.column_prices(prices))
        value = self.pinned_cost + least.sum() - prices.flat @ self.capacity.flat
        value += self.days_value(prices).sum()
        taken = np.bincount(chosen[chosen != UNPLACED], minlength=self.time.shape[0])
        wanted = Prices.of(self.table, self._taken @ taken - self.capacity.flat)
        if len(prices.days):
            wanted.days[:] -= self._selling(prices).argmin(axis=1)
        return float(value), wanted

    def days_value(self, prices: Prices) -> Floats:
        """What each doctor's day makes of its price: the load it would rather sell."""
        return np.asarray(self._selling(prices).min(axis=1, initial=np.inf))

    def _selling(self, prices: Prices) -> Floats:
        return self.sold - prices.days[:, None] * np.arange(self.sold.shape[1])

    # --- better prices --------------------------------------------------------------------------

    def keep_better(self, prices: Prices) -> tuple[float, Prices]:
        """Remember these prices if they prove more; returns their `value`."""
        value, wanted = self.value(prices)
        if value > self.bound:
            self.bound, self.prices = value, prices.copy()
        return value, wanted

    def improve(self, objective: float, go_on: Callable[[], bool]) -> Iterator[float]:
        """Search for better prices, roughly, until the bound meets a plan of this `objective`;
        yields the bound after each round."""
        at = self.prices.copy()
        first, last = (self.unit / pace for pace in PACES)
        mean, square = np.zeros_like(at.flat), np.zeros_like(at.flat)
        for number in range(ROUNDS):
            wanted = self.keep_better(at)[1].flat
            yield self.bound
            if objective <= self.bound or not go_on():
                return
            pace = first * (last / max(first, 1e-9)) ** (number / ROUNDS)
            mean += (1 - MOMENTUM) * (wanted - mean)
            square += (1 - MEMORY) * (wanted * wanted - square)
            scale = np.sqrt(square / (1 - MEMORY ** (number + 1))) + FLOOR
            at.flat[:] += pace * mean / (1 - MOMENTUM ** (number + 1)) / scale
            np.clip(at.flat, 0.0, self.most.flat, out=at.flat)

    def _load_prices(self) -> Floats:
        """What selling so many more steps of each doctor's day costs; infinite beyond its end."""
        table = self.table
        most = table.load.shape[1]
        days, steps = np.arange(len(self.base))[:, None], np.arange(most)[None, :]
        at = np.minimum(self.base[:, None] + steps, most - 1)
        more = table.load[days, at] - table.load[days, self.base[:, None]]
        inside = steps <= (table.day_capacity - self.base)[:, None]
        return np.where(inside, more.astype(np.float64), np.inf)


def _sample(near: Bools, most: int, random: np.random.Generator) -> Bools:
    """Every so many-th column of each row, so that about `most` are left of it; rows begin at
    different ones, so that all columns are looked at by somebody."""
    if not near.size:
        return near
    number = near.cumsum(axis=1, dtype=np.int32)
    stride = np.maximum(-(-number[:, -1:] // most), 1)
    phase = random.integers(0, stride)
    return np.asarray(near & (number % stride == phase))


def time_of(table: Table) -> scipy.sparse.csr_matrix:
    """What each column takes of everything that has a price, in the order of `Prices.flat`."""
    columns, horizon = table.columns, table.horizon
    number = np.arange(len(columns.start))
    lanes = np.stack([columns.lane, columns.room, *table.machines[columns.block].T])
    lane, column = lanes.ravel(), np.tile(number, len(lanes))
    column, lane = column[lane < table.priced], lane[lane < table.priced]
    steps = columns.steps[column]
    each = np.repeat(column, steps)
    step = np.arange(len(each)) - np.repeat(np.cumsum(steps) - steps, steps)
    price = np.repeat(lane, steps) * horizon + columns.start[each] + step
    days, windows = table.free.size, table.free.size + len(table.day_base)
    rows, at, amount = [each, number], [price, days + columns.day], [np.ones(len(each))]
    amount.append(columns.steps.astype(np.float64))
    for which in range(columns.windows.shape[1] if len(table.window_free) else 0):
        known = np.flatnonzero(columns.windows[:, which] != NOBODY)
        rows.append(known)
        at.append(windows + columns.windows[known, which])
        amount.append(columns.taken[known, which].astype(np.float64))
    shape = len(number), windows + len(table.window_free)
    entries = np.concatenate(amount), (np.concatenate(rows), np.concatenate(at))
    return scipy.sparse.csr_matrix(entries, shape=shape)
