"""What else could plan the same day: every peer gets the same instance, time and workers.

A peer is a function of this package, named as ``module.function``; it takes an `Instance`, seconds
and workers, and returns its best plan, or what is pinned and nobody else where it found none.
Building its model counts as its time.
"""

from __future__ import annotations

from scheduler.board import Board
from scheduler.domain import Plan

PEERS: tuple[str, ...] = (
    "first_come.plan",
    "greedy.plan",
    "cpsat.plan",
    "cpsat.plan_hinted",
    "highs.plan",
    "timefold.plan",
    "timefold.plan_started",
)


def as_plan(board: Board) -> Plan:
    """What is on a board, as a plan that claims no bound."""
    return Plan(
        objective=board.cost,
        bound=0,
        by_rule=dict(board.by_rule()),
        assignments=tuple(board.assignments()),
        unassigned=tuple(board.unassigned()),
    )
