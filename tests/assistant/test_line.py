"""The line for the model: fair, told, and left by whoever gives up."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from assistant.errors import ModelTimeout
from assistant.intake import never
from assistant.model.line import Line
from tests.browser.conftest import wait_for


class Desk:
    """People at a line, each in a thread of their own."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.line = Line()
        self.served: list[str] = []
        self.told: dict[str, list[int]] = {}
        self._threads = threads

    def come(
        self, name: str, leave: Event, *, seconds: float = 60, gone: Event | None = None
    ) -> Future[None]:
        """Somebody comes, is served, and holds the turn until `leave`."""
        self.told[name] = []

        def wait() -> None:
            cancelled = gone.is_set if gone else never
            deadline = time.monotonic() + seconds
            with self.line.turn(
                deadline=deadline, cancelled=cancelled, ahead=self.told[name].append
            ):
                self.served.append(name)
                assert leave.wait(20)

        before = len(self.line._waiting)
        coming = self._threads.submit(wait)
        wait_for(lambda: len(self.line._waiting) > before or coming.done(), seconds=10)
        return coming


@pytest.fixture
def desk() -> Desk:
    """A desk with nobody there."""
    return Desk(ThreadPoolExecutor(8))


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


def test_a_turn_that_fails_is_over(desk: Desk) -> None:
    def fail() -> None:
        with desk.line.turn(deadline=time.monotonic() + 9, cancelled=never, ahead=lambda n: None):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        fail()
    desk.come("bob", open_door()).result(10)
    assert desk.served == ["bob"]
