"""Plans: feasible, truly scored, truly bounded and as good as can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from scheduler.domain import Assignment, Plan
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, candidates
from scheduler.solver import solve
from scheduler.validation import check
from tests.scheduler.builders import a_commitment, a_request, a_session, an_instance, at, starts
from tests.scheduler.strategies import instances, sessions

ONE_SLOT = [a_session("09:00", "09:20")]


def reasons(plan: Plan) -> dict[str, str]:
    """Who goes without a slot, and why."""
    return {unassigned.request: unassigned.reason for unassigned in plan.unassigned}


def who(plan: Plan) -> set[str]:
    """Who has a slot."""
    return {assignment.request for assignment in plan.assignments}


def is_free(option: Assignment, others: Sequence[Assignment]) -> bool:
    """Whether none of the other visits stands in the way."""
    return not any(
        other.slot.practitioner == option.slot.practitioner and other.slot.overlaps(option.slot)
        for other in others
    )


def least_cost(instance: Instance) -> int:
    """What the best plan costs, found by trying all that could be better."""
    prices = [instance.weights.unplaced * (6 - r.acuity) // 2 for r in instance.requests]
    offered = [candidates(instance, request) for request in instance.requests]

    def at_least(index: int) -> int:
        following = zip(prices[index:], offered[index:], strict=True)
        return sum(min([price, *(o.cost for o in options)]) for price, options in following)

    def best_from(index: int, seen: list[Assignment]) -> int:
        if index == len(prices):
            return 0
        best = prices[index] + best_from(index + 1, seen)
        for option in offered[index]:
            if option.cost + at_least(index + 1) < best and is_free(option, seen):
                best = min(best, option.cost + best_from(index + 1, [*seen, option]))
        return best

    return best_from(0, [])


def without_zeros(points: dict[str, int]) -> dict[str, int]:
    """The rules that charge something."""
    return {rule: charged for rule, charged in points.items() if charged}


# --- who gets a slot ----------------------------------------------------------------------------


def test_a_problem_without_requests_has_an_empty_plan() -> None:
    plan = solve(Instance(requests=(), sessions=(), practitioners=()))
    assert (plan.objective, plan.bound, plan.assignments, plan.unassigned) == (0, 0, (), ())


def test_one_request_gets_the_cheapest_slot() -> None:
    (assignment,) = solve(an_instance(a_request(acuity=2))).assignments
    assert assignment.slot.start == at("09:00")
    assert assignment.cost == 0


def test_requests_share_a_clinic_without_overlap() -> None:
    plan = solve(an_instance(*(a_request(name) for name in ("ann", "bob", "cat"))))
    assert sorted(a.slot.start for a in plan.assignments) == [at("09:00"), at("09:20"), at("09:40")]


def test_a_clinic_can_be_filled_to_the_last_minute() -> None:
    crowd = [a_request(f"patient-{i}", minutes=10, acuity=2 + i % 4) for i in range(12)]
    plan = solve(an_instance(*crowd, sessions=[a_session("09:00", "11:00")]))
    assert len(who(plan)) == 12
    assert plan.bound == plan.objective


def test_the_most_urgent_is_the_last_to_go_without() -> None:
    """Though every minute that they wait costs more."""
    calm = a_request("calm", acuity=5, earliest="08:00")
    urgent = a_request("urgent", acuity=2, earliest="08:00", due_by="08:00")
    plan = solve(an_instance(calm, urgent, sessions=ONE_SLOT))
    assert who(plan) == {"urgent"}
    assert reasons(plan) == {"calm": "full"}


def test_an_emergency_is_never_planned() -> None:
    plan = solve(an_instance(a_request("ann", acuity=1), a_request("bob", acuity=2)))
    assert reasons(plan) == {"ann": "emergency"}
    assert who(plan) == {"bob"}


def test_no_session_of_the_department_is_no_clinic() -> None:
    plan = solve(an_instance(sessions=[a_session(department="neurology")]))
    assert reasons(plan) == {"ann": "no_clinic"}


def test_a_clinic_that_is_over_is_no_clinic() -> None:
    assert reasons(solve(an_instance(a_request(earliest="10:00")))) == {"ann": "no_clinic"}


def test_a_clinic_that_is_promised_to_others_is_full() -> None:
    instance = an_instance(commitments=[a_commitment("09:00", "10:00")])
    assert reasons(solve(instance)) == {"ann": "full"}


def test_a_promise_leaves_the_rest_of_the_clinic_open() -> None:
    instance = an_instance(commitments=[a_commitment("09:15", "09:45")])
    assert starts(instance) == []
    assert starts(an_instance(commitments=[a_commitment("09:15", "09:40")])) == ["09:40"]


def test_a_doctor_in_two_clinics_at_once_sees_one_patient_at_a_time() -> None:
    """Even where the two do not begin on the same step of the grid."""
    both = [a_session("09:00", "09:25"), a_session("09:05", "09:30", department="neurology")]
    requests = [a_request("ann"), a_request("bob", fits=[("neurology", 1.0)])]
    plan = solve(an_instance(*requests, sessions=both))
    assert len(who(plan)) == 1
    assert check(an_instance(*requests, sessions=both), plan).feasible


def test_only_what_is_allowed_is_chosen() -> None:
    instance = an_instance()
    plan = solve(instance, allowed=lambda option: option.slot.start >= at("09:30"))
    assert plan.assignments[0].slot.start >= at("09:30")
    assert reasons(solve(instance, allowed=lambda _: False)) == {"ann": "full"}


# --- what the plan says of itself ---------------------------------------------------------------


def test_those_who_never_entered_the_model_are_in_objective_and_bound_alike() -> None:
    instance = an_instance(
        a_request("emergency", acuity=1),
        a_request("elsewhere", acuity=3, fits=[("neurology", 1.0)]),
        a_request("over", acuity=4, earliest="12:00"),
        a_request("seen", acuity=2, earliest="08:00", due_by="10:00"),
        a_request("left-over", acuity=5),
        sessions=ONE_SLOT,
        unplaced=1000,
    )
    plan = solve(instance)
    assert who(plan) == {"seen"}
    assert without_zeros(plan.by_rule) == {"unplaced": 2500 + 1500 + 1000 + 500, "waiting": 20}
    assert plan.objective == plan.bound == 5520


def test_a_search_without_time_still_serves_the_most_urgent_and_has_a_bound() -> None:
    crowd = [a_request(f"patient-{i}", acuity=2 + i % 4) for i in range(20)]
    clinics = [a_session("09:00", "12:00", who=doctor) for doctor in ("dr-li", "dr-wu")]
    instance = an_instance(*crowd, sessions=clinics)
    hasty, patient = solve(instance, seconds=0), solve(instance)
    assert check(instance, hasty).feasible
    assert without_zeros(check(instance, hasty).by_rule) == without_zeros(hasty.by_rule)
    assert hasty.bound <= patient.objective <= hasty.objective
    acuities = {request.id: request.acuity for request in crowd}
    assert {acuities[request] for request in reasons(hasty)} == {5}


def test_prices_beyond_the_solver_s_range_are_refused() -> None:
    with pytest.raises(InvalidInstance, match="MODEL_INVALID"):
        solve(an_instance(a_request("ann"), a_request("bob"), unplaced=4 * 10**18))


# --- any problem --------------------------------------------------------------------------------


@given(instances())
def test_every_plan_is_feasible_and_answers_everybody(instance: Instance) -> None:
    plan = solve(instance)
    assert check(instance, plan).violations == ()
    assert who(plan) | reasons(plan).keys() == {request.id for request in instance.requests}
    event("someone goes without" if plan.unassigned else "everybody is seen")


@given(instances())
def test_the_checker_confirms_every_point(instance: Instance) -> None:
    plan = solve(instance)
    report = check(instance, plan)
    assert without_zeros(plan.by_rule) == without_zeros(report.by_rule)
    assert plan.objective == sum(plan.by_rule.values()) == report.objective
    by_assignment = Counter(unplaced=plan.by_rule["unplaced"])
    for assignment in plan.assignments:
        by_assignment.update(assignment.costs)
    assert without_zeros(by_assignment) == without_zeros(plan.by_rule)


@given(instances())
def test_full_means_that_nothing_is_left(instance: Instance) -> None:
    plan = solve(instance)
    excuses = reasons(plan)
    for request in instance.requests:
        offered = candidates(instance, request)
        if excuses.get(request.id) == "full":
            assert not any(is_free(option, plan.assignments) for option in offered)
        elif excuses.get(request.id) == "no_clinic":
            assert offered == ()
    event(", ".join(sorted(set(excuses.values()))) or "everybody is seen")


@given(instances())
def test_promised_time_stays_promised(instance: Instance) -> None:
    event("some promises" if instance.commitments else "none")
    for assignment in solve(instance).assignments:
        for commitment in instance.commitments:
            if commitment.practitioner == assignment.slot.practitioner:
                assert not commitment.overlaps(assignment.slot)


@given(instances(most_requests=3))
def test_no_plan_is_better_and_the_bound_says_so(instance: Instance) -> None:
    plan = solve(instance)
    assert plan.bound == plan.objective == least_cost(instance)


@given(instances(), st.data())
def test_one_more_session_never_makes_it_worse(instance: Instance, data: st.DataObject) -> None:
    wider = (*instance.sessions, data.draw(sessions(len(instance.practitioners))))
    after = solve(instance.model_copy(update={"sessions": wider}))
    assert after.objective <= solve(instance).objective


@given(instances(), st.integers(0, 99))
def test_the_same_problem_and_seed_give_the_same_plan(instance: Instance, seed: int) -> None:
    assert solve(instance, seed=seed) == solve(instance, seed=seed)


@given(instances(), st.randoms(use_true_random=False))
def test_neither_seed_nor_order_changes_what_the_best_plan_costs(
    instance: Instance, random: Random
) -> None:
    shuffled = {
        field: tuple(random.sample(getattr(instance, field), len(getattr(instance, field))))
        for field in ("requests", "sessions", "practitioners", "commitments")
    }
    other = solve(instance.model_copy(update=shuffled), seed=7)
    assert other.objective == solve(instance).objective


@given(instances())
def test_problems_and_plans_survive_being_written_down(instance: Instance) -> None:
    plan = solve(instance)
    assert Instance.model_validate_json(instance.model_dump_json()) == instance
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
