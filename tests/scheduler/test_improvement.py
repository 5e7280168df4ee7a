"""Windows one after another: never worse, always whole, the same again for the same work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from scheduler.board import UNPLACED, Board
from scheduler.generation import generate
from scheduler.improvement import EFFORT, EFFORT_A_SECOND, Budget, better
from scheduler.neighbourhoods import Neighbourhoods
from scheduler.relaxation import Relaxation
from scheduler.table import Table
from tests.scheduler.builders import a_request, an_instance, by_priority, roughly_priced

DAY = generate(departments=3, practitioners=9, patients=130, seed=5)


@pytest.fixture(scope="module")
def relaxation() -> Relaxation:
    return roughly_priced(DAY)


def improved(relaxation: Relaxation, seconds: float, workers: int = 2) -> tuple[Board, list[int]]:
    """A plan by priority, made better with so much work; the costs on the way."""
    board = by_priority(relaxation.table)
    budget = Budget(seconds, workers, deterministic=True)
    with ThreadPoolExecutor(workers) as pool:
        return board, list(better(board, Neighbourhoods(relaxation), budget, pool))


def test_every_window_makes_the_plan_no_worse_and_says_its_true_cost(
    relaxation: Relaxation,
) -> None:
    before = by_priority(relaxation.table).cost
    board, costs = improved(relaxation, seconds=6)
    assert [before, *costs] == sorted([before, *costs], reverse=True)
    assert costs[-1] == board.cost
    assert board.cost - relaxation.bound < (before - relaxation.bound) / 2


def test_the_same_work_makes_the_same_plan(relaxation: Relaxation) -> None:
    first, costs = improved(relaxation, seconds=4)
    second, again = improved(relaxation, seconds=4)
    assert costs == again
    assert first.at.tolist() == second.at.tolist()


def test_what_is_pinned_stays(relaxation: Relaxation) -> None:
    board, _ = improved(relaxation, seconds=4)
    start = Board(relaxation.table)
    assert start.fixed.any()
    assert (board.at[start.fixed] == start.at[start.fixed]).all()


def test_where_nobody_regrets_anything_there_is_nothing_to_do() -> None:
    relaxation = Relaxation(Table(an_instance(a_request("ann"), load=0)))
    board = by_priority(relaxation.table)
    with ThreadPoolExecutor(1) as pool:
        assert list(better(board, Neighbourhoods(relaxation), Budget(60), pool)) == []


def test_without_a_budget_nothing_changes(relaxation: Relaxation) -> None:
    board, costs = improved(relaxation, seconds=0)
    assert costs == []
    assert (board.at != UNPLACED).any()


def test_a_part_of_a_budget_is_spent_from_the_whole() -> None:
    whole = Budget(10, workers=2, deterministic=True)
    part = whole.part(0.1)
    assert part.goes_on()
    while part.goes_on():
        part.spend(EFFORT)
    assert whole.spent == part.spent >= 0.1 * 10 * 2 * EFFORT_A_SECOND
    assert whole.goes_on()


def test_a_part_by_the_clock_is_never_more_than_is_left() -> None:
    assert Budget(0.0).part(0.5).left <= 0
    assert Budget(100).part(0.5).left <= 50
