"""First come, first served, as the scheduler itself measures plans against it."""

from __future__ import annotations

from scheduler.domain import Plan
from scheduler.first_come import first_come
from scheduler.instance import Instance


def plan(instance: Instance, seconds: float, workers: int) -> Plan:
    """Serve in order of `earliest`; one worker and a moment are all that this needs."""
    return first_come(instance)
