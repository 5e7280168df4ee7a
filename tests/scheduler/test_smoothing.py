"""Fine prices: they prove more, never too much, and their slope is the true one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.relaxation import Relaxation
from scheduler.smoothing import HOT, _Soft, smooth
from scheduler.table import Table
from tests.scheduler.brute_force import is_beaten
from tests.scheduler.builders import a_request, an_instance, roughly_priced
from tests.scheduler.strategies import instances

DAY = generate(departments=2, practitioners=5, patients=120, seed=3)


@settings(max_examples=40)
@given(instances(most_requests=4))
def test_fine_prices_only_raise_the_bound_and_stay_below_the_best_plan(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    bounds = [relaxation.bound, *smooth(relaxation, np.inf)]
    event("rises" if bounds[-1] > bounds[0] else "stays")
    assert bounds == sorted(bounds)
    assert not is_beaten(relaxation.table, math.ceil(relaxation.bound - 1e-6))


@settings(max_examples=40)
@given(instances())
def test_the_fine_prices_prove_the_bound_and_are_within_their_limits(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    for _ in smooth(relaxation, np.inf):
        pass
    value, _ = relaxation.value(relaxation.prices)
    assert value == pytest.approx(relaxation.bound)
    assert (relaxation.prices.flat >= 0).all()
    assert (relaxation.prices.flat <= relaxation.most.flat).all()


def test_on_a_full_day_fine_prices_prove_more_than_rough_ones() -> None:
    relaxation = roughly_priced(DAY)
    rough = relaxation.bound
    *_, fine = smooth(relaxation, np.inf)
    assert fine > 1.001 * rough


@settings(max_examples=20)
@given(instances(), st.integers(0, 2**16))
def test_the_slope_is_that_of_the_soft_bound(instance: Instance, seed: int) -> None:
    relaxation = Relaxation(Table(instance))
    soft = _Soft(relaxation, relaxation.prices, within=np.inf)
    prices = np.random.default_rng(seed).uniform(1, 9, len(soft._priced))
    _, slope = soft._descent(prices, 200.0)
    apart = approx_fprime(prices, lambda at: soft._descent(at, 200.0)[0], 1e-4)
    assert slope == pytest.approx(apart, abs=0.05, rel=1e-3)


def test_a_search_for_fine_prices_ends_when_it_meets_the_plan_or_may_not_go_on() -> None:
    relaxation = roughly_priced(DAY)
    assert list(smooth(relaxation, relaxation.bound)) == []
    assert list(smooth(relaxation, np.inf, lambda: False)) == []
    asked = iter(range(5))
    assert len(list(smooth(relaxation, np.inf, lambda: next(asked) < 3))) == 1


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(sessions=[]), id="no sessions"),
        pytest.param(an_instance().model_copy(update={"requests": ()}), id="no requests"),
        pytest.param(an_instance(a_request(acuity=1)), id="emergencies only"),
    ],
)
def test_where_nothing_can_be_planned_fine_prices_prove_the_same(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    before = relaxation.bound
    for _ in smooth(relaxation, np.inf):
        pass
    assert relaxation.bound == before


def test_where_many_go_without_hot_prices_prove_more_than_cold_ones() -> None:
    overbooked = generate(departments=2, practitioners=4, patients=140, seed=1)
    *_, cold = smooth(roughly_priced(overbooked), np.inf)
    *_, hot = smooth(roughly_priced(overbooked), np.inf, stages=HOT)
    assert hot > 3 * cold


def test_a_search_that_starts_anew_never_loses_what_was_proven() -> None:
    relaxation = roughly_priced(DAY)
    rough = relaxation.bound
    bounds = list(smooth(relaxation, np.inf, stages=HOT))
    assert rough <= bounds[0]
    assert bounds == sorted(bounds)
