"""Who waits for the model: first come, first served, some of them together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Condition, Thread

from assistant.errors import ModelTimeout
from assistant.model.decoding import Request

GLANCE = 0.2
"""Seconds between two looks at whether an answer is still wanted."""
LINGER = 30.0
"""Seconds for which the thread that serves waits for somebody to come."""


class Ticket:
    """A place in the line, and where what is served arrives."""

    def __init__(self, wanted: Request) -> None:
        self.wanted = wanted
        self.arrived: SimpleQueue[list[int] | BaseException | None] = SimpleQueue()

    def tell(self, tokens: list[int]) -> None:
        """Hand over a part of the answer."""
        self.arrived.put(tokens)

    def end(self) -> None:
        """The answer is whole."""
        self.arrived.put(None)

    def fail(self, error: BaseException) -> None:
        """There will be no answer."""
        self.arrived.put(error)


class Line:
    """A first-come line before one thread that serves. Whoever gives up leaves it.

    `serve` gets those whose turn it is, at most `together` of them; it tells, ends or fails each.
    """

    def __init__(self, serve: Callable[[list[Ticket]], None], together: int) -> None:
        self._serve = serve
        self._together = together
        self._moved = Condition()
        self._waiting: list[Ticket] = []
        self._served: list[Ticket] = []
        self._open = False

    def ask(self, wanted: Request, ahead: Callable[[int], None]) -> Iterator[list[int]]:
        """What is served, as it arrives. `ahead` is told how many come before, whenever that
        changes.

        Raises:
            ModelTimeout: `wanted.deadline` passed or `wanted.cancelled()` became true first.
            Exception: whatever serving raised.
        """
        ticket, told = self._join(wanted), 0
        try:
            while True:
                try:
                    arrived = ticket.arrived.get(timeout=GLANCE)
                except Empty:
                    if (place := self._place(ticket)) != told:
                        ahead(place)
                        told = place
                    if time.monotonic() > wanted.deadline or wanted.cancelled():
                        raise ModelTimeout("too slow, or no longer wanted") from None
                    continue
                if told:
                    ahead(0)
                    told = 0
                if arrived is None:
                    return
                if isinstance(arrived, BaseException):
                    raise arrived
                yield arrived
        finally:
            self._leave(ticket)

    def _join(self, wanted: Request) -> Ticket:
        ticket = Ticket(wanted)
        with self._moved:
            self._waiting.append(ticket)
            self._moved.notify_all()
            if not self._open:
                self._open = True
                Thread(target=self._work, name="model", daemon=True).start()
        return ticket

    def _place(self, ticket: Ticket) -> int:
        """How many are before; nobody once it is served."""
        with self._moved:
            if ticket not in self._waiting:
                return 0
            return len(self._served) + self._waiting.index(ticket)

    def _leave(self, ticket: Ticket) -> None:
        with self._moved:
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    def _work(self) -> None:
        """Serve until nobody has come for a while."""
        while turn := self._next():
            try:
                self._serve(turn)
            except Exception as error:  # the thread serves others yet: who asked gets the error
                for ticket in turn:
                    ticket.fail(error)

    def _next(self) -> list[Ticket]:
        with self._moved:
            self._served = []
            if not self._moved.wait_for(lambda: bool(self._waiting), LINGER):
                self._open = False
            self._served = self._waiting[: self._together]
            del self._waiting[: self._together]
            return list(self._served)
