"""What else could plan the same day: every peer gets the same instance, time and workers.

A peer is a function of this package, named as ``module.function``; it takes an `Instance`, seconds
and workers, and returns its best plan, or what is pinned and nobody else where it found none.
Building its model counts as its time.
"""

from __future__ import annotations

PEERS: tuple[str, ...] = (
    "first_come.plan",
    "greedy.plan",
    "cpsat.plan",
    "cpsat.plan_hinted",
    "highs.plan",
    "timefold.plan",
    "timefold.plan_started",
)
