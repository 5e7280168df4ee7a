"""Rules that no plan may break.

Opening hours and eligibility need no rule here: slots are cut from sessions only, and a request
names only the departments that may see this person (`knowledge.catalogue` decides that).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scheduler.rules.choice import Choice


@dataclass(frozen=True, slots=True)
class HardRule:
    """A named reason to forbid a choice."""

    name: str
    forbids: Callable[[Choice], bool]


def _too_early(choice: Choice) -> bool:
    return choice.slot.start < choice.request.earliest


def _promised_to_another(choice: Choice) -> bool:
    return any(commitment.overlaps(choice.slot) for commitment in choice.busy)


def _not_their_department(choice: Choice) -> bool:
    departments = choice.practitioner.departments
    return bool(departments) and choice.slot.department not in departments


HARD: tuple[HardRule, ...] = (
    HardRule("earliest", _too_early),
    HardRule("no_overlap", _promised_to_another),
    HardRule("works_in_department", _not_their_department),
)
