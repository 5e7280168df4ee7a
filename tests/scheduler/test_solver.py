"""The solver: as good as trying everything where that can be done, and always checked and bounded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain, product

import numpy as np
import pytest
from hypothesis import given, settings

from scheduler.board import UNPLACED, Board
from scheduler.domain import Plan
from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.relaxation import Relaxation
from scheduler.smoothing import smooth
from scheduler.solver import Progress, solve
from scheduler.table import Table
from scheduler.validation import check
from tests.scheduler.builders import a_request, a_session, a_slot, an_instance, pinned
from tests.scheduler.strategies import instances

DAY = generate(departments=3, practitioners=9, patients=120, seed=4)


def cheapest_of_all(instance: Instance) -> int:
    """What the best plan costs, by trying every one."""
    table = Table(instance)
    start = Board(table)
    free = [r for r in range(len(table.requests)) if not start.fixed[r]]
    choices = [[UNPLACED, *table.cheapest(r, 10_000).tolist()] for r in free]
    best = start.cost
    for chosen in product(*choices):
        board = Board(table)
        for request, column in zip(free, chosen, strict=True):
            if column != UNPLACED and board.is_free(request, column):
                board.place(request, column)
        best = min(best, board.cost)
    return best


@settings(max_examples=40)
@given(instances(most_requests=2))
def test_a_small_plan_is_the_best_there_is_and_proven(instance: Instance) -> None:
    plan = solve(instance)
    assert plan.objective == cheapest_of_all(instance)
    assert plan.bound == plan.objective


@settings(max_examples=60)
@given(instances())
def test_every_plan_passes_the_checker_with_the_same_score(instance: Instance) -> None:
    plan = solve(instance, seconds=2)
    report = check(instance, plan)
    assert report.violations == ()
    assert report.by_rule == plan.by_rule
    assert plan.bound <= plan.objective


@settings(max_examples=40)
@given(instances())
def test_prices_never_prove_more_than_the_best_plan_costs(instance: Instance) -> None:
    relaxation = Relaxation(Table(instance))
    best = solve(instance).objective
    for _ in chain(relaxation.improve(best, lambda: True), smooth(relaxation, best)):
        pass
    assert relaxation.bound <= best + 1e-6


@settings(max_examples=40)
@given(instances(most_requests=4))
def test_more_time_of_doctors_never_raises_the_bound(instance: Instance) -> None:
    last = max(session.end for session in instance.sessions)
    more = instance.sessions[-1].model_copy(
        update={"start": last, "end": last.replace(hour=23, minute=50)}
    )
    longer = instance.model_copy(update={"sessions": (*instance.sessions, more)})
    assert solve(longer).bound <= solve(instance).bound


def test_a_day_is_planned_feasibly_within_its_bound_and_better_than_by_priority() -> None:
    seen: list[Progress] = []
    plan = solve(DAY, seconds=3, workers=2, deterministic=True, on_progress=seen.append)
    report = check(DAY, plan)
    assert report.violations == ()
    assert report.objective == plan.objective < seen[0].objective
    assert 0 < plan.bound <= plan.objective
    assert [p.objective for p in seen] == sorted((p.objective for p in seen), reverse=True)


def test_the_same_work_gives_the_same_plan_and_more_work_never_a_worse_one() -> None:
    short = solve(DAY, seconds=1, workers=2, deterministic=True)
    assert solve(DAY, seconds=1, workers=2, deterministic=True) == short
    assert solve(DAY, seconds=3, workers=2, deterministic=True).objective <= short.objective


def test_a_plan_to_start_from_is_never_made_worse() -> None:
    start = solve(DAY, seconds=2, workers=2, deterministic=True)
    again = solve(DAY, seconds=0.01, start=start)
    assert again.objective <= start.objective


@pytest.mark.parametrize("when", [0, 3, 9])
def test_an_interruption_keeps_the_best_plan_so_far(when: int) -> None:
    seen: list[Progress] = []

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) > when:
            raise KeyboardInterrupt

    plan = solve(DAY, seconds=60, on_progress=stop)
    assert check(DAY, plan).violations == ()
    assert plan.objective <= seen[-1].objective


def test_two_days_at_once_do_not_disturb_each_other() -> None:
    with ThreadPoolExecutor(2) as pool:
        plans = list(pool.map(lambda day: solve(day, seconds=2), [DAY, DAY]))
    assert all(check(DAY, plan).feasible for plan in plans)


def test_a_pinned_appointment_stays_though_another_would_be_cheaper() -> None:
    instance = an_instance(pinned("ann", a_slot("09:40", "10:00")))
    (assignment,) = solve(instance).assignments
    assert assignment.slot == a_slot("09:40", "10:00")


def test_an_unpinned_appointment_moves_if_that_is_worth_its_price() -> None:
    held = a_request("ann").model_copy(update={"held": a_slot("09:40", "10:00")})
    cheap = solve(an_instance(held, moving=0, waiting_per_hour=60))
    dear = solve(an_instance(held, moving=1000, waiting_per_hour=60))
    assert cheap.assignments[0].slot == a_slot("09:00", "09:20")
    assert dear.assignments[0].slot == a_slot("09:40", "10:00")


def reasons(plan: Plan) -> dict[str, str]:
    return {unassigned.request: unassigned.reason for unassigned in plan.unassigned}


def test_whoever_has_no_slot_is_told_why() -> None:
    requests = [
        a_request("emergency", acuity=1),
        a_request("skilled").model_copy(update={"skills": ("laser",)}),
        a_request("elsewhere", fits=[("neurology", 1.0)]),
        a_request("late", earliest="09:50"),
        *(a_request(f"one-{i}", minutes=60) for i in range(2)),
    ]
    plan = solve(an_instance(*requests))
    told = reasons(plan)
    assert told.pop("emergency") == "emergency"
    assert told.pop("skilled") == "not_eligible"
    assert told.pop("elsewhere") == told.pop("late") == "no_clinic"
    assert list(told.values()) == ["full"]


def test_a_slot_that_costs_more_than_none_is_called_too_dear() -> None:
    assert reasons(solve(an_instance(waiting_per_hour=60))) == {}
    late = a_request(due_by="09:00", earliest="08:00")
    assert reasons(solve(an_instance(late, unplaced=5))) == {"ann": "too_dear"}


def test_no_sessions_and_no_requests_are_problems_too() -> None:
    assert reasons(solve(an_instance(sessions=()))) == {"ann": "no_clinic"}
    nobody = an_instance().model_copy(update={"requests": ()})
    assert solve(nobody).objective == 0


def test_a_department_without_time_names_its_scarce_hours() -> None:
    tight = generate(departments=2, practitioners=4, patients=140, seed=1)
    plan = solve(tight, seconds=2, workers=2, deterministic=True)
    assert any(scarce.kind == "department" and scarce.points > 0 for scarce in plan.scarcity)
    assert np.all([scarce.points > 0 for scarce in plan.scarcity])


def test_a_session_more_would_place_whom_a_full_one_leaves_out() -> None:
    both = [a_request("ann", minutes=60), a_request("bob", minutes=60)]
    assert list(reasons(solve(an_instance(*both))).values()) == ["full"]
    more = an_instance(*both, sessions=[a_session(), a_session("10:00", "11:00")])
    assert reasons(solve(more)) == {}
