"""Which part of a plan to make anew next: clinics where the plan loses most against the prices."""

from __future__ import annotations

import numpy as np

from scheduler.board import UNPLACED, Board
from scheduler.columns import STEPS_A_DAY
from scheduler.construction import Occupants
from scheduler.relaxation import Floats, Relaxation
from scheduler.rules.options import Ints
from scheduler.table import FORBIDDEN, Table

_NONE = np.empty(0, dtype=np.int64)

NOON = STEPS_A_DAY * 31 // 60
"""Between the morning's and the afternoon's clinics, 12:24."""
WITHIN = 80
"""A column is near its request if it costs at most this part of the usual price of no slot more
than the request's cheapest."""
MOST_NEAR = 120
MOST_COLUMNS = 3_000
"""How many columns a window has: fewer requests try more of them each."""
MOST_WIDE = 200
DESIRED = 15
"""So many of its cheapest columns a request would rather have."""
TEAM = 8
"""So many doctors at most stand for one clinic, so that no window grows with the hospital."""


class Clinics:
    """The half-days of each department, and the columns that are worth trying there.

    A request's *regret* is what its slot costs, time included, beyond its cheapest.
    """

    def __init__(self, relaxation: Relaxation) -> None:
        table = relaxation.table
        self.table = table
        asked = relaxation.column_prices(relaxation.prices)
        self._asked = asked
        _, self.least = relaxation.choices(asked)
        unit = float(np.median(table.no_slot)) if len(table.no_slot) else 0.0
        self.near = [n[:MOST_NEAR] for n in relaxation.near(relaxation.prices, unit / WITHIN)]
        self.of_column = _clinic_of_column(table)
        self.count = int(self.of_column.max(initial=-1)) + 1
        self.plannable = relaxation.plannable
        self._visitors = self._who_may_come()

    def regret(self, board: Board) -> Floats:
        """By request."""
        placed = np.flatnonzero((board.at != UNPLACED) & self.plannable)
        regret = np.where(self.plannable, self.table.no_slot - self.least, 0.0)
        asked = self._asked[board.at[placed]]
        regret[placed] = board.paid[placed] + asked - self.least[placed]
        return regret

    def loss(self, board: Board) -> Floats:
        """By clinic: the regret of whoever sits there, or sits nowhere and could come."""
        regret, loss = self.regret(board), np.zeros(self.count)
        placed = np.flatnonzero((board.at != UNPLACED) & self.plannable)
        np.add.at(loss, self.of_column[board.at[placed]], regret[placed])
        for request in np.flatnonzero((board.at == UNPLACED) & self.plannable).tolist():
            clinics = np.unique(self.of_column[self.near[request]])
            loss[clinics] += regret[request] / max(1, len(clinics))
        return loss

    def window(self, board: Board, clinics: list[int], most: int) -> tuple[list[int], list[Ints]]:
        """Whoever sits in the clinics or could come there, at most `most`, and the columns that are
        near them and there. Those who gain most by it are taken first."""
        inside = np.zeros(self.count, dtype=bool)
        inside[clinics] = True
        at = board.at
        sits = (at != UNPLACED) & self.plannable
        sits[sits] = inside[self.of_column[at[sits]]]
        could = sorted({r for clinic in clinics for r in self._visitors[clinic]})
        regret = self.regret(board)
        others = [r for r in could if not sits[r]]
        others.sort(key=lambda request: -regret[request])
        mine = np.flatnonzero(sits & ~board.fixed).tolist()
        mine.sort(key=lambda request: -regret[request])
        requests = [*mine, *others[: max(most // 8, most - len(mine))]]
        tried = (self.tried(board, request, len(requests)) for request in requests)
        columns = [near[inside[self.of_column[near]]] for near in tried]
        return requests, columns

    def chain(self, board: Board, first: int, most: int, taken: set[int]) -> list[int]:
        """A request, who sits where it would pay less, who sits where these would, and so on; at
        most `most`, and nobody who is `taken` elsewhere."""
        who = Occupants(board)
        found, at = {first: None}, 0
        while at < len(found) and len(found) < most:
            request = list(found)[at]
            at += 1
            for column in self.near[request][:DESIRED].tolist():
                for other in who.at(column):
                    if len(found) < most and other not in taken and self.plannable[other]:
                        found[other] = None
        return list(found)

    def tried(self, board: Board, request: int, among: int) -> Ints:
        """The columns that a request may try in a window of so many requests."""
        if board.at[request] == UNPLACED:
            return self.wide(request)
        return self.near[request][: max(10, MOST_COLUMNS // among)]

    def wide(self, request: int) -> Ints:
        """The cheapest columns of a request, prices included, near or not."""
        columns, paid = [], []
        for block, price in self.table.rows(request):
            allowed = np.flatnonzero(price < FORBIDDEN)
            columns.append(block.first + allowed)
            paid.append(price[allowed] + self._asked[block.columns][allowed])
        every, values = np.concatenate([*columns, _NONE]), np.concatenate([*paid, _NONE])
        return np.asarray(every[np.argsort(values, kind="stable")[:MOST_WIDE]])

    def _who_may_come(self) -> list[list[int]]:
        visitors: list[list[int]] = [[] for _ in range(self.count)]
        for request in np.flatnonzero(self.plannable).tolist():
            for clinic in np.unique(self.of_column[self.near[request]]).tolist():
                visitors[clinic].append(request)
        return visitors


def _clinic_of_column(table: Table) -> Ints:
    """Numbers each department, half-day and team of at most `TEAM` doctors."""
    names = sorted({block.department for block in table.blocks})
    number = {name: i for i, name in enumerate(names)}
    of_block = np.array([number[block.department] for block in table.blocks], dtype=np.int64)
    department = of_block[table.columns.block]
    start = table.columns.start
    half = 2 * (start // STEPS_A_DAY) + (start % STEPS_A_DAY >= NOON)
    team = np.zeros(len(start), dtype=np.int64)
    for one in range(len(names)):
        here = department == one
        doctors, rank = np.unique(table.columns.lane[here], return_inverse=True)
        teams = max(1, -(-len(doctors) // TEAM))
        team[here] = rank * teams // max(1, len(doctors))
    keys = np.stack([department, half, team], axis=1)
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1]).ravel()
