"""The rules of planning: hard ones first, then soft ones. One named unit each.

A hard rule forbids a slot to a request. A soft rule prices it, in points: whole numbers, so that
every sum is exact. Three rules price the plan as a whole. Their weights come from `Weights`, which
a hospital sets in one file.
"""

from scheduler.rules.hard import HARD, HardRule
from scheduler.rules.options import Hospital, Options
from scheduler.rules.soft import SOFT, SoftRule, price_of_no_slot
from scheduler.rules.totals import fairness_price, load_prices, reserve_price
from scheduler.rules.weights import Weights

WHOLE_PLAN: tuple[str, ...] = ("load", "reserve", "fairness")

__all__ = [
    "HARD",
    "SOFT",
    "WHOLE_PLAN",
    "HardRule",
    "Hospital",
    "Options",
    "SoftRule",
    "Weights",
    "fairness_price",
    "load_prices",
    "price_of_no_slot",
    "reserve_price",
]
