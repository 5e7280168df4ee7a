"""Rules that price a choice, in points. Lower is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from scheduler.domain import PartOfDay, Value

if TYPE_CHECKING:
    from scheduler.domain import AppointmentRequest
    from scheduler.rules.choice import Choice

AFTERNOON = 12
EVENING = 18


class Weights(Value):
    """What each soft rule counts. A point is worth about a minute of one patient's waiting."""

    waiting_per_hour: int = Field(default=10, ge=0)
    lateness_per_hour: int = Field(default=60, ge=0)
    department_fit: int = Field(default=600, ge=0)
    wish_practitioner: int = Field(default=900, ge=0)
    wish_sex: int = Field(default=600, ge=0)
    wish_language: int = Field(default=300, ge=0)
    wish_part_of_day: int = Field(default=200, ge=0)
    load: int = Field(default=60, ge=0)
    unplaced: int = Field(default=100_000, ge=0)


@dataclass(frozen=True, slots=True)
class SoftRule:
    """A named price of a choice."""

    name: str
    cost: Callable[[Choice, Weights], int]


def part_of_day(moment: datetime) -> PartOfDay:
    """Morning until noon, afternoon until six, evening after."""
    if moment.hour < AFTERNOON:
        return "morning"
    return "afternoon" if moment.hour < EVENING else "evening"


def price_of_no_slot(request: AppointmentRequest, weights: Weights) -> int:
    """The rule `unplaced`: where slots are short, the most urgent is the last to go without."""
    return weights.unplaced * (6 - request.acuity) // 2


def _waiting(choice: Choice, weights: Weights) -> int:
    """Hours from the earliest possible time, dearer the more urgent the request is."""
    hours = (choice.slot.start - choice.request.earliest).total_seconds() / 3600
    return round(hours * weights.waiting_per_hour * (6 - choice.request.acuity) / 2)


def _lateness(choice: Choice, weights: Weights) -> int:
    """Hours after the time by which this acuity should be seen."""
    hours = (choice.slot.start - choice.request.due_by).total_seconds() / 3600
    return round(max(0.0, hours) * weights.lateness_per_hour * (6 - choice.request.acuity) / 2)


def _department_fit(choice: Choice, weights: Weights) -> int:
    """How much less this department is believed right than the best one of the request."""
    best = max(fit.fit for fit in choice.request.departments)
    return round((best - choice.fit.fit) * weights.department_fit)


def _wish_practitioner(choice: Choice, weights: Weights) -> int:
    wish = choice.request.wishes.practitioner
    return weights.wish_practitioner if wish and choice.slot.practitioner != wish else 0


def _wish_sex(choice: Choice, weights: Weights) -> int:
    wish = choice.request.wishes.sex
    return weights.wish_sex if wish and choice.practitioner.sex != wish else 0


def _wish_language(choice: Choice, weights: Weights) -> int:
    wish = choice.request.wishes.language
    return weights.wish_language if wish and wish not in choice.practitioner.languages else 0


def _wish_part_of_day(choice: Choice, weights: Weights) -> int:
    wish = choice.request.wishes.part_of_day
    return weights.wish_part_of_day if wish and part_of_day(choice.slot.start) != wish else 0


def _load(choice: Choice, weights: Weights) -> int:
    """The fuller a doctor's session is already, the dearer: it spreads patients over doctors."""
    return round(choice.session_load * weights.load)


SOFT: tuple[SoftRule, ...] = (
    SoftRule("lateness", _lateness),
    SoftRule("department_fit", _department_fit),
    SoftRule("wish_practitioner", _wish_practitioner),
    SoftRule("wish_sex", _wish_sex),
    SoftRule("wish_language", _wish_language),
    SoftRule("wish_part_of_day", _wish_part_of_day),
    SoftRule("waiting", _waiting),
    SoftRule("load", _load),
)
