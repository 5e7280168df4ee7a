"""What more time would be worth, by hour: the relaxation's prices, as a hospital can read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from scheduler.domain import Scarcity
from scheduler.relaxation import Relaxation
from scheduler.rules.options import Ints

HOUR = timedelta(hours=1)


def scarcity(relaxation: Relaxation) -> Iterator[Scarcity]:
    """The dearest step of each department, room and machine in each hour that costs anything."""
    table, lanes = relaxation.table, relaxation.prices.lanes
    hours = _hours(table.horizon)
    departments: dict[tuple[str, int], float] = defaultdict(float)
    columns = table.columns
    for block in table.blocks:
        here = block.columns
        prices = lanes[columns.lane[here], columns.start[here]]
        for hour, price in zip(hours[columns.start[here]].tolist(), prices.tolist(), strict=True):
            key = block.department, hour
            departments[key] = max(departments[key], price)
    for (name, hour), price in sorted(departments.items()):
        if round(price) > 0:
            yield Scarcity(
                resource=name,
                kind="department",
                start=_start(table.origin, hour),
                points=round(price),
            )
    for number, (kind, name) in enumerate(table.lanes[: table.priced]):
        if kind in ("room", "equipment"):
            for hour in np.unique(hours).tolist():
                price = float(lanes[number][hours == hour].max())
                if round(price) > 0:
                    yield Scarcity(
                        resource=name,
                        kind="room" if kind == "room" else "equipment",
                        start=_start(table.origin, hour),
                        points=round(price),
                    )


def _hours(horizon: int) -> Ints:
    return np.arange(horizon, dtype=np.int64) // 6


def _start(origin: datetime, hour: int) -> datetime:
    return origin + hour * HOUR
