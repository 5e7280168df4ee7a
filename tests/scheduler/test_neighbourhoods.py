"""Whoever moves together: found along the cheapest ways, however many rooms and machines are shared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler.board import UNPLACED, Board
from scheduler.construction import Holders
from scheduler.generation import generate
from scheduler.neighbourhoods import Neighbourhoods
from scheduler.relaxation import Relaxation
from tests.scheduler.builders import (
    a_request,
    a_slot,
    an_instance,
    board_with,
    by_priority,
    roughly_priced,
)
from tests.scheduler.strategies import boards

DAY = generate(departments=2, practitioners=5, patients=120, seed=3)


@pytest.fixture(scope="module")
def relaxation() -> Relaxation:
    return roughly_priced(DAY)


@settings(max_examples=60)
@given(boards())
def test_without_all_who_are_in_the_way_a_column_is_free(board: Board) -> None:
    table, who = board.table, Holders(board)
    for request in np.flatnonzero(board.at == UNPLACED).tolist():
        columns = table.cheapest(request, 5)
        for column in columns.tolist():
            others = [other for other, _ in who.in_the_way(request, np.array([column]))]
            assert request not in others
            trial = board.copy()
            assert trial.is_free(request, column) == (not others)
            for other in others:
                trial.remove(other)
            assert trial.is_free(request, column)


@settings(max_examples=60)
@given(boards())
def test_whoever_is_in_the_way_is_named_with_the_first_column_they_hold(board: Board) -> None:
    who = Holders(board)
    request = 0
    columns = board.table.cheapest(request, 8)
    each = [
        {other for other, _ in who.in_the_way(request, columns[i : i + 1])}
        for i in range(len(columns))
    ]
    for other, first in who.in_the_way(request, columns):
        assert other in each[first]
        assert not any(other in before for before in each[:first])
    assert {other for other, _ in who.in_the_way(request, columns)} == set().union(*each)


def test_regret_is_what_a_slot_costs_beyond_the_cheapest() -> None:
    instance = an_instance(a_request("ann"), a_request("bob"), load=0)
    board = board_with(instance, a_slot("09:40", "10:00"))
    found = Neighbourhoods(Relaxation(board.table)).regret(board)
    cheapest = int(board.table.cheapest(0, 1)[0])
    assert found[0] == board.paid[0] - board.table.price(0, cheapest) > 0
    assert found[1] == board.table.no_slot[1] - board.table.price(1, cheapest)


def test_whom_nobody_may_plan_regrets_nothing() -> None:
    board = board_with(an_instance(a_request("ann", acuity=1), load=0))
    assert Neighbourhoods(Relaxation(board.table)).regret(board).tolist() == [0]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 119), st.integers(1, 60), st.sets(st.integers(0, 119), max_size=60))
def test_a_chain_begins_with_its_first_and_takes_nobody_twice_or_from_elsewhere(
    relaxation: Relaxation, first: int, most: int, taken: set[int]
) -> None:
    assume(first not in taken)
    chain = Neighbourhoods(relaxation).chain(by_priority(relaxation.table), first, most, taken)
    assert chain[0] == first
    assert len(chain) == len(set(chain)) <= most
    assert not taken & set(chain)
    assert relaxation.plannable[chain[1:]].all()


def test_a_chain_follows_those_in_the_way(relaxation: Relaxation) -> None:
    board, found = by_priority(relaxation.table), Neighbourhoods(relaxation)
    first = int(found.regret(board).argmax())
    chain, who = found.chain(board, first, 20, set()), Holders(board)
    assert len(chain) == 20
    known = {first}
    for request in chain[1:]:
        reached = {o for k in known for o, _ in who.in_the_way(k, found.near[k])}
        assert request in reached
        known.add(request)


def test_whoever_has_no_slot_tries_more_than_what_is_near(relaxation: Relaxation) -> None:
    found, board = Neighbourhoods(relaxation), by_priority(relaxation.table)
    request = int(np.flatnonzero(relaxation.plannable & (board.at != UNPLACED))[0])
    assert found.tried(board, request).tolist() == found.near[request].tolist()
    board.remove(request)
    assert set(found.near[request][:100].tolist()) <= set(found.tried(board, request).tolist())
