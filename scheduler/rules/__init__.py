"""The rules of planning: hard ones first, then soft ones. One named unit each.

A hard rule forbids a choice. A soft rule prices it, in points: whole numbers, so that every sum is
exact. Their weights come from `Weights`, which a hospital sets in one file.
"""

from scheduler.rules.choice import Choice
from scheduler.rules.hard import HARD, HardRule
from scheduler.rules.soft import SOFT, SoftRule, Weights, price_of_no_slot

__all__ = ["HARD", "SOFT", "Choice", "HardRule", "SoftRule", "Weights", "price_of_no_slot"]
