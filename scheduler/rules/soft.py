"""Rules that price one visit, in points. Lower is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from scheduler.domain import PartOfDay

if TYPE_CHECKING:
    from scheduler.domain import AppointmentRequest
    from scheduler.rules.options import Bools, Ints, Options
    from scheduler.rules.weights import Weights

AFTERNOON = 12
EVENING = 18


@dataclass(frozen=True, slots=True)
class SoftRule:
    """A named price of a slot for a request."""

    name: str
    cost: Callable[[Options, Weights], Ints]


def part_of_day(moment: datetime) -> PartOfDay:
    """Morning until noon, afternoon until six, evening after."""
    if moment.hour < AFTERNOON:
        return "morning"
    return "afternoon" if moment.hour < EVENING else "evening"


def price_of_no_slot(request: AppointmentRequest, weights: Weights) -> int:
    """The rule `unplaced`: where slots are short, the most urgent is the last to go without.

    Whoever loses an appointment that was promised is moved as well. An emergency is not waiting for
    a slot.
    """
    if request.is_emergency:
        return 0
    return weights.unplaced * (6 - request.acuity) // 2 + (weights.moving if request.held else 0)


def _waiting(options: Options, weights: Weights) -> Ints:
    """Minutes from the earliest possible time, dearer the more urgent the request is."""
    urgency = 6 - options.request.acuity
    return options.waited * (weights.waiting_per_hour * urgency) // 120


def _lateness(options: Options, weights: Weights) -> Ints:
    """Minutes after the time by which this acuity should be seen."""
    urgency = 6 - options.request.acuity
    late = np.maximum(0, options.start - options.hospital.minute(options.request.due_by))
    return late * (weights.lateness_per_hour * urgency) // 120


def _department_fit(options: Options, weights: Weights) -> Ints:
    """How much less this department is believed right than the best one of the request."""
    best = max(fit.fit for fit in options.request.departments)
    return options.all_at(round((best - options.fit.fit) * weights.department_fit))


def _wish_practitioner(options: Options, weights: Weights) -> Ints:
    wish = options.request.wishes.practitioner
    return options.unless(_is_practitioner(options, wish), weights.wish_practitioner)


def _wish_sex(options: Options, weights: Weights) -> Ints:
    wish = options.request.wishes.sex
    if wish is None:
        return options.all_at(0)
    met = options.hospital.is_of_sex(wish)[options.practitioner]
    return options.unless(met, weights.wish_sex)


def _wish_language(options: Options, weights: Weights) -> Ints:
    wish = options.request.wishes.language
    if wish is None:
        return options.all_at(0)
    met = options.hospital.speaks(wish)[options.practitioner]
    return options.unless(met, weights.wish_language)


def _wish_part_of_day(options: Options, weights: Weights) -> Ints:
    wish = options.request.wishes.part_of_day
    if wish is None:
        return options.all_at(0)
    parts = {"morning": (0, AFTERNOON), "afternoon": (AFTERNOON, EVENING), "evening": (EVENING, 24)}
    first, last = parts[wish]
    hour = options.minute_of_day // 60
    return options.unless((first <= hour) & (hour < last), weights.wish_part_of_day)


def _continuity(options: Options, weights: Weights) -> Ints:
    """A doctor who does not know the patient yet."""
    known = options.request.seen_before
    return options.unless(_is_practitioner(options, known), weights.continuity)


def _moving(options: Options, weights: Weights) -> Ints:
    """Another time, doctor or department than was promised."""
    held = options.request.held
    if held is None:
        return options.all_at(0)
    kept = (
        (options.start == options.hospital.minute(held.start))
        & _is_practitioner(options, held.practitioner)
        & (options.fit.department == held.department)
        & (held.start.second == held.start.microsecond == 0)
    )
    return options.unless(kept, weights.moving)


def _is_practitioner(options: Options, who: str | None) -> Bools:
    if who is None:
        return np.ones(options.start.shape, dtype=bool)
    number = options.hospital.number.get(who, -1)
    return np.asarray(options.practitioner == number)


SOFT: tuple[SoftRule, ...] = (
    SoftRule("lateness", _lateness),
    SoftRule("department_fit", _department_fit),
    SoftRule("wish_practitioner", _wish_practitioner),
    SoftRule("wish_sex", _wish_sex),
    SoftRule("wish_language", _wish_language),
    SoftRule("wish_part_of_day", _wish_part_of_day),
    SoftRule("continuity", _continuity),
    SoftRule("moving", _moving),
    SoftRule("waiting", _waiting),
)
