"""First plans: nobody waits while something worth having is free, and pushing never makes it worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from scheduler.board import UNPLACED, Board
from scheduler.construction import (
    Occupants,
    Pushing,
    make_complete,
    place_by_prices,
    place_by_priority,
    waiting,
)
from scheduler.instance import Instance
from scheduler.table import Table
from scheduler.validation import check
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
from tests.scheduler.strategies import boards, instances

FREE_TIME = 0.0
"""What a column's time costs where nobody else needs it."""


def require_sound(board: Board) -> None:
    """The plan checks clean, and what the board keeps is what a new one would."""
    assert check(board.table.instance, plan_of(board)).violations == ()
    again = Board(board.table)
    again.read(plan_of(board))
    assert state(again) == state(board)


# --- who waits ----------------------------------------------------------------------------------


def test_whoever_has_no_slot_and_wants_one_waits() -> None:
    requests = [
        a_request("ann"),
        a_request("bob"),
        a_request("emergency", acuity=1),
        pinned("impossible", a_slot("12:00", "12:20")),
    ]
    assert waiting(board_with(an_instance(*requests), a_slot())) == [1]


# --- by priority --------------------------------------------------------------------------------


@given(boards())
def test_a_plan_by_priority_is_sound_and_no_dearer(board: Board) -> None:
    before, cost = board.at.copy(), board.cost
    place_by_priority(board)
    assert board.cost <= cost
    assert (board.at[before != UNPLACED] == before[before != UNPLACED]).all()
    require_sound(board)


def test_the_urgent_come_first_then_who_is_due() -> None:
    hours = [
        a_request("elective", minutes=60, acuity=4, due_by="09:00"),
        a_request("later", minutes=60, acuity=2, due_by="17:00"),
        a_request("sooner", minutes=60, acuity=2, due_by="16:00"),
    ]
    board = Board(Table(an_instance(*hours)))
    place_by_priority(board)
    assert [board.slot(request) is not None for request in range(3)] == [False, False, True]


def test_placing_ends_when_it_may_not_go_on() -> None:
    board = Board(Table(an_instance(a_request("ann"), a_request("bob"))))
    place_by_priority(board, lambda: (board.at == UNPLACED).all())
    assert (board.at != UNPLACED).sum() == 1


# --- by prices ----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(instances(), st.integers(0, 2**16))
def test_a_plan_by_any_prices_is_sound(instance: Instance, seed: int) -> None:
    board = Board(Table(instance))
    asked = np.random.default_rng(seed).random(len(board.table.columns.start)) * 1000
    place_by_prices(board, asked)
    require_sound(board)
    for request in waiting(board):
        assert board.reason(request) in ("full", "not_eligible", "no_clinic")


def test_long_visits_come_first() -> None:
    board = Board(Table(an_instance(a_request("short", acuity=2), a_request("long", minutes=60))))
    place_by_prices(board, np.full(len(board.table.columns.start), FREE_TIME))
    assert [board.slot(request) is not None for request in range(2)] == [False, True]


def test_nobody_takes_time_that_others_need_more() -> None:
    board = Board(Table(an_instance()))
    asked = np.full(len(board.table.columns.start), 5_000.0)
    asked[column(board.table, a_slot("09:30", "09:50"))] = FREE_TIME
    place_by_prices(board, asked)
    assert board.slot(0) == a_slot("09:30", "09:50")


def test_a_long_visit_waits_where_its_time_is_worth_more_to_short_ones() -> None:
    shorts = [a_request(name) for name in ("ann", "bob", "cyd")]
    board = Board(Table(an_instance(a_request("long", minutes=60), *shorts)))
    each = 8_000.0
    place_by_prices(board, each * board.table.columns.steps)
    assert [board.slot(request) is not None for request in range(4)] == [False, True, True, True]


def test_time_that_nobody_else_wants_is_taken_however_dear_it_seems() -> None:
    board = Board(Table(an_instance(a_request("long", minutes=60))))
    place_by_prices(board, np.full(len(board.table.columns.start), 1e6))
    assert board.slot(0) is not None


# --- complete -----------------------------------------------------------------------------------


@given(boards())
def test_a_complete_plan_is_sound_and_no_dearer(board: Board) -> None:
    cost = board.cost
    make_complete(board)
    assert board.cost <= cost
    require_sound(board)


@given(boards())
def test_a_complete_plan_leaves_nobody_out_whom_a_slot_would_make_cheaper(board: Board) -> None:
    make_complete(board)
    left_out = waiting(board)
    event("somebody is left out" if left_out else "all are placed")
    assert [board.best(request)[0] for request in left_out] == [UNPLACED] * len(left_out)


# --- pushing ------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(boards(), st.integers(0, 2))
def test_pushing_never_makes_a_plan_worse_and_keeps_what_is_fixed(board: Board, depth: int) -> None:
    pushing = Pushing(board, lambda request: board.table.cheapest(request, 12))
    fixed = board.at[board.fixed].tolist()
    for request in waiting(board):
        before, cost = state(board), board.cost
        better = pushing.place(request, board.table.cheapest(request, 30), depth)
        event("better" if better else "not better")
        if better:
            assert board.cost < cost
            assert board.at[request] != UNPLACED
        else:
            assert state(board) == before
        assert board.at[board.fixed].tolist() == fixed
        require_sound(board)


def pushed(
    instance: Instance, slot: object, wanted: object, depth: int = 1, **held: object
) -> Board:
    """The first request sits; the second pushes for a slot."""
    board = board_with(instance, slot)
    for name, value in held.items():
        setattr(board, name, np.array(value))
    pushing = Pushing(board, lambda request: board.table.cheapest(request, 12))
    pushing.place(1, [column(board.table, wanted, 1)], depth)
    return board


TWO = (a_request("ann"), a_request("bob"))


def test_whoever_is_pushed_takes_the_best_free_slot() -> None:
    board = pushed(an_instance(*TWO), a_slot(), a_slot())
    assert [board.slot(0), board.slot(1)] == [a_slot("09:20", "09:40"), a_slot()]


def test_nobody_is_pushed_for_what_costs_more_than_it_saves() -> None:
    """Ann, pushed out, would have no slot, and she is as urgent as Bob."""
    hours = (a_request("ann", minutes=60), a_request("bob", minutes=60))
    board = pushed(an_instance(*hours), a_slot("09:00", "10:00"), a_slot("09:00", "10:00"))
    assert [board.slot(0), board.slot(1)] == [a_slot("09:00", "10:00"), None]


def test_the_urgent_push_the_elective_out() -> None:
    hours = (a_request("ann", minutes=60, acuity=5), a_request("bob", minutes=60, acuity=2))
    board = pushed(an_instance(*hours), a_slot("09:00", "10:00"), a_slot("09:00", "10:00"))
    assert [board.slot(0), board.slot(1)] == [None, a_slot("09:00", "10:00")]


def test_nobody_pushes_who_is_fixed() -> None:
    board = pushed(an_instance(*TWO), a_slot(), a_slot(), fixed=[True, False])
    assert [board.slot(0), board.slot(1)] == [a_slot(), None]


@pytest.mark.parametrize(("depth", "made_room"), [(0, False), (1, True)])
def test_whoever_is_pushed_pushes_on_as_far_as_told(depth: int, made_room: bool) -> None:
    """Bob wants the only hour of Dr Li; Ann could go to Dr Wu, if Cho went to Dr Sun."""
    doctors = [a_session(who="dr-li", department="heart"), a_session(who="dr-wu", department="ear")]
    doctors.append(a_session(who="dr-sun", department="skin"))
    ann = a_request("ann", minutes=60, fits=[("heart", 1.0), ("ear", 1.0)])
    bob = a_request("bob", minutes=60, fits=[("heart", 1.0)])
    cho = a_request("cho", minutes=60, fits=[("ear", 1.0), ("skin", 1.0)])
    hour = {name: a_slot("09:00", "10:00", who=who, department=name) for name, who in WHERE.items()}
    board = board_with(
        an_instance(ann, bob, cho, sessions=doctors), hour["heart"], None, hour["ear"]
    )
    pushing = Pushing(board, lambda request: board.table.cheapest(request, 12))
    assert pushing.place(1, [column(board.table, hour["heart"], 1)], depth) == made_room
    there = [hour["ear"], hour["heart"], hour["skin"]]
    assert ([board.slot(request) for request in range(3)] == there) == made_room


WHERE = {"heart": "dr-li", "ear": "dr-wu", "skin": "dr-sun"}


@given(boards())
def test_occupants_are_those_who_sit_there(board: Board) -> None:
    who = Occupants(board)
    for request in range(len(board.at)):
        for wanted in board.table.cheapest(request, 10).tolist():
            slot = board.table.slot(wanted)
            there = [
                other
                for other in range(len(board.at))
                if (sits := board.slot(other))
                and sits.practitioner == slot.practitioner
                and sits.overlaps(slot)
            ]
            assert who.at(wanted) == there
