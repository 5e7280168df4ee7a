"""First come, first served: whoever can come earliest takes the earliest slot, whatever it costs.

Nobody should plan so; it is what plans are measured against.
"""

from __future__ import annotations

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.domain import Plan
from scheduler.instance import Instance
from scheduler.table import FORBIDDEN, Table


def first_come(instance: Instance) -> Plan:
    """Serve in order of `earliest`."""
    board = Board(Table(instance))
    requests = instance.requests
    for request in sorted(range(len(requests)), key=lambda i: requests[i].earliest):
        if not board.fixed[request]:
            column = _earliest(board, request)
            if column != UNPLACED and board.may(request, column):
                board.place(request, column)
    return board.plan()


def _earliest(board: Board, request: int) -> int:
    """The free column of a request that starts first, or `UNPLACED`."""
    first, found = np.inf, UNPLACED
    for block, price in board.table.rows(request):
        columns = np.flatnonzero(board.free(block, request) & (price < FORBIDDEN))
        if len(columns):
            start = board.table.columns.start[block.columns][columns]
            at = int(start.argmin())
            if start[at] < first:
                first, found = start[at], block.first + int(columns[at])
    return found
