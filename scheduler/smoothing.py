"""Fine prices: the relaxation with every minimum made soft, so that it has a slope to follow.

A request takes a little of each column that is nearly its cheapest, the more the cheaper: the bound
is then smooth in the prices, and L-BFGS-B (Byrd, Lu, Nocedal and Zhu, 1995) climbs it in a few
hundred steps, colder and colder (Nesterov, 2005). Only columns that are near their request are
looked at; what is kept is proven by the relaxation itself, over all columns and with hard minima.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import Bounds, minimize

from scheduler.relaxation import EVERY, Floats, Prices, Relaxation

Stages = tuple[tuple[int, int], ...]
COOLING: Stages = ((5_000, 80), (10_000, 80), (20_000, 100), (40_000, 100), (80_000, 100))
"""The temperature of each stage as a part of the usual price of no slot, and its steps at most."""
COLDER: Stages = ((160_000, 150), (320_000, 150))
"""For later, when a search for plans has time for it."""
HOT: Stages = ((50, 100), (150, 60), (500, 60), (1_500, 60))
"""Where many go without a slot, prices must rise to what that costs: they start from there."""
WITHIN = 200
"""A column is near if it costs at most this part of that price more than the cheapest."""
WARMTH = 20
"""And so many times the temperature more."""
CORRECTIONS = 20
SAMPLE = 1_500_000
"""While it is hot, nearly all columns are near: so many pairs stand for them all."""


def smooth(
    relaxation: Relaxation,
    objective: float,
    go_on: Callable[[], bool] = lambda: True,
    *,
    stages: Stages = COOLING,
) -> Iterator[float]:
    """Make a relaxation's prices fine, until its bound meets a plan of this `objective`; yields the
    bound after each stage.

    `HOT`, the search begins anew, far from the prices so far, which are kept if it proves less.
    """
    hot = stages is HOT
    at = Prices.of(relaxation.table) if hot else relaxation.prices
    value = -np.inf if hot else relaxation.bound
    rows = sum(len(block.requests) for block in relaxation.table.blocks)
    most = math.ceil(SAMPLE / max(rows, 1)) if hot else EVERY
    for part, steps in stages:
        if objective <= relaxation.bound or not go_on() or not relaxation.unit:
            return
        temperature = relaxation.unit / part
        within = relaxation.unit / WITHIN + WARMTH * temperature
        at = _Soft(relaxation, at, within, most).climb(temperature, steps, go_on)
        before, (value, _) = value, relaxation.keep_better(at)
        yield relaxation.bound
        if value <= before and not hot:
            return  # colder still, they would go further astray


class _Soft:
    """The bound over the pairs that are near at some prices, and its slope, as a function of the
    prices of whatever any of these pairs takes."""

    def __init__(
        self, relaxation: Relaxation, prices: Prices, within: float, most: int = EVERY
    ) -> None:
        self._relaxation, self._start = relaxation, prices
        pairs = relaxation.pairs(prices, within, most)
        self._cost = pairs.cost
        columns, self._column = np.unique(pairs.column, return_inverse=True)
        time = relaxation.time[columns]
        self._priced = np.unique(time.indices)
        self._time = time[:, self._priced].tocsr()
        self._taken = self._time.T.tocsr()
        requests, self._first, self._several = np.unique(
            pairs.request, return_index=True, return_counts=True
        )
        self._no_slot = relaxation.table.no_slot[requests].astype(np.float64)
        self._capacity = relaxation.capacity.flat[self._priced]
        first = prices.lanes.size
        days = len(prices.days)
        self._is_day = (self._priced >= first) & (self._priced < first + days)
        self._sold = relaxation.sold[self._priced[self._is_day] - first]

    def climb(self, temperature: float, steps: int, go_on: Callable[[], bool]) -> Prices:
        """Better prices, after so many steps at most."""
        prices = self._start.copy()
        if not len(self._priced):
            return prices

        def stop(intermediate_result: object) -> None:
            if not go_on():
                raise StopIteration

        most = self._relaxation.most.flat[self._priced]
        found = minimize(
            self._descent,
            prices.flat[self._priced],
            args=(temperature,),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(np.zeros(len(most)), most),
            callback=stop,
            options={"maxiter": steps, "maxcor": CORRECTIONS},
        )
        prices.flat[self._priced] = np.clip(found.x, 0.0, most)
        return prices

    def _descent(self, prices: Floats, temperature: float) -> tuple[float, Floats]:
        """The soft bound and its slope, both turned round for a minimiser."""
        paid = self._cost + (self._time @ prices)[self._column]
        least = np.minimum(np.minimum.reduceat(paid, self._first), self._no_slot)
        share = np.exp((np.repeat(least, self._several) - paid) / temperature)
        total = np.add.reduceat(share, self._first)
        total += np.exp((least - self._no_slot) / temperature)
        share /= np.repeat(total, self._several)
        value = (least - temperature * np.log(total)).sum() - self._capacity @ prices
        taken = np.bincount(self._column, share, minlength=self._time.shape[0])
        slope: Floats = self._taken @ taken - self._capacity
        days, sold = self._sell(prices[self._is_day], temperature)
        slope[self._is_day] -= sold
        return -(value + days), -slope

    def _sell(self, prices: Floats, temperature: float) -> tuple[float, Floats]:
        """What all doctors' days make of their prices, and how much each of them sells."""
        steps = np.arange(self._sold.shape[1])
        made = self._sold - prices[:, None] * steps
        least = made.min(axis=1, initial=np.inf)
        share = np.exp((least[:, None] - made) / temperature)
        total = share.sum(axis=1)
        return float((least - temperature * np.log(total)).sum()), (share @ steps) / total
