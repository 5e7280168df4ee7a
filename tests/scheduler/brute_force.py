"""Trying every plan: slow, sure, and sharing nothing with the solver but the board."""

from __future__ import annotations

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.table import Table


def is_beaten(table: Table, cost: int) -> bool:
    """Whether any plan at all costs less.

    A branch ends where even the cheapest slots of all who follow, free or not, would not do: what
    load and reserve cost only grows, and fairness costs something or nothing.
    """
    board = Board(table)
    requests = np.flatnonzero(~board.fixed).tolist()
    columns = {request: table.cheapest(request, 10_000).tolist() for request in requests}
    requests.sort(key=lambda request: len(columns[request]))

    def saved(request: int) -> int:
        slots = columns[request]
        return max(0, int(table.no_slot[request]) - table.price(request, slots[0])) if slots else 0

    spared = np.cumsum([0, *(saved(request) for request in reversed(requests))])[::-1]

    def search(depth: int) -> bool:
        if board.cost - board.fairness_cost - spared[depth] >= cost:
            return False
        if depth == len(requests):
            return board.cost < cost
        request = requests[depth]
        for column in [*columns[request], UNPLACED]:
            if column == UNPLACED or not board.is_free(request, column):
                found = column == UNPLACED and search(depth + 1)
            else:
                board.place(request, column)
                found = search(depth + 1)
                board.remove(request)
            if found:
                return True
        return False

    return search(0)
