"""What each soft rule counts, in points: one file of a hospital sets them all."""

from __future__ import annotations

from pydantic import Field

from scheduler.domain import Value

MOST = 1_000_000
"""No weight is larger, so that every sum stays a whole number that the solver can hold."""


class Weights(Value):
    """What each soft rule counts. A point is worth about six minutes of one patient's waiting.

    What is counted by the hour is counted by the minute and rounded down, per visit.
    """

    waiting_per_hour: int = Field(default=10, ge=0, le=MOST)
    lateness_per_hour: int = Field(default=60, ge=0, le=MOST)
    department_fit: int = Field(default=600, ge=0, le=MOST)
    wish_practitioner: int = Field(default=900, ge=0, le=MOST)
    wish_sex: int = Field(default=600, ge=0, le=MOST)
    wish_language: int = Field(default=300, ge=0, le=MOST)
    wish_part_of_day: int = Field(default=200, ge=0, le=MOST)
    continuity: int = Field(default=300, ge=0, le=MOST)
    moving: int = Field(default=400, ge=0, le=MOST)
    unplaced: int = Field(default=20_000, ge=0, le=MOST)
    load: int = Field(default=10, ge=0, le=MOST)
    reserve: int = Field(default=150, ge=0, le=MOST)
    fairness_per_hour: int = Field(default=20, ge=0, le=10_000)
    unplaced_waits_hours: int = Field(default=24, ge=0, le=10_000)
    """How long somebody without a slot is taken to wait, where groups are compared."""
