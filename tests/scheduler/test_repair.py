"""Repairs: only what must move moves, and every change is told."""

from __future__ import annotations

import pytest

from scheduler.domain import Plan
from scheduler.errors import InvalidInstance
from scheduler.generation import generate
from scheduler.repair import Change, Repair, repair
from scheduler.solver import solve
from scheduler.validation import check
from tests.scheduler.builders import (
    a_request,
    a_session,
    a_slot,
    an_instance,
    at,
    pinned,
)

DAY = generate(departments=3, practitioners=12, patients=150, seed=6)
PLAN = solve(DAY, seconds=2, workers=2, deterministic=True)
TWO_DOCTORS = [a_session(), a_session(who="dr-wu")]


def slots(plan: Plan) -> dict[str, object]:
    return {assignment.request: assignment.slot for assignment in plan.assignments}


def require_sound(repaired: Repair, before: Plan, gone: int = 0) -> None:
    """The repaired plan checks clean, and its difference accounts for everybody."""
    assert check(repaired.instance, repaired.plan).violations == ()
    told = repaired.difference
    assert len(told.moved) + told.kept + len(told.unplaced) == len(before.assignments) - gone
    now, then = slots(repaired.plan), slots(before)
    assert all(now[m.request] == m.after and then[m.request] == m.before for m in told.moved)


@pytest.mark.parametrize("who", ["dr-000", "dr-005", "dr-011"])
def test_a_lost_doctor_s_patients_move_and_few_others(who: str) -> None:
    repaired = repair(DAY, PLAN, Change(without=(who,)))
    require_sound(repaired, PLAN)
    lost = sum(a.slot.practitioner == who for a in PLAN.assignments)
    assert all(a.slot.practitioner != who for a in repaired.plan.assignments)
    assert len(repaired.difference.moved) + len(repaired.difference.unplaced) <= 2 * lost + 5


@pytest.mark.parametrize("who", ["dr-000", "dr-005", "dr-011"])
def test_whoever_could_go_to_no_department_of_a_lost_doctor_stays(who: str) -> None:
    repaired = repair(DAY, PLAN, Change(without=(who,)))
    theirs = {session.department for session in DAY.sessions if session.practitioner == who}
    wanted = {r.id: {fit.department for fit in r.departments} for r in DAY.requests}
    assert all(wanted[moved.request] & theirs for moved in repaired.difference.moved)
    pins = {request.id for request in DAY.requests if request.pinned}
    assert {request.id for request in repaired.instance.requests if request.pinned} == pins


def test_what_is_pinned_or_has_begun_stays() -> None:
    noon = DAY.sessions[0].start.replace(hour=12)
    repaired = repair(DAY, PLAN, Change(without=("dr-003",), since=noon))
    require_sound(repaired, PLAN)
    now, then = slots(repaired.plan), slots(PLAN)
    fixed = {r.id for r in DAY.requests if r.pinned} & set(then)
    begun = {a.request for a in PLAN.assignments if a.slot.start < noon}
    lost = {a.request for a in PLAN.assignments if a.slot.practitioner == "dr-003"}
    assert all(now[request] == then[request] for request in begun | (fixed - lost))


def test_who_is_away_for_an_hour_keeps_the_rest_of_the_day() -> None:
    ten, eleven = (DAY.sessions[0].start.replace(hour=hour) for hour in (10, 11))
    repaired = repair(DAY, PLAN, Change(without=("dr-003",), since=ten, until=eleven))
    require_sound(repaired, PLAN)
    theirs = [a.slot for a in repaired.plan.assignments if a.slot.practitioner == "dr-003"]
    assert theirs
    assert all(slot.end <= ten or slot.start >= eleven for slot in theirs)


def test_a_pin_with_a_lost_doctor_waits_for_a_person() -> None:
    instance = an_instance(pinned(), sessions=TWO_DOCTORS)
    repaired = repair(instance, solve(instance), Change(without=("dr-li",)))
    assert [u.reason for u in repaired.difference.unplaced] == ["pin_impossible"]


def test_a_no_show_makes_room_for_somebody_who_waits() -> None:
    instance = an_instance(a_request("ann", minutes=60), a_request("bob", minutes=60))
    plan = solve(instance)
    (there,), (waits,) = slots(plan), [u.request for u in plan.unassigned]
    repaired = repair(instance, plan, Change(gone=(there,)))
    require_sound(repaired, plan, gone=1)
    assert [a.request for a in repaired.difference.placed] == [waits]


def test_an_urgent_arrival_is_placed_though_somebody_less_urgent_must_move() -> None:
    sessions = [a_session(), a_session("14:00", "15:00")]
    instance = an_instance(a_request("ann", minutes=60, acuity=5), sessions=sessions)
    urgent = a_request("zoe", minutes=60, acuity=2, due_by="09:00", earliest="08:30")
    plan = solve(instance)
    repaired = repair(instance, plan, Change(urgent=(urgent,)))
    require_sound(repaired, plan)
    assert slots(repaired.plan)["zoe"] == a_slot("09:00", "10:00")
    assert [move.request for move in repaired.difference.moved] == ["ann"]


def test_whoever_waits_for_a_late_doctor_gets_a_later_slot_or_another_doctor() -> None:
    instance = an_instance(a_request(), sessions=TWO_DOCTORS[:1])
    repaired = repair(instance, solve(instance), Change(late={"dr-li": 30}))
    require_sound(repaired, solve(instance))
    (move,) = repaired.difference.moved
    assert move.after.start == at("09:30")


def test_nothing_happened_and_nothing_changes() -> None:
    repaired = repair(DAY, PLAN, Change())
    require_sound(repaired, PLAN)
    assert repaired.difference.moved == ()
    assert repaired.difference.unplaced == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change(without=("dr-nobody",)), "dr-nobody has no session"),
        (Change(gone=("nobody",)), "no request nobody"),
        (Change(late={"dr-000": 0}), "at least a minute"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: Change, message: str) -> None:
    with pytest.raises(InvalidInstance, match=message):
        repair(DAY, PLAN, change)
