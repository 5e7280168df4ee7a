"""The slots that visits could take, as arrays: sessions cut at every step of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from scheduler.domain import GRID
from scheduler.rules.options import Ints

if TYPE_CHECKING:
    from scheduler.table import Table

STEPS_A_DAY = timedelta(days=1) // GRID
NOBODY = -1
Key = tuple[str, int, tuple[str, ...], bool]
"""What slots are cut for: a department, a length in steps, equipment, and whether it is elective."""
Part = tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints]
"""Start, lane, room, session, day, windows, and steps taken of these, slot by slot."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Every column of every block. One column is one slot; blocks repeat slots.

    `start` is a step of the grid since the origin. `lane` is the practitioner's row of the free
    time, `room` the room's (or the idle lane), `day` the practitioner's day, and `windows` with
    `taken` tell how many steps it takes of which reserves (at most `windows.shape[1]` of them).
    """

    start: Ints
    steps: Ints
    lane: Ints
    room: Ints
    session: Ints
    day: Ints
    windows: Ints
    taken: Ints
    block: Ints


def slots_of(table: Table, sessions: Sequence[int], key: Key) -> Part:
    """Cut sessions into slots of one length: one for each step at which a visit could begin.

    Slots that everything needed is free for, before anything is planned.
    """
    department, steps, equipment, elective = key
    starts, numbers = [], []
    for number in sessions:
        first, last = table.steps_inside(table.instance.sessions[number])
        if last - first >= steps:
            starts.append(np.arange(first, last - steps + 1, dtype=np.int64))
            numbers.append(np.full(len(starts[-1]), number, dtype=np.int64))
    start = np.concatenate([*starts, np.empty(0, dtype=np.int64)])
    session = np.concatenate([*numbers, np.empty(0, dtype=np.int64)])
    lane, room = table.session_lanes[session].T
    lanes = [lane, room, *(np.full(len(start), table.lane["equipment", e]) for e in equipment)]
    open_now = np.ones(len(start), dtype=bool)
    for one in lanes:
        for step in range(steps):
            open_now &= table.free[one, start + step] > 0
    start, session, lane, room = (a[open_now] for a in (start, session, lane, room))
    day = lane * table.days_each + start // STEPS_A_DAY
    windows, taken = _windows(table, department, start, steps if elective else 0)
    return start, lane, room, session, day, windows, taken


def _windows(table: Table, department: str, start: Ints, steps: int) -> tuple[Ints, Ints]:
    """The reserves that slots touch, at most as many as the steps; `NOBODY` for none."""
    of_step = table.window_of.get(department)
    if of_step is None or not steps:
        return np.full((len(start), 1), NOBODY), np.zeros((len(start), 1), dtype=np.int64)
    touched = of_step[start[:, None] + np.arange(steps)]
    changes = touched[:, 1:] != touched[:, :-1]
    at = np.pad(changes.cumsum(axis=1, dtype=np.int64), ((0, 0), (1, 0)))
    rows = np.broadcast_to(np.arange(len(start))[:, None], at.shape)
    windows, taken = np.full_like(touched, NOBODY), np.zeros_like(touched)
    windows[rows, at] = touched
    np.add.at(taken, (rows, at), (touched != NOBODY).astype(np.int64))
    width = int(at.max(initial=0)) + 1
    return windows[:, :width], taken[:, :width]


def joined(parts: Sequence[Part], steps: list[int]) -> Columns:
    width = max((part[5].shape[1] for part in parts), default=1)
    empty = np.empty(0, dtype=np.int64)

    def flat(at: int) -> Ints:
        return np.concatenate([empty, *(part[at] for part in parts)])

    def wide(at: int, fill: int) -> Ints:
        padded = [
            np.pad(part[at], ((0, 0), (0, width - part[at].shape[1])), constant_values=fill)
            for part in parts
        ]
        return np.concatenate([np.empty((0, width), dtype=np.int64), *padded])

    lengths = [len(part[0]) for part in parts]
    return Columns(
        start=flat(0),
        steps=np.repeat(np.array(steps, dtype=np.int64), lengths),
        lane=flat(1),
        room=flat(2),
        session=flat(3),
        day=flat(4),
        windows=wide(5, NOBODY),
        taken=wide(6, 0),
        block=np.repeat(np.arange(len(parts)), lengths),
    )


def extended(columns: Columns, part: Part, steps: int, block: int) -> Columns:
    more = joined([part], [steps])
    width = max(columns.windows.shape[1], more.windows.shape[1])

    def both(name: str) -> Ints:
        one, other = getattr(columns, name), getattr(more, name)
        if one.ndim == 2:
            fill = NOBODY if name == "windows" else 0
            one, other = (
                np.pad(a, ((0, 0), (0, width - a.shape[1])), constant_values=fill)
                for a in (one, other)
            )
        return np.concatenate([one, other])

    arrays = {field.name: both(field.name) for field in fields(Columns) if field.name != "block"}
    numbered = np.full(len(more.start), block, dtype=np.int64)
    return Columns(**arrays, block=np.concatenate([columns.block, numbered]))
