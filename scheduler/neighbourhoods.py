"""Which part of a plan to make anew next: whoever has much to regret, and who is in their way."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.construction import Holders
from scheduler.relaxation import Floats, Relaxation
from scheduler.rules.options import Ints
from scheduler.table import FORBIDDEN, Table

_NONE = np.empty(0, dtype=np.int64)

WITHIN = 80
"""A column is near its request if it costs at most this part of the usual price of no slot more
than the request's cheapest."""
MOST_NEAR = 500
MOST_WIDE = 200


class Neighbourhoods:
    """The columns that are worth trying, by request, and the requests that are worth moving
    together. Columns are compared with the price of their time included.

    A request's *regret* is what its slot costs beyond its cheapest.
    """

    def __init__(self, relaxation: Relaxation, more: float = 0.0) -> None:
        """`more` points are near beyond what is near anyway: where everybody pays for moving, their
        own slot would be all that is."""
        self._table: Table = relaxation.table
        self.asked = relaxation.column_prices(relaxation.prices)
        _, self._least = relaxation.choices(self.asked)
        pairs = relaxation.pairs(relaxation.prices, relaxation.unit / WITHIN + more)
        ends = np.searchsorted(pairs.request, np.arange(1, len(self._table.requests)))
        self.near = [near[:MOST_NEAR] for near in np.split(pairs.column, ends)]
        self._dearer = [dearer[:MOST_NEAR].tolist() for dearer in np.split(pairs.dearer, ends)]
        self._plannable = relaxation.plannable

    def regret(self, board: Board) -> Floats:
        """By request."""
        placed = np.flatnonzero((board.at != UNPLACED) & self._plannable)
        regret = np.where(self._plannable, self._table.no_slot - self._least, 0.0)
        asked = self.asked[board.at[placed]]
        regret[placed] = board.paid[placed] + asked - self._least[placed]
        return regret

    def chain(self, board: Board, first: int, most: int, taken: set[int]) -> list[int]:
        """A request, who is in the way where it would pay least, who is in the way of these, and so
        on along the cheapest ways first; at most `most`, and nobody who is `taken` elsewhere."""
        who = Holders(board)
        ways = [(0.0, first)]
        least = {first: 0.0}
        found: dict[int, None] = {}
        while ways and len(found) < most:
            paid, request = heappop(ways)
            if request in found:
                continue
            found[request] = None
            dearer = self._dearer[request]
            for other, at in who.in_the_way(request, self.near[request]):
                further = paid + dearer[at]
                if further < least.get(other, np.inf):
                    least[other] = further
                    if self._plannable[other] and other not in taken:
                        heappush(ways, (further, other))
        return list(found)

    def tried(self, board: Board, request: int) -> Ints:
        """The columns that a request may try."""
        return self.wide(request) if board.at[request] == UNPLACED else self.near[request]

    def wide(self, request: int) -> Ints:
        """The cheapest columns of a request, near or not."""
        columns, paid = [], []
        for block, price in self._table.rows(request):
            allowed = np.flatnonzero(price < FORBIDDEN)
            columns.append(block.first + allowed)
            paid.append(price[allowed] + self.asked[block.columns][allowed])
        every, values = np.concatenate([*columns, _NONE]), np.concatenate([*paid, _NONE])
        return np.asarray(every[np.argsort(values, kind="stable")[:MOST_WIDE]])
