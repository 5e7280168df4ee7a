"""Rules that price a plan as a whole: each is convex in a few totals, and so has marginal prices.

`load` looks at how full each doctor's day is, `reserve` at how much of a department's hour elective
visits take, `fairness` at how long each patient group waits.
"""

from __future__ import annotations

import numpy as np

from scheduler.rules.options import Ints

TENTHS = 10


def load_prices(capacity: int, most: int, weight: int) -> Ints:
    """What the first 0 … `most` steps of a doctor's day cost, if it has `capacity` of them.

    A step in an empty day is free, one in the last tenth costs nine tenths of `weight`: the same
    patients cost least when they are spread evenly over the doctors. Steps beyond the capacity,
    which no feasible plan has, cost the whole weight.
    """
    tenth = np.minimum(TENTHS, np.arange(most) * TENTHS // max(capacity, 1))
    prices: Ints = np.concatenate([[0], np.cumsum(tenth * weight // TENTHS)]).astype(np.int64)
    return prices


def reserve_price(elective: Ints, free: Ints, weight: int) -> Ints:
    """What elective visits pay for the steps that they take of what is kept for the urgent."""
    price: Ints = weight * np.maximum(0, elective - free)
    return price


def fairness_price(waited: Ints, sizes: Ints, per_hour: int) -> Ints:
    """What it costs that some groups wait longer than all do on average.

    `waited` are the minutes that each group waits in all (groups in the last axis), `sizes` how
    many patients each has. Every minute above the average, times the patients who wait it, counts;
    the sum is rounded up.
    """
    everybody = int(sizes.sum())
    if everybody == 0:
        return np.zeros(waited.shape[:-1], dtype=np.int64)
    total = waited.sum(axis=-1, keepdims=True)
    excess = np.maximum(0, everybody * waited - sizes * total).sum(axis=-1)
    price: Ints = -(-per_hour * excess // (60 * everybody))
    return price
