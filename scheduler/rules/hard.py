"""Rules that no plan may break.

These look at one visit. Two need nothing here: slots are cut from sessions only (`opening`), and a
request names only the departments that may see this person (`knowledge.catalogue` decides that).
That no two visits share a doctor, a patient, a room's place or a piece of equipment (`no_overlap`)
is a matter of the whole plan: `scheduler.board` keeps it. Emergencies never enter a plan, and what
is pinned is placed before anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduler.rules.options import Bools, Options


@dataclass(frozen=True, slots=True)
class HardRule:
    """A named reason to forbid a slot to a request."""

    name: str
    allows: Callable[[Options], Bools]


def _earliest(options: Options) -> Bools:
    return options.waited >= 0


def _works_in_department(options: Options) -> Bools:
    return options.hospital.works_in(options.fit.department)[options.practitioner]


def _skill(options: Options) -> Bools:
    skilled = np.ones(options.start.shape, dtype=bool)
    for skill in options.request.skills:
        skilled &= options.hospital.has_skill(skill)[options.practitioner]
    return skilled


def _wheelchair_room(options: Options) -> Bools:
    if not options.request.wheelchair:
        return np.ones(options.start.shape, dtype=bool)
    return options.hospital.wheelchair[options.session]


HARD: tuple[HardRule, ...] = (
    HardRule("earliest", _earliest),
    HardRule("works_in_department", _works_in_department),
    HardRule("skill", _skill),
    HardRule("wheelchair_room", _wheelchair_room),
)
