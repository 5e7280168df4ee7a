"""The checker finds every way to spoil a plan, believes no claim, and agrees with the solver."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import product
from typing import get_args

import pytest
from hypothesis import assume, event, given

from scheduler.board import Board
from scheduler.domain import (
    GRID,
    AppointmentRequest,
    Assignment,
    Plan,
    Slot,
    Unassigned,
    WithoutSlot,
)
from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.rules import SOFT, WHOLE_PLAN, Weights
from scheduler.table import Table
from scheduler.validation import Report, check
from tests.scheduler.builders import (
    a_commitment,
    a_machine,
    a_plan,
    a_practitioner,
    a_request,
    a_reserve,
    a_room,
    a_session,
    a_slot,
    an_instance,
    at,
    pinned,
    placed,
    plan_of,
)
from tests.scheduler.strategies import a_random_board, boards

ONE_CLINIC = an_instance(
    sessions=[a_session(location="room-1")],
    practitioners=[a_practitioner("dr-li", departments=("cardiology",)), a_practitioner("dr-wu")],
)
FIRST, SECOND = (
    a_slot("09:00", "09:20", location="room-1"),
    a_slot("09:20", "09:40", location="room-1"),
)
TWO_DOCTORS = (
    a_session(who="dr-li", location="room-1"),
    a_session(who="dr-wu", location="room-1"),
)
BOTH_AT_ONCE = a_plan(
    placed(a_slot(who="dr-li", location="room-1"), "ann"),
    placed(a_slot(who="dr-wu", location="room-1"), "bob"),
)
REASONS: tuple[WithoutSlot, ...] = get_args(WithoutSlot)


def violations(instance: Instance, plan: Plan) -> tuple[str, ...]:
    """What the checker holds against a plan."""
    report = check(instance, plan)
    assert report.feasible == (not report.violations)
    return report.violations


def cannot(reason: WithoutSlot, request: str = "ann") -> Unassigned:
    """Somebody without a slot."""
    return Unassigned(request=request, reason=reason)


def true_reasons(instance: Instance, *assignments: Assignment, request: str = "ann") -> set[str]:
    """The reasons that the checker believes, of all there are."""
    return {
        reason
        for reason in REASONS
        if not violations(instance, a_plan(*assignments, unassigned=[cannot(reason, request)]))
    }


def scored(instance: Instance, *slots: Slot | None) -> dict[str, int]:
    """What a plan costs where the first requests have these slots; free rules are left out."""
    pairs = zip(instance.requests, slots, strict=False)
    plan = a_plan(*(placed(slot, request.id) for request, slot in pairs if slot))
    report = check(instance, plan)
    assert report.objective == sum(report.by_rule.values())
    return {rule: points for rule, points in report.by_rule.items() if points}


# --- who is answered ----------------------------------------------------------------------------


def test_a_good_plan_is_feasible() -> None:
    assert violations(ONE_CLINIC, a_plan(placed(FIRST))) == ()


def test_nobody_is_forgotten() -> None:
    assert violations(ONE_CLINIC, a_plan()) == ("ann: neither placed nor explained",)


def test_nobody_is_answered_twice() -> None:
    twice = a_plan(placed(FIRST), placed(SECOND))
    assert violations(ONE_CLINIC, twice) == ("ann: answered more than once",)
    both = a_plan(placed(FIRST), unassigned=[cannot("too_dear")])
    assert violations(ONE_CLINIC, both) == ("ann: answered more than once",)


def test_strangers_are_not_answered() -> None:
    stranger = a_plan(placed(FIRST), placed(SECOND, "zoe"))
    assert violations(ONE_CLINIC, stranger) == ("zoe: not in the instance",)
    excused = a_plan(placed(FIRST), unassigned=[cannot("full", "zoe")])
    assert violations(ONE_CLINIC, excused) == ("zoe: not in the instance",)


# --- where and when -----------------------------------------------------------------------------


def test_a_planned_emergency_is_found() -> None:
    emergency = an_instance(a_request(acuity=1))
    assert violations(emergency, a_plan(placed(a_slot()))) == ("ann: an emergency is planned",)


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
def test_a_visit_outside_the_session_is_found(slot: Slot) -> None:
    instance = ONE_CLINIC.model_copy(update={"requests": (a_request(earliest="08:00"),)})
    (found,) = violations(instance, a_plan(placed(slot)))
    assert found == f"ann: outside every session of {slot.practitioner} there"


def test_a_visit_across_two_sessions_is_found() -> None:
    instance = an_instance(sessions=[a_session("09:00", "09:30"), a_session("09:30", "10:00")])
    assert violations(instance, a_plan(placed(a_slot("09:30", "09:50")))) == ()
    across = violations(instance, a_plan(placed(a_slot("09:20", "09:40"))))
    assert across == ("ann: outside every session of dr-li there",)


def test_a_doctor_whom_nobody_knows_is_found() -> None:
    found = violations(an_instance(), a_plan(placed(a_slot(who="dr-who"))))
    assert "ann: dr-who does not work in cardiology" in found


def test_a_missing_skill_is_found() -> None:
    needy, plan = a_request(skills=("cutting", "sewing")), a_plan(placed(a_slot()))
    both = a_practitioner(skills=("sewing", "cutting"))
    assert violations(an_instance(needy, practitioners=[both]), plan) == ()
    half = a_practitioner(skills=("sewing",))
    found = violations(an_instance(needy, practitioners=[half]), plan)
    assert found == ("ann: dr-li lacks a skill of cutting, sewing",)


def test_a_room_that_lets_no_wheelchair_in_is_found() -> None:
    ann, plan = a_request(wheelchair=True), a_plan(placed(FIRST))
    clinic = [a_session(location="room-1")]
    ramp = an_instance(ann, sessions=clinic, rooms=[a_room(wheelchair=True)])
    assert violations(ramp, plan) == ()
    for rooms in ([a_room(wheelchair=False)], [a_room("room-2", wheelchair=True)], []):
        stairs = an_instance(ann, sessions=clinic, rooms=rooms)
        assert violations(stairs, plan) == ("ann: room-1 lets no wheelchair in",)


def test_a_moved_pin_is_found() -> None:
    assert violations(an_instance(pinned()), a_plan(placed(a_slot()))) == ()
    moved = violations(an_instance(pinned()), a_plan(placed(a_slot("09:20", "09:40"))))
    assert moved == ("ann: pinned, but moved",)
    held = an_instance(a_request(held=a_slot()))
    assert violations(held, a_plan(placed(a_slot("09:20", "09:40")))) == ()


# --- two at once --------------------------------------------------------------------------------


def test_two_visits_in_a_row_are_feasible() -> None:
    two = an_instance(a_request("ann"), a_request("bob"))
    plan = a_plan(placed(a_slot("09:00", "09:20")), placed(a_slot("09:20", "09:40"), "bob"))
    assert violations(two, plan) == ()


def test_two_visits_at_once_are_found() -> None:
    two = an_instance(a_request("ann"), a_request("bob"))
    plan = a_plan(placed(a_slot("09:00", "09:20")), placed(a_slot("09:10", "09:30"), "bob"))
    assert violations(two, plan) == ("bob: overlaps ann of dr-li",)


def test_a_visit_during_a_long_one_is_found_behind_a_short_one() -> None:
    names = [("ann", 60), ("bob", 10), ("cho", 10)]
    three = an_instance(*(a_request(name, minutes=minutes) for name, minutes in names))
    times = [("09:00", "10:00"), ("09:10", "09:20"), ("09:40", "09:50")]
    plan = a_plan(*(placed(a_slot(*t), name) for t, (name, _) in zip(times, names, strict=True)))
    assert violations(three, plan) == ("bob: overlaps ann of dr-li", "cho: overlaps ann of dr-li")


def test_two_doctors_may_be_busy_at_once() -> None:
    two = an_instance(a_request("ann"), a_request("bob"), sessions=TWO_DOCTORS)
    assert violations(two, BOTH_AT_ONCE) == ()


def test_a_patient_in_two_places_is_found() -> None:
    for patient, found in (("ann", ("bob: overlaps ann, the same patient's",)), ("bob", ())):
        two = (a_request("ann", patient="ann"), a_request("bob", patient=patient))
        assert violations(an_instance(*two, sessions=TWO_DOCTORS), BOTH_AT_ONCE) == found


@pytest.mark.parametrize(
    ("places", "full"),
    [
        (2, ()),
        (1, ("bob: no place is left in room-1",)),
        (0, ("ann: no place is left in room-1", "bob: no place is left in room-1")),
    ],
)
def test_a_crowded_room_is_found(places: int, full: tuple[str, ...]) -> None:
    two = (a_request("ann"), a_request("bob"))
    rooms = [a_room("room-1", capacity=places)]
    assert violations(an_instance(*two, sessions=TWO_DOCTORS, rooms=rooms), BOTH_AT_ONCE) == full


@pytest.mark.parametrize(
    ("machines", "short"),
    [
        (2, ()),
        (1, ("bob: no ecg is left",)),
        (0, ("ann: no ecg is left", "bob: no ecg is left")),
    ],
)
def test_a_machine_for_too_many_is_found(machines: int, short: tuple[str, ...]) -> None:
    two = (a_request("ann", equipment=("ecg",)), a_request("bob", equipment=("ecg",)))
    equipment = [a_machine("ecg", capacity=machines)]
    instance = an_instance(*two, sessions=TWO_DOCTORS, equipment=equipment)
    assert violations(instance, BOTH_AT_ONCE) == short


def test_places_that_were_left_are_free_again() -> None:
    """Three visits in a room for two, of which never more than two go on at once."""
    names = ("ann", "bob", "cho")
    clinics = [a_session(who=f"dr-{name}", location="room-1") for name in names]
    room = a_room("room-1", capacity=2)
    three = an_instance(*map(a_request, names), sessions=clinics, rooms=[room])
    times = [("09:00", "09:20"), ("09:10", "09:30"), ("09:20", "09:40")]
    plan = a_plan(
        *(
            placed(a_slot(*time, who=f"dr-{name}", location="room-1"), name)
            for time, name in zip(times, names, strict=True)
        )
    )
    assert violations(three, plan) == ()


def test_a_visit_during_a_promise_is_found() -> None:
    busy = an_instance(commitments=[a_commitment("09:10", "09:20")])
    assert violations(busy, a_plan(placed(a_slot("09:20", "09:40")))) == ()
    assert violations(busy, a_plan(placed(a_slot()))) == ("ann: overlaps a promise of dr-li",)


@pytest.mark.parametrize("promised", [("09:19", "09:25"), ("08:00", "09:01"), ("09:05", "09:06")])
def test_a_promise_off_the_grid_takes_its_time_too(promised: tuple[str, str]) -> None:
    found = violations(an_instance(commitments=[a_commitment(*promised)]), a_plan(placed(a_slot())))
    assert found == ("ann: overlaps a promise of dr-li",)


def test_a_visit_during_a_long_promise_is_found_behind_a_short_one() -> None:
    ill = [a_commitment("08:00", "12:00"), a_commitment("09:00", "09:10")]
    plan = a_plan(placed(a_slot("09:30", "09:50")))
    assert violations(an_instance(commitments=ill), plan) == ("ann: overlaps a promise of dr-li",)


def test_promises_that_overlap_one_another_blame_no_plan() -> None:
    ill = [a_commitment("09:00", "09:30"), a_commitment("09:00", "09:40")]
    plan = a_plan(placed(a_slot("09:40", "10:00")))
    assert violations(an_instance(commitments=ill), plan) == ()


# --- why not ------------------------------------------------------------------------------------


def test_only_an_emergency_is_explained_by_one() -> None:
    assert true_reasons(an_instance(a_request(acuity=1))) == {"emergency"}
    assert true_reasons(an_instance(pinned(acuity=1))) == {"emergency"}


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(sessions=()), id="no session"),
        pytest.param(an_instance(sessions=[a_session(department="neurology")]), id="elsewhere"),
        pytest.param(an_instance(a_request(minutes=70)), id="too short"),
        pytest.param(an_instance(a_request(earliest="09:41")), id="over"),
        pytest.param(an_instance(a_request(earliest="23:00")), id="long over"),
        pytest.param(
            an_instance(a_request(minutes=30), sessions=[a_session("09:05", "09:39")]),
            id="too short on the grid",
        ),
    ],
)
def test_no_clinic_is_believed_where_there_is_none(instance: Instance) -> None:
    assert true_reasons(instance) == {"no_clinic"}


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(
            an_instance(practitioners=[a_practitioner("dr-li", departments=("neurology",))]),
            id="another department",
        ),
        pytest.param(an_instance(a_request(skills=("sewing",))), id="no skill"),
        pytest.param(an_instance(a_request(wheelchair=True)), id="no way in"),
        pytest.param(
            an_instance(commitments=[a_commitment("09:10", "09:50")]), id="promised to others"
        ),
        pytest.param(
            an_instance(sessions=[a_session(location="room-1")], rooms=[a_room(capacity=0)]),
            id="a room for nobody",
        ),
        pytest.param(
            an_instance(a_request(equipment=("ecg",)), equipment=[a_machine(capacity=0)]),
            id="no machine",
        ),
    ],
)
def test_not_eligible_is_believed_where_a_rule_closes_the_clinic(instance: Instance) -> None:
    assert true_reasons(instance) == {"not_eligible"}


def test_full_is_believed_where_others_have_every_slot() -> None:
    two = an_instance(a_request("ann"), a_request("bob", minutes=60))
    assert true_reasons(two, placed(a_slot()), request="bob") == {"full"}


@pytest.mark.parametrize("which", ["room", "machine", "patient"])
def test_full_is_believed_where_something_else_is_taken(which: str) -> None:
    needs = {"patient": "ann", "equipment": ("ecg",), "minutes": 60}
    instance = an_instance(
        a_request("ann", **needs | {"minutes": 20}),
        a_request("bob", **needs),
        sessions=TWO_DOCTORS,
        rooms=[a_room("room-1", capacity=1 if which == "room" else 2)],
        equipment=[a_machine("ecg", capacity=1 if which == "machine" else 2)],
    )
    ann, bob = instance.requests
    other = bob if which == "patient" else bob.model_copy(update={"patient": "bob"})
    instance = instance.model_copy(update={"requests": (ann, other)})
    assert true_reasons(instance, *BOTH_AT_ONCE.assignments[:1], request="bob") == {"full"}


def test_too_dear_is_believed_where_a_slot_is_free() -> None:
    assert true_reasons(an_instance()) == {"too_dear"}
    two = an_instance(a_request("ann"), a_request("bob", minutes=40))
    assert true_reasons(two, placed(a_slot()), request="bob") == {"too_dear"}


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(pinned(slot=a_slot("09:05", "09:25"))), id="off the grid"),
        pytest.param(an_instance(pinned(slot=a_slot("12:00", "12:20"))), id="no session"),
        pytest.param(an_instance(pinned(slot=a_slot(location="room-2"))), id="another room"),
        pytest.param(an_instance(pinned(earliest="09:10")), id="too early"),
        pytest.param(an_instance(pinned(skills=("sewing",))), id="no skill"),
        pytest.param(
            an_instance(pinned(), commitments=[a_commitment("09:10", "09:20")]), id="promised"
        ),
        pytest.param(
            an_instance(pinned(equipment=("ecg",)), equipment=[a_machine(capacity=0)]), id="no ecg"
        ),
    ],
)
def test_an_impossible_pin_is_believed(instance: Instance) -> None:
    assert true_reasons(instance) == {"pin_impossible"}


def test_a_possible_pin_has_no_excuse() -> None:
    assert true_reasons(an_instance(pinned())) == set()
    found = violations(an_instance(pinned()), a_plan(unassigned=[cannot("pin_impossible")]))
    assert found == ("ann: pinned, and nothing stands against it",)


def test_a_pin_gives_way_to_another_pin_only() -> None:
    places = [assignment.slot for assignment in BOTH_AT_ONCE.assignments]
    for ann, believed in (
        (pinned("ann", places[0]), {"pin_impossible"}),
        (a_request("ann", held=places[0]), set()),
    ):
        instance = an_instance(
            ann, pinned("bob", places[1]), sessions=TWO_DOCTORS, rooms=[a_room("room-1")]
        )
        assert true_reasons(instance, placed(places[0]), request="bob") == believed


# --- what it costs ------------------------------------------------------------------------------


def test_every_rule_of_the_solver_is_scored() -> None:
    known = {rule.name for rule in SOFT} | {*WHOLE_PLAN, "unplaced"}
    assert check(ONE_CLINIC, a_plan(placed(FIRST))).by_rule.keys() == known


def test_going_without_costs_by_acuity_and_by_what_was_promised() -> None:
    prices = {"unplaced": 101, "moving": 7}
    for acuity, points in ((1, 0), (2, 202), (3, 151), (4, 101), (5, 50)):
        assert scored(an_instance(a_request(acuity=acuity), **prices)).get("unplaced", 0) == points
    assert scored(an_instance(a_request(held=a_slot()), **prices)) == {"unplaced": 108}


def test_whoever_is_forgotten_is_unplaced() -> None:
    assert check(an_instance(), a_plan()).by_rule["unplaced"] == 20_000


def test_every_rule_of_one_visit_charges() -> None:
    unhappy = a_request(
        acuity=2,
        earliest="07:00",
        due_by="08:00",
        sex="female",
        language="en",
        part_of_day="evening",
        practitioner="dr-wu",
        seen_before="dr-wu",
        held=a_slot("09:20", "09:40"),
        fits=[("cardiology", 0.25), ("neurology", 0.75)],
    )
    assert scored(an_instance(unhappy, load=0), a_slot()) == {
        "waiting": 40,
        "lateness": 120,
        "department_fit": 300,
        "wish_practitioner": 900,
        "wish_sex": 600,
        "wish_language": 300,
        "wish_part_of_day": 200,
        "continuity": 300,
        "moving": 400,
    }


def test_a_visit_as_wished_is_free() -> None:
    happy = a_request(
        sex="female",
        language="en",
        part_of_day="morning",
        practitioner="dr-li",
        seen_before="dr-li",
        held=a_slot("09:00", "09:20", location="another-room"),
        due_by="09:00",
        fits=[("cardiology", 0.75), ("neurology", 0.25)],
    )
    doctor = a_practitioner(sex="female", languages=("en",))
    assert scored(an_instance(happy, practitioners=[doctor], load=0), a_slot()) == {}


def test_seconds_count_as_a_minute() -> None:
    ann = a_request(earliest="08:00", due_by="08:00")
    for seconds, waited in ((0, 60), (1, 59), (60, 59)):
        earliest = ann.earliest + timedelta(seconds=seconds)
        hurried = ann.model_copy(update={"earliest": earliest, "due_by": earliest})
        costs = scored(
            an_instance(hurried, waiting_per_hour=60, lateness_per_hour=60, load=0), a_slot()
        )
        assert costs == {"waiting": waited, "lateness": waited}


def test_a_full_day_costs_more_than_an_empty_one() -> None:
    two = (a_request("ann"), a_request("bob"))
    both, late = an_instance(*two, load=60), a_slot("09:20", "09:40")
    assert scored(both, a_slot(), late)["load"] == (0 + 1 + 3 + 5) * 6
    split = an_instance(*two, sessions=[a_session(), a_session(day=1)], load=60)
    assert scored(split, a_slot(), a_slot(day=1))["load"] == 2 * (0 + 1) * 6
    half = an_instance(commitments=[a_commitment("09:25", "12:00")], load=60)
    assert scored(half, a_slot())["load"] == (6 + 8) * 6


def test_what_is_kept_for_the_urgent_costs_the_elective() -> None:
    for acuity, minutes, points in ((4, 40, 0), (4, 50, 150), (5, 60, 300), (3, 60, 0)):
        kept = an_instance(a_request(acuity=acuity), reserves=[a_reserve(minutes=minutes)], load=0)
        assert scored(kept, a_slot()).get("reserve", 0) == points


def test_a_reserve_is_of_its_own_department_and_hour() -> None:
    for elsewhere in (
        a_reserve(minutes=0, department="neurology"),
        a_reserve("09:20", "10:00", minutes=40),
        a_reserve("09:15", "10:00", minutes=40),
    ):
        assert scored(an_instance(reserves=[elsewhere], load=0), a_slot()) == {}


def test_promised_time_is_not_there_to_be_kept() -> None:
    busy = an_instance(
        commitments=[a_commitment("09:30", "10:00")], reserves=[a_reserve(minutes=20)], load=0
    )
    assert scored(busy, a_slot()) == {"reserve": 150}


def test_a_group_that_waits_longer_costs() -> None:
    def costs(*groups: str | None, acuity: int = 4, **weights: int) -> int:
        two = [
            a_request(name, group=group, acuity=acuity if name == "bob" else 4)
            for name, group in zip(("ann", "bob"), groups, strict=True)
        ]
        weights = {
            "waiting_per_hour": 0,
            "fairness_per_hour": 60,
            "unplaced": 0,
            "load": 0,
        } | weights
        slots = (a_slot(), a_slot("09:40", "10:00") if acuity > 1 else None)
        return scored(an_instance(*two, **weights), *slots).get("fairness", 0)

    assert costs("north", "south") == 20
    assert costs("north", "north") == 0
    assert costs("north", None) == 0
    assert costs("north", "south", acuity=1) == 0
    assert costs("north", "south", fairness_per_hour=1) == 1
    assert costs("north", "south", fairness_per_hour=0) == 0


def test_whoever_has_no_slot_waits_as_long_as_the_weights_say() -> None:
    two = (a_request("ann", group="north"), a_request("bob", group="south"))
    weights = {"fairness_per_hour": 60, "unplaced_waits_hours": 2, "unplaced": 0, "load": 0}
    assert scored(an_instance(*two, **weights), a_slot()) == {"fairness": 60}


def test_a_plan_with_an_unknown_doctor_is_scored_all_the_same() -> None:
    instance = an_instance(a_request(sex="female", language="en"))
    report = check(instance, a_plan(placed(a_slot(who="dr-who"))))
    assert (report.by_rule["wish_sex"], report.by_rule["wish_language"]) == (600, 300)


def test_nobody_gains_from_a_slot_that_is_too_early() -> None:
    early = an_instance(a_request(earliest="12:00", group="north"), load=0)
    assert scored(early, a_slot()) == {}


# --- what a plan claims -------------------------------------------------------------------------

LATE = an_instance(a_request(due_by="08:00"), load=0)
HONEST = Plan(objective=60, bound=60, by_rule={"lateness": 60}, assignments=(placed(a_slot()),))


def test_true_claims_are_believed() -> None:
    assert violations(LATE, HONEST) == ()
    everything = HONEST.model_copy(update={"by_rule": {"lateness": 60, "waiting": 0}})
    assert violations(LATE, everything) == ()


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ({"objective": 59, "bound": 0}, "the objective is 60, not 59"),
        ({"by_rule": {"lateness": 61}}, "lateness is 60, not 61"),
        ({"by_rule": {"lateness": 60, "waiting": 1}}, "waiting is 0, not 1"),
        ({"by_rule": {"lateness": 60, "weather": 1}}, "weather is 0, not 1"),
        ({"by_rule": {}}, "lateness is 60, not 0"),
        ({"bound": 61}, "the bound 61 is above the objective 60"),
        (
            {"assignments": (Assignment(request="ann", slot=a_slot(), costs={"lateness": 0}),)},
            "ann: costs 60 by lateness, not 0",
        ),
    ],
)
def test_false_claims_are_found(claim: dict[str, object], found: str) -> None:
    assert violations(LATE, HONEST.model_copy(update=claim)) == (found,)


def test_a_plan_without_figures_claims_nothing() -> None:
    assert violations(LATE, a_plan(placed(a_slot()))) == ()


# --- agreement with the solver ------------------------------------------------------------------


@given(boards())
def test_the_checker_and_the_board_agree(board: Board) -> None:
    plan = plan_of(board)
    report = check(board.table.instance, plan)
    for unassigned in plan.unassigned:
        event(unassigned.reason)
    assert report.violations == ()
    assert report.by_rule == board.by_rule()
    assert report.objective == board.cost


@pytest.mark.parametrize("seed", range(3))
def test_they_agree_on_a_whole_day(seed: int) -> None:
    instance = generate(departments=3, practitioners=12, patients=250, seed=seed)
    board = a_random_board(instance, seed)
    report = check(instance, plan_of(board))
    assert report.violations == ()
    assert report.by_rule == board.by_rule()


def test_they_agree_on_a_week() -> None:
    instance = generate(departments=2, practitioners=6, patients=50, seed=3, days=7)
    board = a_random_board(instance, 3)
    report = check(instance, plan_of(board))
    assert report.violations == ()
    assert report.by_rule == board.by_rule()


@given(boards())
def test_whatever_the_weights_the_plan_is_as_feasible(board: Board) -> None:
    weightless = Weights(**dict.fromkeys(Weights.model_fields, 0))
    instance = board.table.instance.model_copy(update={"weights": weightless})
    again = Board(Table(instance))
    again.read(plan_of(board))
    report = check(instance, plan_of(again))
    assert report == Report(violations=(), by_rule=dict.fromkeys(report.by_rule, 0))


# --- any good plan, damaged ---------------------------------------------------------------------


def moved(change: Callable[[Slot], dict[str, object]]) -> Callable[[Plan], Plan]:
    """A damage that changes the slot of the first assignment."""

    def damage(plan: Plan) -> Plan:
        first, *others = plan.assignments
        slot = first.slot.model_copy(update=change(first.slot))
        spoilt = first.model_copy(update={"slot": slot})
        return plan.model_copy(update={"assignments": (spoilt, *others)})

    return damage


def with_a_twin(plan: Plan) -> Plan:
    """Give the first visit's time to a stranger as well."""
    twin = Assignment(request="twin", slot=plan.assignments[0].slot, costs={})
    return plan.model_copy(update={"assignments": (*plan.assignments, twin)})


DAMAGES: dict[str, Callable[[Plan], Plan]] = {
    "neither placed nor explained": lambda plan: plan.model_copy(
        update={"assignments": plan.assignments[1:]}
    ),
    "answered more than once": lambda plan: plan.model_copy(
        update={"assignments": plan.assignments * 2}
    ),
    "not in the instance": with_a_twin,
    "overlaps": with_a_twin,
    "was not asked for": moved(lambda _: {"department": "dentistry"}),
    "wrong length": moved(lambda slot: {"end": slot.end + GRID}),
    "before the earliest time": moved(
        lambda slot: {"start": at("08:00"), "end": at("08:00") + (slot.end - slot.start)}
    ),
    "starts off the grid": moved(lambda slot: {"start": slot.start + GRID / 2}),
    "does not work in": moved(lambda _: {"practitioner": "dr-who"}),
    "outside every session": moved(lambda _: {"location": "room-9"}),
    "the objective is": lambda plan: plan.model_copy(update={"objective": plan.objective + 1}),
    "is above the objective": lambda plan: plan.model_copy(update={"bound": plan.objective + 1}),
}


@given(boards())
def test_every_damage_to_a_good_plan_is_found_out(board: Board) -> None:
    instance, plan = board.table.instance, plan_of(board)
    assume(plan.assignments)
    for expected, damage in DAMAGES.items():
        found = violations(instance, damage(plan))
        assert any(expected in violation for violation in found), expected


@given(boards())
def test_every_false_excuse_is_found_out(board: Board) -> None:
    instance, plan = board.table.instance, plan_of(board)
    for at_number, reason in product(range(len(plan.unassigned)), REASONS):
        excuses = list(plan.unassigned)
        excuses[at_number] = excuses[at_number].model_copy(update={"reason": reason})
        told = plan.model_copy(update={"unassigned": tuple(excuses)})
        assert check(instance, told).feasible == (reason == plan.unassigned[at_number].reason)


@given(boards())
def test_the_order_of_a_plan_does_not_matter(board: Board) -> None:
    instance, plan = board.table.instance, plan_of(board)
    backwards = plan.model_copy(
        update={"assignments": plan.assignments[::-1], "unassigned": plan.unassigned[::-1]}
    )
    assert check(instance, backwards) == check(instance, plan)


# --- on its own ---------------------------------------------------------------------------------


def imported_by(module: str, names: Iterable[str]) -> set[str]:
    """Which of these modules a fresh interpreter has loaded after importing one."""
    code = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(names) & set(ran.stdout.split())


def test_the_checker_knows_neither_the_solver_nor_the_rules() -> None:
    ours = ("scheduler.rules", "scheduler.table", "scheduler.board", "scheduler.instance")
    assert imported_by("scheduler.validation", (*ours, "numpy", "ortools")) == set()
    assert imported_by("scheduler.board", ("numpy", "scheduler.rules"))


def test_a_hospital_without_sessions_or_requests_is_checked() -> None:
    empty = Instance(requests=(), sessions=(), practitioners=())
    assert check(empty, a_plan()).feasible
    nowhere = an_instance(sessions=())
    assert not check(nowhere, a_plan(placed(a_slot()))).feasible


def test_promises_of_another_century_do_no_harm() -> None:
    ages_ago, ages_hence = (
        a_commitment("09:00", "09:10").model_copy(
            update={"start": at("09:00", day=day), "end": at("09:10", day=day)}
        )
        for day in (-50_000, 50_000)
    )
    far = an_instance(commitments=[ages_ago, ages_hence])
    assert violations(far, a_plan(placed(a_slot()))) == ()


def an_early_bird(name: str) -> AppointmentRequest:
    """Somebody who needs ten minutes."""
    return a_request(name, minutes=10)


def test_one_visit_at_a_time_fills_a_session_to_the_last_minute() -> None:
    names = [f"patient-{number}" for number in range(6)]
    full = an_instance(*map(an_early_bird, names))
    slots = [(f"09:{10 * n:02}", f"09:{10 * n + 10:02}" if n < 5 else "10:00") for n in range(6)]
    plan = a_plan(*(placed(a_slot(*s), name) for s, name in zip(slots, names, strict=True)))
    assert violations(full, plan) == ()
