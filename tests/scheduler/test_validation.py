"""The checker finds every way to spoil a plan, believes no claim, and agrees with the rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from scheduler.domain import GRID, Assignment, Plan, Unassigned
from scheduler.instance import Instance, candidates
from scheduler.solver import solve
from scheduler.validation import check
from tests.scheduler.builders import (
    a_commitment,
    a_plan,
    a_practitioner,
    a_request,
    a_session,
    a_slot,
    an_instance,
    at,
    placed,
)
from tests.scheduler.strategies import instances

ONE_CLINIC = an_instance(
    sessions=[a_session(location="room-1")],
    practitioners=[a_practitioner("dr-li", departments=("cardiology",)), a_practitioner("dr-wu")],
)
FIRST, SECOND = (
    a_slot("09:00", "09:20", location="room-1"),
    a_slot("09:20", "09:40", location="room-1"),
)


def violations(instance: Instance, plan: Plan) -> tuple[str, ...]:
    """What the checker holds against a plan."""
    report = check(instance, plan)
    assert report.feasible == (not report.violations)
    return report.violations


def cannot(reason: str, request: str = "ann") -> Plan:
    """A plan that places nobody."""
    return a_plan(unassigned=[Unassigned(request=request, reason=reason)])


# --- who is answered ----------------------------------------------------------------------------


def test_a_good_plan_is_feasible() -> None:
    assert violations(ONE_CLINIC, a_plan(placed(FIRST))) == ()


def test_nobody_is_forgotten() -> None:
    assert violations(ONE_CLINIC, a_plan()) == ("ann: neither placed nor explained",)


def test_nobody_is_answered_twice() -> None:
    twice = a_plan(placed(FIRST), placed(SECOND))
    assert violations(ONE_CLINIC, twice) == ("ann: answered more than once",)
    both = a_plan(placed(FIRST), unassigned=cannot("full").unassigned)
    assert violations(ONE_CLINIC, both) == ("ann: answered more than once",)


def test_strangers_are_not_answered() -> None:
    stranger = a_plan(placed(FIRST), placed(SECOND, "zoe"))
    assert violations(ONE_CLINIC, stranger) == ("zoe: not in the instance",)


# --- where and when -----------------------------------------------------------------------------


def test_two_visits_in_a_row_are_feasible() -> None:
    two = an_instance(a_request("ann"), a_request("bob"))
    plan = a_plan(placed(a_slot("09:00", "09:20")), placed(a_slot("09:20", "09:40"), "bob"))
    assert violations(two, plan) == ()


def test_two_visits_at_once_are_found() -> None:
    two = an_instance(a_request("ann"), a_request("bob"))
    plan = a_plan(placed(a_slot("09:00", "09:20")), placed(a_slot("09:10", "09:30"), "bob"))
    assert violations(two, plan) == ("bob: overlaps ann of dr-li",)


def test_two_doctors_may_be_busy_at_once() -> None:
    two = an_instance(
        a_request("ann"),
        a_request("bob"),
        sessions=[
            a_session(who="dr-li"),
            a_session(who="dr-wu"),
        ],
    )
    assert violations(two, a_plan(placed(a_slot()), placed(a_slot(who="dr-wu"), "bob"))) == ()


def test_a_visit_during_a_promise_is_found() -> None:
    busy = an_instance(commitments=[a_commitment("09:10", "09:20")])
    assert violations(busy, a_plan(placed(a_slot("09:20", "09:40")))) == ()
    assert violations(busy, a_plan(placed(a_slot()))) == ("ann: overlaps a promise of dr-li",)


def test_a_visit_during_a_long_promise_is_found_behind_a_short_one() -> None:
    ill = [a_commitment("08:00", "12:00"), a_commitment("09:00", "09:10")]
    plan = a_plan(placed(a_slot("09:30", "09:50")))
    assert violations(an_instance(commitments=ill), plan) == ("ann: overlaps a promise of dr-li",)


def test_promises_that_overlap_one_another_blame_no_plan() -> None:
    ill = [a_commitment("09:00", "09:30"), a_commitment("09:00", "09:40")]
    plan = a_plan(placed(a_slot("09:40", "10:00")))
    assert violations(an_instance(commitments=ill), plan) == ()


def test_a_planned_emergency_is_found() -> None:
    emergency = an_instance(a_request(acuity=1))
    assert violations(emergency, a_plan(placed(a_slot()))) == ("ann: an emergency is planned",)
    assert violations(emergency, cannot("emergency")) == ()


def test_a_department_that_nobody_asked_for_is_found() -> None:
    instance = an_instance(sessions=[a_session(department="neurology")])
    plan = a_plan(placed(a_slot(department="neurology")))
    assert violations(instance, plan) == ("ann: neurology was not asked for",)


@pytest.mark.parametrize("end", ["09:10", "09:30"])
def test_a_visit_of_the_wrong_length_is_found(end: str) -> None:
    assert violations(an_instance(), a_plan(placed(a_slot("09:00", end)))) == ("ann: wrong length",)


def test_a_visit_before_the_earliest_time_is_found() -> None:
    late = an_instance(a_request(earliest="09:20"))
    assert violations(late, a_plan(placed(a_slot("09:20", "09:40")))) == ()
    early = violations(late, a_plan(placed(a_slot("09:10", "09:30"))))
    assert early == ("ann: before the earliest time",)


def test_a_visit_off_the_grid_is_found() -> None:
    plan = a_plan(placed(a_slot("09:05", "09:25")))
    assert violations(an_instance(), plan) == ("ann: starts off the grid",)


def test_a_doctor_of_another_department_is_found() -> None:
    neurologist = a_practitioner("dr-li", departments=("neurology",))
    instance = an_instance(practitioners=[neurologist])
    found = violations(instance, a_plan(placed(a_slot())))
    assert found == ("ann: dr-li does not work in cardiology",)


@pytest.mark.parametrize(
    "slot",
    [
        pytest.param(a_slot("08:50", "09:10", location="room-1"), id="begins too early"),
        pytest.param(a_slot("09:50", "10:10", location="room-1"), id="ends too late"),
        pytest.param(a_slot(day=1, location="room-1"), id="on another day"),
        pytest.param(a_slot(location="room-2"), id="in another room"),
        pytest.param(a_slot(who="dr-wu", location="room-1"), id="with another doctor"),
    ],
)
def test_a_visit_outside_the_session_is_found(slot: Assignment) -> None:
    instance = ONE_CLINIC.model_copy(update={"requests": (a_request(earliest="08:00"),)})
    (found,) = violations(instance, a_plan(placed(slot)))
    assert found == f"ann: outside every session of {slot.practitioner} there"


def test_a_doctor_whom_nobody_knows_is_found() -> None:
    found = violations(an_instance(), a_plan(placed(a_slot(who="dr-who"))))
    assert "ann: dr-who does not work in cardiology" in found


# --- why not ------------------------------------------------------------------------------------


def test_only_an_emergency_is_explained_by_one() -> None:
    assert violations(an_instance(), cannot("emergency"))
    assert violations(an_instance(a_request(acuity=1)), cannot("full"))
    assert violations(an_instance(a_request(acuity=1)), cannot("emergency")) == ()


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(sessions=()), id="no session"),
        pytest.param(an_instance(sessions=[a_session(department="neurology")]), id="elsewhere"),
        pytest.param(an_instance(a_request(minutes=70)), id="too short"),
        pytest.param(an_instance(a_request(earliest="09:41")), id="over"),
        pytest.param(
            an_instance(a_request(minutes=30), sessions=[a_session("09:05", "09:39")]),
            id="too short on the grid",
        ),
        pytest.param(
            an_instance(practitioners=[a_practitioner("dr-li", departments=("neurology",))]),
            id="not theirs",
        ),
    ],
)
def test_there_is_no_clinic(instance: Instance) -> None:
    assert violations(instance, cannot("no_clinic")) == ()
    assert solve(instance).unassigned == cannot("no_clinic").unassigned


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(), id="open"),
        pytest.param(an_instance(a_request(earliest="09:40")), id="just in time"),
        pytest.param(an_instance(commitments=[a_commitment("09:00", "10:00")]), id="full"),
    ],
)
def test_there_is_a_clinic(instance: Instance) -> None:
    assert violations(instance, cannot("no_clinic")) == ("ann: there is a clinic, of dr-li",)


# --- the score ----------------------------------------------------------------------------------


def test_a_plan_that_flatters_itself_is_scored_at_its_true_cost() -> None:
    instance = an_instance(
        a_request("ann", earliest="08:00", acuity=2, due_by="08:30", sex="female"),
        a_request("bob", acuity=5),
        commitments=[a_commitment("09:20", "10:00")],
        unplaced=1000,
    )
    report = check(instance, a_plan(placed(a_slot()), unassigned=cannot("full", "bob").unassigned))
    assert report.feasible
    scored = {rule: points for rule, points in report.by_rule.items() if points}
    assert scored == {"waiting": 20, "lateness": 60, "wish_sex": 600, "load": 40, "unplaced": 500}
    assert report.objective == 1220


def test_a_plan_with_an_unknown_doctor_is_scored_all_the_same() -> None:
    instance = an_instance(a_request(sex="female", language="en"))
    report = check(instance, a_plan(placed(a_slot(who="dr-who"))))
    assert (report.by_rule["wish_sex"], report.by_rule["wish_language"]) == (600, 300)


@given(instances(most_requests=2))
def test_checker_and_rules_agree_on_every_slot(instance: Instance) -> None:
    for request in instance.requests:
        offered = candidates(instance, request)
        event("some slots" if offered else "no slots")
        alone = instance.model_copy(update={"requests": (request,)})
        for option in offered:
            report = check(alone, a_plan(option))
            assert report.feasible
            assert report.by_rule == {"unplaced": 0} | option.costs


# --- any good plan, damaged ---------------------------------------------------------------------


def moved(change: Callable[[Assignment], dict[str, object]]) -> Callable[[Instance, Plan], Plan]:
    """A damage that changes the slot of the first assignment."""

    def damage(_: Instance, plan: Plan) -> Plan:
        first, *others = plan.assignments
        slot = first.slot.model_copy(update=change(first))
        spoilt = first.model_copy(update={"slot": slot})
        return plan.model_copy(update={"assignments": (spoilt, *others)})

    return damage


def with_a_twin(_: Instance, plan: Plan) -> Plan:
    """Give the first visit's time to a stranger as well."""
    first, *_ = plan.assignments
    twin = Assignment(request="twin", slot=first.slot, costs={})
    return plan.model_copy(update={"assignments": (*plan.assignments, twin)})


DAMAGES: dict[str, Callable[[Instance, Plan], Plan]] = {
    "neither placed nor explained": lambda _, plan: plan.model_copy(
        update={"assignments": plan.assignments[1:]}
    ),
    "answered more than once": lambda _, plan: plan.model_copy(
        update={"assignments": plan.assignments * 2}
    ),
    "not in the instance": with_a_twin,
    "overlaps": with_a_twin,
    "was not asked for": moved(lambda _: {"department": "dentistry"}),
    "wrong length": moved(lambda a: {"end": a.slot.end + GRID}),
    "before the earliest time": moved(
        lambda a: {"start": at("08:00"), "end": at("08:00") + (a.slot.end - a.slot.start)}
    ),
    "starts off the grid": moved(lambda a: {"start": a.slot.start + GRID / 2}),
    "does not work in": moved(lambda _: {"practitioner": "dr-who"}),
    "outside every session": moved(lambda _: {"location": "room-9"}),
}


@given(instances(most_requests=3).filter(lambda i: candidates(i, i.requests[0])))
def test_every_damage_to_a_good_plan_is_found_out(instance: Instance) -> None:
    plan = solve(instance)
    assert check(instance, plan).feasible
    for expected, damage in DAMAGES.items():
        found = check(instance, damage(instance, plan)).violations
        assert any(expected in violation for violation in found), expected


@given(instance=instances(), data=st.data())
def test_a_false_excuse_is_found_out(instance: Instance, data: st.DataObject) -> None:
    plan = solve(instance)
    unassigned = [Unassigned(request=a.request, reason="no_clinic") for a in plan.assignments]
    unassigned += [u.model_copy(update={"reason": "emergency"}) for u in plan.unassigned]
    excuse = data.draw(st.sampled_from(unassigned))
    others = instance.requests
    alone = instance.model_copy(
        update={"requests": tuple(r for r in others if r.id == excuse.request)}
    )
    assert not check(alone, a_plan(unassigned=[excuse])).feasible
