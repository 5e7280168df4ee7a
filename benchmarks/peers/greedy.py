"""Priority greedy: the most urgent first, each takes what then costs the plan least."""

from __future__ import annotations

from time import perf_counter

from scheduler.board import UNPLACED, Board
from scheduler.domain import Plan
from scheduler.instance import Instance
from scheduler.table import Table


def plan(instance: Instance, seconds: float, workers: int) -> Plan:
    """Serve by acuity, then by due time; one worker is all that this needs."""
    stop = perf_counter() + seconds
    board = Board(Table(instance))
    fill(board, stop)
    return board.plan()


def fill(board: Board, stop: float) -> None:
    """Place everybody who sits nowhere, as long as the clock has not reached `stop`."""
    requests = board.table.requests
    for request in sorted(
        range(len(requests)), key=lambda i: (requests[i].acuity, requests[i].due_by)
    ):
        if perf_counter() > stop:
            return
        if not board.fixed[request]:
            column, _ = board.best(request)
            if column != UNPLACED and board.may(request, column):
                board.place(request, column)
