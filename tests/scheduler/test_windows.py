"""Windows: a part of a plan made anew is never worse, and exact where all of it is in the window."""

from __future__ import annotations

import math
import pickle
from random import Random

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from scheduler.board import UNPLACED, Board
from scheduler.table import FORBIDDEN, Table
from scheduler.validation import check
from scheduler.windows import Solution, Window, apply, cut, solve_window
from tests.scheduler.brute_force import is_beaten
from tests.scheduler.builders import (
    a_request,
    a_session,
    a_slot,
    an_instance,
    board_with,
    column,
    pinned,
    plan_of,
    state,
)
from tests.scheduler.strategies import boards

SEEDS = st.integers(0, 2**16)


def movable(board: Board) -> list[int]:
    """Whoever is not pinned."""
    return np.flatnonzero(~board.fixed).tolist()


def a_window(
    board: Board, requests: list[int], most: int = 10_000, *, exact: bool = True
) -> Window:
    """These requests with their cheapest columns."""
    columns = [board.table.cheapest(request, most) for request in requests]
    return cut(board, requests, columns, exact=exact)


def some_window(board: Board, seed: int, *, exact: bool = True) -> Window:
    """Some requests in any order with some of their columns."""
    random = Random(seed)
    everybody = movable(board)
    requests = random.sample(everybody, random.randint(0, len(everybody)))
    return a_window(board, requests, random.choice([0, 1, 3, 10_000]), exact=exact)


def solved(window: Window) -> Solution:
    return solve_window(window, seconds=5, effort=1)


# --- cutting ------------------------------------------------------------------------------------


@given(boards(), SEEDS)
def test_cutting_a_window_leaves_the_board_alone(board: Board, seed: int) -> None:
    before = state(board)
    some_window(board, seed)
    assert state(board) == before


@given(boards(), SEEDS)
def test_a_window_holds_free_columns_and_where_everybody_sits(board: Board, seed: int) -> None:
    window = some_window(board, seed)
    assert window.now.tolist() == board.at[window.requests].tolist()
    entries = list(zip(window.owner.tolist(), window.column.tolist(), strict=True))
    sits = [(who, at) for who, at in enumerate(window.now.tolist()) if at != UNPLACED]
    assert set(sits) <= set(entries)
    assert len(entries) == len(set(entries))
    for request in window.requests.tolist():
        board.remove(request)
    assert all(board.may(int(window.requests[who]), at) for who, at in entries)


# --- solving ------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(boards(), SEEDS)
def test_a_window_made_anew_is_never_worse_and_always_feasible(board: Board, seed: int) -> None:
    before, others = board.cost, board.at.copy()
    window = some_window(board, seed)
    after = apply(board, window, solved(window), before)
    event("better" if after < before else "as good")
    assert board.cost == after <= before
    others[window.requests] = board.at[window.requests]
    assert board.at.tolist() == others.tolist()
    assert check(board.table.instance, plan_of(board)).violations == ()


@settings(max_examples=40)
@given(boards(most_requests=4))
def test_a_window_of_everybody_is_the_best_plan_there_is_and_proves_it(board: Board) -> None:
    requests = movable(board)
    window = a_window(board, requests)
    solution = solved(window)
    cost = apply(board, window, solution, board.cost)
    assert solution.proven
    assert not is_beaten(board.table, cost)
    assert is_beaten(board.table, cost + 1)
    empty = Board(board.table)
    outside = empty.cost - int(board.table.no_slot[requests].sum()) - empty.fairness_cost
    assert math.ceil(outside + solution.bound - 1e-6) == cost


@settings(max_examples=40)
@given(boards(), SEEDS)
def test_a_plain_price_of_waiting_makes_no_plan_worse(board: Board, seed: int) -> None:
    window = some_window(board, seed, exact=False)
    before = board.cost
    assert apply(board, window, solved(window), before) == board.cost <= before


@settings(max_examples=20)
@given(boards(), SEEDS)
def test_a_window_comes_back_the_same_from_another_machine(board: Board, seed: int) -> None:
    window = some_window(board, seed)
    there = pickle.loads(pickle.dumps(window))
    for name in ("requests", "now", "owner", "column", "cost", "upper", "whole", "low", "high"):
        getattr(there, name).flags.writeable = False
    assert solved(there).columns.tolist() == solved(window).columns.tolist()


def test_without_time_everybody_stays() -> None:
    board = board_with(an_instance(a_request("ann"), a_request("bob")), a_slot("09:40", "10:00"))
    window = a_window(board, [0, 1])
    solution = solve_window(window, seconds=0, effort=0)
    after = apply(board, window, solution, before := board.cost)
    assert after == board.cost <= before


def test_an_empty_window_is_solved() -> None:
    board = board_with(an_instance(), a_slot())
    solution = solved(a_window(board, []))
    assert solution.columns.tolist() == []


def test_a_request_without_columns_stays_without_a_slot() -> None:
    board = board_with(an_instance(a_request(skills=("sewing",))))
    assert solved(a_window(board, [0])).columns.tolist() == [UNPLACED]


def test_two_change_places_where_that_is_cheaper() -> None:
    doctors = [a_session(who="dr-li"), a_session(who="dr-wu")]
    wishes = [a_request("ann", practitioner="dr-wu"), a_request("bob", practitioner="dr-li")]
    instance = an_instance(*wishes, sessions=doctors)
    board = board_with(instance, a_slot(who="dr-li"), a_slot(who="dr-wu"))
    window = a_window(board, [0, 1])
    apply(board, window, solved(window), board.cost)
    assert [board.slot(0), board.slot(1)] == [a_slot(who="dr-wu"), a_slot(who="dr-li")]


def test_whoever_is_outside_is_in_nobody_s_way_and_stays() -> None:
    board = board_with(an_instance(a_request("ann"), a_request("bob")), a_slot(), None)
    window = a_window(board, [1])
    apply(board, window, solved(window), board.cost)
    assert board.slot(0) == a_slot()
    assert board.slot(1) == a_slot("09:20", "09:40")


# --- putting it on the board --------------------------------------------------------------------


def test_what_does_not_fit_any_more_is_left_alone() -> None:
    board = board_with(an_instance(a_request("ann"), a_request("bob")), a_slot("09:40", "10:00"))
    window = a_window(board, [0])
    solution = solved(window)
    board.place(1, column(board.table, a_slot(), 1))
    before = state(board)
    assert solution.columns.tolist() == [column(board.table, a_slot())]
    assert apply(board, window, solution, board.cost) == board.cost
    assert state(board) == before


def test_what_is_no_better_than_the_best_so_far_is_left_alone() -> None:
    board = board_with(an_instance(), a_slot("09:40", "10:00"))
    window = a_window(board, [0])
    before = state(board)
    assert apply(board, window, solved(window), cost=0) == 0
    assert state(board) == before


@given(boards(), SEEDS)
def test_a_solution_that_is_not_better_leaves_the_board_alone(board: Board, seed: int) -> None:
    window, random = some_window(board, seed), Random(seed)
    before, cost = state(board), board.cost
    for request in window.requests.tolist():
        board.remove(request)
    chosen = []
    for request in window.requests.tolist():
        columns = board.table.cheapest(request, 10_000).tolist()
        chosen.append(random.choice([UNPLACED, *columns]))
        assert chosen[-1] == UNPLACED or board.table.price(request, chosen[-1]) < FORBIDDEN
    for request, back in zip(window.requests.tolist(), window.now.tolist(), strict=True):
        if back != UNPLACED:
            board.place(request, back)
    anything = Solution(np.array(chosen, dtype=np.int64), -np.inf, False)
    after = apply(board, window, anything, cost)
    event("better" if after < cost else "not better")
    assert board.cost == after <= cost
    assert after < cost or state(board) == before


def test_pinned_visits_are_around_the_window() -> None:
    board = Board(Table(an_instance(pinned("ann"), a_request("bob"))))
    window = a_window(board, movable(board))
    apply(board, window, solved(window), board.cost)
    assert board.slot(0) == a_slot()
    assert board.slot(1) == a_slot("09:20", "09:40")
