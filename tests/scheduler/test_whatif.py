"""What if: another day is planned, and every difference is accounted for."""

from __future__ import annotations

import pytest

from scheduler.errors import InvalidInstance
from scheduler.generation import generate
from scheduler.solver import solve
from scheduler.validation import check
from scheduler.whatif import what_if, without
from tests.scheduler.builders import a_request, a_session, an_instance

DAY = generate(departments=3, practitioners=9, patients=120, seed=4)


def test_a_session_more_would_give_a_slot_to_whoever_has_none() -> None:
    both = [a_request("ann", minutes=60), a_request("bob", minutes=60)]
    plan = solve(an_instance(*both))
    (waits,) = [unassigned.request for unassigned in plan.unassigned]
    more = an_instance(*both, sessions=[a_session(), a_session("10:00", "11:00")])
    found = what_if(plan, more, seconds=1)
    assert [assignment.request for assignment in found.placed] == [waits]
    assert found.unplaced == ()
    assert found.more["unplaced"] < 0
    assert (
        plan.objective + found.points == found.plan.objective == check(more, found.plan).objective
    )


def test_without_a_doctor_it_would_cost_more_and_every_visit_is_accounted_for() -> None:
    plan = solve(DAY, seconds=1, workers=2, deterministic=True)
    lost = plan.assignments[0].slot.practitioner
    other = without(DAY, [lost])
    found = what_if(plan, other, seconds=1, deterministic=True)
    assert found.points > 0
    assert check(other, found.plan).violations == ()
    assert all(a.slot.practitioner != lost for a in found.plan.assignments)
    before = {assignment.request for assignment in plan.assignments}
    now = {assignment.request for assignment in found.plan.assignments}
    assert {assignment.request for assignment in found.placed} == now - before
    assert {unassigned.request for unassigned in found.unplaced} == before - now


def test_the_same_day_would_change_nothing() -> None:
    instance = an_instance(a_request("ann"), a_request("bob"))
    plan = solve(instance)
    found = what_if(plan, instance, seconds=1)
    assert found.points == 0
    assert not any(found.more.values())
    assert found.moved == found.placed == found.unplaced == ()


def test_nobody_lacks_who_has_no_session() -> None:
    with pytest.raises(InvalidInstance, match="dr-who has no session"):
        without(DAY, ["dr-who"])
