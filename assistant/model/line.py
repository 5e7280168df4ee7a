"""Who waits for the model: one at a time, in the order in which they came."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from assistant.errors import ModelTimeout

GLANCE = 0.2
"""Seconds between two looks at whether an answer is still wanted."""


class Line:
    """A first-come line. Whoever gives up leaves it, and those behind move up."""

    def __init__(self) -> None:
        self._moved = Condition()
        self._waiting: deque[object] = deque()

    @contextmanager
    def turn(
        self, *, deadline: float, cancelled: Callable[[], bool], ahead: Callable[[int], None]
    ) -> Iterator[None]:
        """Wait for a turn and hold it. `ahead` is told how many come before, whenever that changes.

        Raises:
            ModelTimeout: `time.monotonic()` passed `deadline`, or `cancelled()` became true, first.
        """
        me, told = object(), 0
        with self._moved:
            self._waiting.append(me)
        try:
            while place := self._place(me):
                if place != told:
                    ahead(place)
                    told = place
                if time.monotonic() > deadline or cancelled():
                    raise ModelTimeout("others came first, and the answer was no longer wanted")
            if told:
                ahead(0)
            yield
        finally:
            with self._moved:
                self._waiting.remove(me)
                self._moved.notify_all()

    def _place(self, me: object) -> int:
        """How many are before me, after a short wait where somebody is."""
        with self._moved:
            if self._waiting[0] is not me:
                self._moved.wait(GLANCE)
            return self._waiting.index(me)
