"""The line for the model: fair, told, and left by whoever gives up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from assistant.errors import ModelTimeout
from assistant.intake import never
from assistant.model import line
from assistant.model.decoding import Request
from assistant.model.line import Line, Ticket
from tests.browser.conftest import wait_for


class Desk:
    """People at a line, each in a thread of their own, and a model that somebody else controls."""

    def __init__(self, threads: ThreadPoolExecutor, together: int = 1) -> None:
        self.line = Line(self._serve, together)
        self.turns: list[list[str]] = []
        self.told: dict[str, list[int]] = {}
        self._leave: dict[Request, Event] = {}
        self._names: dict[Request, str] = {}
        self._threads = threads

    @property
    def served(self) -> list[str]:
        """Everybody who was served, in their order."""
        return [name for turn in self.turns for name in turn]

    def come(
        self, name: str, leave: Event, *, seconds: float = 60, gone: Event | None = None
    ) -> Future[list[int]]:
        """Somebody comes, is served, and holds the turn until `leave`."""
        self.told[name] = []
        wanted = Request(
            prompt=(),
            matcher=None,
            max_tokens=9,
            deadline=time.monotonic() + seconds,
            cancelled=gone.is_set if gone else never,
        )
        self._leave[wanted], self._names[wanted] = leave, name

        def wait() -> list[int]:
            answer = self.line.ask(wanted, self.told[name].append)
            return [token for tokens in answer for token in tokens]

        coming = self._threads.submit(wait)
        wait_for(lambda: self._in_line(wanted) or coming.done(), seconds=10)
        return coming

    def _in_line(self, wanted: Request) -> bool:
        # In this order: a ticket moves from the first to the second.
        return any(
            ticket.wanted is wanted
            for tickets in (self.line._waiting, self.line._served)
            for ticket in tuple(tickets)
        )

    def _serve(self, tickets: list[Ticket]) -> None:
        self.turns.append([self._names[ticket.wanted] for ticket in tickets])
        for number, ticket in enumerate(tickets):
            assert self._leave[ticket.wanted].wait(20)
            if self._names[ticket.wanted] == "eve":
                raise RuntimeError("out of memory")
            ticket.tell([number, number])
            ticket.end()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """As many as people come."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def desk(threads: ThreadPoolExecutor) -> Desk:
    """A desk with nobody there."""
    return Desk(threads)


def open_door() -> Event:
    """Nobody holds the turn longer than it takes."""
    event = Event()
    event.set()
    return event


def test_who_comes_to_nobody_is_served_at_once_and_told_nothing(desk: Desk) -> None:
    desk.come("ann", open_door()).result(10)
    assert desk.served == ["ann"]
    assert desk.told["ann"] == []


def test_everybody_is_served_in_the_order_in_which_they_came(desk: Desk) -> None:
    leave = Event()
    coming = [desk.come(name, leave) for name in ("ann", "bob", "cem", "dan")]
    wait_for(lambda: desk.told["dan"] == [3], seconds=10)
    assert desk.served == ["ann"]
    leave.set()
    for each in coming:
        each.result(10)
    assert desk.served == ["ann", "bob", "cem", "dan"]
    assert desk.told["bob"] == [1, 0]
    assert desk.told["dan"][0] == 3
    assert desk.told["dan"] == sorted(desk.told["dan"], reverse=True)
    assert desk.told["dan"][-1] == 0


def test_who_leaves_the_line_lets_those_behind_move_up(desk: Desk) -> None:
    leave, gone = Event(), Event()
    first = desk.come("ann", leave)
    second = desk.come("bob", open_door(), gone=gone)
    third = desk.come("cem", open_door())
    wait_for(lambda: desk.told["cem"] == [2], seconds=10)
    gone.set()
    with pytest.raises(ModelTimeout):
        second.result(10)
    wait_for(lambda: desk.told["cem"] == [2, 1], seconds=10)
    leave.set()
    first.result(10)
    third.result(10)
    assert desk.served == ["ann", "cem"]


def test_who_waits_too_long_gives_up(desk: Desk) -> None:
    leave = Event()
    first = desk.come("ann", leave)
    with pytest.raises(ModelTimeout):
        desk.come("bob", open_door(), seconds=0.3).result(10)
    leave.set()
    first.result(10)
    assert desk.served == ["ann"]


def test_who_leaves_while_being_served_does_not_wait_for_the_end(desk: Desk) -> None:
    leave, gone = Event(), Event()
    first = desk.come("ann", leave, gone=gone)
    wait_for(lambda: desk.served == ["ann"], seconds=10)
    gone.set()
    with pytest.raises(ModelTimeout):
        first.result(10)
    leave.set()
    desk.come("bob", open_door()).result(10)


def test_those_who_wait_are_served_together_up_to_the_limit(threads: ThreadPoolExecutor) -> None:
    desk, leave = Desk(threads, together=3), Event()
    first = desk.come("ann", leave)
    wait_for(lambda: desk.served == ["ann"], seconds=10)
    coming = [first, *(desk.come(name, leave) for name in ("bob", "cem", "dan", "eli"))]
    wait_for(lambda: desk.told["eli"] == [4], seconds=10)
    leave.set()
    assert [each.result(10) for each in coming] == [[0, 0], [0, 0], [1, 1], [2, 2], [0, 0]]
    assert desk.turns == [["ann"], ["bob", "cem", "dan"], ["eli"]]


def test_a_turn_that_fails_is_over(desk: Desk) -> None:
    failing = desk.come("eve", open_door())
    with pytest.raises(RuntimeError, match="memory"):
        failing.result(10)
    desk.come("bob", open_door()).result(10)
    assert desk.served == ["eve", "bob"]


def test_whoever_comes_after_the_thread_has_ended_is_served_by_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "LINGER", 0.05)
    desk.come("ann", open_door()).result(10)
    wait_for(lambda: not desk.line._open, seconds=10)
    desk.come("bob", open_door()).result(10)
    assert desk.served == ["ann", "bob"]
