"""Prices of time: whatever they are, what they prove is true, and they only get better."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from scheduler.board import UNPLACED
from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.relaxation import Prices, Relaxation
from scheduler.smoothing import smooth
from scheduler.table import FORBIDDEN, Table
from tests.scheduler.brute_force import is_beaten
from tests.scheduler.builders import (
    a_commitment,
    a_machine,
    a_practitioner,
    a_request,
    a_reserve,
    a_session,
    a_slot,
    an_instance,
    column,
    pinned,
)
from tests.scheduler.strategies import instances


def random_prices(table: Table, seed: int) -> Prices:
    """Any prices that a search may reach: none for patients and for what is idle, and no more for a
    reserve than taking it costs."""
    random = np.random.default_rng(seed)
    most = 10.0 ** random.integers(0, 5)
    prices = Prices.of(table)
    shape = table.free.shape
    prices.lanes[:] = random.random(shape) * most * (random.random(shape) < 0.5)
    prices.lanes[table.priced :] = 0.0
    weights = table.instance.weights
    prices.days[:] = random.random(len(table.day_base)) * weights.load
    prices.windows[:] = random.random(len(table.window_free)) * weights.reserve
    return prices


def improved(relaxation: Relaxation, rounds: int = 400, objective: float = np.inf) -> list[float]:
    """The bounds after each round of the rough search, and after each stage of the fine one."""
    rough = list(islice(relaxation.improve(objective, lambda: True), rounds))
    return [*rough, *smooth(relaxation, objective)]


# --- pairs --------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(instances(), st.integers(0, 2**16), st.integers(1, 5))
def test_a_sample_of_the_pairs_leaves_nobody_without_and_so_many_of_each_block_at_most(
    instance: Instance, seed: int, most: int
) -> None:
    relaxation = Relaxation(Table(instance))
    prices = random_prices(relaxation.table, seed)
    every, sample = (relaxation.pairs(prices, 10_000, many) for many in (10**9, most))
    event("fewer" if len(sample.request) < len(every.request) else "all")
    block = relaxation.table.columns.block
    of_every = list(zip(every.request.tolist(), block[every.column].tolist(), strict=True))
    of_sample = list(zip(sample.request.tolist(), block[sample.column].tolist(), strict=True))
    assert set(of_sample) == set(of_every)
    assert all(of_sample.count(one) <= most for one in of_sample)
    assert set(zip(sample.request, sample.column, strict=True)) <= set(
        zip(every.request, every.column, strict=True)
    )


# --- the bound ----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(instances(most_requests=3), st.integers(0, 2**16))
def test_no_prices_prove_more_than_any_plan_costs(instance: Instance, seed: int) -> None:
    table = Table(instance)
    value, _ = Relaxation(table).value(random_prices(table, seed))
    event("proves something" if value > 0 else "proves nothing")
    assert not is_beaten(table, math.ceil(value - 1e-6))


@settings(max_examples=40)
@given(instances(most_requests=4))
def test_the_bound_rises_and_stays_below_the_best_plan(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    bounds = [relaxation.bound, *improved(relaxation, rounds=60)]
    assert bounds == sorted(bounds)
    assert not is_beaten(relaxation.table, math.ceil(relaxation.bound - 1e-6))


@settings(max_examples=40)
@given(instances())
def test_the_best_prices_prove_the_bound(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    improved(relaxation, rounds=30)
    value, _ = relaxation.value(relaxation.prices)
    assert value == pytest.approx(relaxation.bound)


def test_whom_nobody_disturbs_costs_what_the_bound_says() -> None:
    alone = Relaxation(Table(an_instance(load=0)))
    assert alone.bound == 0
    wished = a_request(practitioner="dr-wu")
    asked = an_instance(wished, load=0, practitioners=[a_practitioner("dr-wu")])
    assert Relaxation(Table(asked)).bound == Table(asked).price(0, 0) > 0


def test_of_two_who_want_the_same_hour_the_bound_counts_one_without() -> None:
    two = an_instance(a_request("ann", minutes=60), a_request("bob", minutes=60), load=0)
    relaxation = Relaxation(Table(two))
    assert relaxation.bound == 0
    improved(relaxation)
    without = int(relaxation.table.no_slot[0])
    assert 0.99 * without < relaxation.bound <= without


def test_of_two_who_want_the_same_machine_the_bound_counts_one_without() -> None:
    both = [a_request(name, minutes=60, equipment=("ecg",)) for name in ("ann", "bob")]
    doctors = [a_session(), a_session(who="dr-wu")]

    def bound(machines: int) -> float:
        equipment = [a_machine(capacity=machines)]
        instance = an_instance(*both, sessions=doctors, equipment=equipment, load=0)
        relaxation = Relaxation(Table(instance))
        improved(relaxation)
        return relaxation.bound / int(relaxation.table.no_slot[0])

    assert bound(1) > 0.99
    assert bound(2) == 0


def test_a_reserve_is_worth_what_taking_it_costs() -> None:
    kept = an_instance(reserves=[a_reserve(minutes=60)], load=0)
    relaxation = Relaxation(Table(kept))
    improved(relaxation)
    assert relaxation.bound == pytest.approx(2 * kept.weights.reserve, rel=0.01)


def test_what_is_pinned_and_who_is_an_emergency_are_not_asked() -> None:
    late = pinned("ann", a_slot("09:40", "10:00"), due_by="09:00")
    table = Table(an_instance(late, a_request("bob", acuity=1), load=0))
    relaxation = Relaxation(table)
    chosen, least = relaxation.choices(relaxation.column_prices(relaxation.prices))
    assert chosen.tolist() == [UNPLACED, UNPLACED]
    assert least.tolist() == [0, 0]
    price = table.price(0, column(table, a_slot("09:40", "10:00")))
    assert relaxation.bound == price > 0


def test_a_search_ends_when_it_meets_the_plan_or_may_not_go_on() -> None:
    day = generate(departments=2, practitioners=4, patients=30, seed=2)
    relaxation = Relaxation(Table(day))
    assert len(list(relaxation.improve(relaxation.bound, lambda: True))) == 1
    assert len(list(relaxation.improve(np.inf, lambda: False))) == 1
    rounds = iter(range(5))
    steps = list(relaxation.improve(np.inf, lambda: next(rounds) < 4))
    assert len(steps) == 5


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(sessions=[]), id="no sessions"),
        pytest.param(an_instance().model_copy(update={"requests": ()}), id="no requests"),
        pytest.param(an_instance(a_request(acuity=1)), id="emergencies only"),
        pytest.param(an_instance(commitments=[a_commitment("08:00", "11:00")]), id="all promised"),
    ],
)
def test_where_nothing_can_be_planned_the_bound_is_the_price_of_that(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    improved(relaxation, rounds=3)
    assert relaxation.bound == relaxation.table.no_slot.sum()


# --- what prices say ----------------------------------------------------------------------------


@settings(max_examples=60)
@given(instances(), st.integers(0, 2**16))
def test_a_column_costs_the_time_of_all_that_it_takes(instance: Instance, seed: int) -> None:
    table = Table(instance)
    relaxation, prices = Relaxation(table), random_prices(table, seed)
    asked = relaxation.column_prices(prices)
    for request in range(len(table.requests)):
        for column_ in table.cheapest(request, 4).tolist():
            start, steps = table.columns.start[column_], table.columns.steps[column_]
            lanes = table.lanes_of(request, column_)
            total = sum(prices.lanes[lane, start : start + steps].sum() for lane in lanes)
            total += prices.days[table.columns.day[column_]] * steps
            pairs = zip(table.columns.windows[column_], table.columns.taken[column_], strict=True)
            total += sum(prices.windows[w] * taken for w, taken in pairs if w >= 0)
            assert asked[column_] == pytest.approx(total)


@settings(max_examples=60)
@given(instances(), st.integers(0, 2**16), st.sampled_from([0.0, 50.0, 1e9]))
def test_what_is_near_costs_little_more_than_the_cheapest(
    instance: Instance, seed: int, within: float
) -> None:
    table = Table(instance)
    relaxation, prices = Relaxation(table), random_prices(table, seed)
    asked = relaxation.column_prices(prices)
    chosen, least = relaxation.choices(asked)
    for request, near in enumerate(relaxation.near(prices, within)):
        paid = [table.price(request, c) + asked[c] for c in near.tolist()]
        assert paid == sorted(paid)
        assert all(price - least[request] <= within + 1e-6 for price in paid)
        assert all(table.price(request, c) < FORBIDDEN for c in near.tolist())
        if not relaxation.plannable[request]:
            assert len(near) == 0
        elif within == 1e9:
            assert set(near.tolist()) == set(table.cheapest(request, 10_000).tolist())
        if chosen[request] != UNPLACED:
            assert paid[0] == pytest.approx(least[request])
            assert least[request] < table.no_slot[request]
