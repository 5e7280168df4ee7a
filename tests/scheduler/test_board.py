"""A plan in the making: what is free, what it costs, and that every step can be taken back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from scheduler.board import UNPLACED, Board
from scheduler.domain import AppointmentRequest, WithoutSlot
from scheduler.instance import Instance
from scheduler.table import FORBIDDEN, Table
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
    board_with,
    column,
    pinned,
    placed,
    plan_of,
)
from tests.scheduler.strategies import a_random_board, boards, free_columns, instances

TWO_DOCTORS = (
    a_session(who="dr-li", location="room-1"),
    a_session(who="dr-wu", location="room-1"),
)
TWO_PLACES = (a_slot(who="dr-li", location="room-1"), a_slot(who="dr-wu", location="room-1"))


def state(board: Board) -> list[list[int]]:
    """All that a board keeps up to date."""
    kept = (board.left, board.at, board.paid, board.load, board.elective, board.waited)
    return [array.ravel().tolist() for array in kept]


def both_at_once(instance: Instance) -> bool:
    """Whether the second request may sit with Dr Wu while the first sits with Dr Li."""
    board = board_with(instance, TWO_PLACES[0])
    return board.may(1, column(board.table, TWO_PLACES[1], 1))


# --- nobody shares what is not for two ----------------------------------------------------------


def test_a_doctor_sees_one_patient_at_a_time() -> None:
    board = board_with(an_instance(a_request("ann"), a_request("bob")), a_slot("09:00", "09:20"))
    assert board.may(1, column(board.table, a_slot("09:20", "09:40"), 1))
    assert not board.may(1, column(board.table, a_slot("09:10", "09:30"), 1))


def test_two_doctors_see_two_patients_at_a_time() -> None:
    assert both_at_once(an_instance(a_request("ann"), a_request("bob"), sessions=TWO_DOCTORS))


@pytest.mark.parametrize(("places", "enough"), [(1, False), (2, True)])
def test_a_room_holds_as_many_as_it_has_places(places: int, enough: bool) -> None:
    rooms = [a_room("room-1", capacity=places)]
    two = (a_request("ann"), a_request("bob"))
    assert both_at_once(an_instance(*two, sessions=TWO_DOCTORS, rooms=rooms)) == enough


@pytest.mark.parametrize(("machines", "enough"), [(1, False), (2, True)])
def test_a_machine_serves_one_at_a_time(machines: int, enough: bool) -> None:
    equipment = [a_machine("ecg", capacity=machines)]
    two = (a_request("ann", equipment=("ecg",)), a_request("bob", equipment=("ecg",)))
    assert both_at_once(an_instance(*two, sessions=TWO_DOCTORS, equipment=equipment)) == enough


@pytest.mark.parametrize(("patient", "apart"), [("ann", False), ("bob", True), (None, True)])
def test_a_patient_is_in_one_place_at_a_time(patient: str | None, apart: bool) -> None:
    two = (a_request("one", patient="ann"), a_request("two", patient=patient))
    assert both_at_once(an_instance(*two, sessions=TWO_DOCTORS)) == apart


def test_the_rules_of_one_visit_still_hold() -> None:
    board = board_with(an_instance(a_request(earliest="09:10")))
    assert board.may(0, column(board.table, a_slot("09:10", "09:30")))
    assert not board.may(0, column(board.table, a_slot("09:00", "09:20")))


@given(boards())
def test_free_columns_are_those_that_are_free_one_by_one(board: Board) -> None:
    for request in np.flatnonzero(board.at == UNPLACED).tolist():
        for block, _ in board.table.rows(request):
            one_by_one = [board.is_free(request, c) for c in range(block.first, block.last)]
            assert board.free(block, request).tolist() == one_by_one


# --- there and back -----------------------------------------------------------------------------


@given(boards())
def test_what_is_taken_off_and_put_back_changes_nothing(board: Board) -> None:
    before = state(board)
    taken = [(request, board.remove(request)) for request in range(len(board.at))]
    assert all(board.at == UNPLACED)
    for request, old in taken:
        if old != UNPLACED:
            assert board.may(request, old) or board.fixed[request]
            board.place(request, old)
    assert state(board) == before


@given(boards())
def test_an_empty_board_is_left_when_everybody_leaves(board: Board) -> None:
    for request in np.flatnonzero(~board.fixed).tolist():
        board.remove(request)
    assert state(board) == state(Board(board.table))


def test_taking_off_somebody_who_sits_nowhere_changes_nothing() -> None:
    board = board_with(an_instance())
    before = state(board)
    assert board.remove(0) == UNPLACED
    assert state(board) == before


def test_a_copy_goes_its_own_way() -> None:
    board = board_with(an_instance())
    twin = board.copy()
    twin.place(0, column(twin.table, a_slot()))
    assert board.at.tolist() == [UNPLACED]
    assert board.cost > twin.cost


# --- what it costs ------------------------------------------------------------------------------


@given(boards())
def test_a_column_adds_what_was_said_before(board: Board) -> None:
    before = board.cost
    for request in np.flatnonzero((board.at == UNPLACED) & ~board.fixed).tolist():
        free = set(free_columns(board, request))
        event("some are free" if free else "none is free")
        for block, price in board.table.rows(request):
            deltas = board.deltas(block, price.astype(np.int64), request)
            for chosen in range(block.first, block.last):
                if chosen in free:
                    board.place(request, chosen)
                    added = board.cost - before + int(board.table.no_slot[request])
                    assert added == deltas[chosen - block.first]
                    board.remove(request)
        assert board.cost == before


@given(boards())
def test_the_best_column_adds_the_least(board: Board) -> None:
    for request in np.flatnonzero((board.at == UNPLACED) & ~board.fixed).tolist():
        least = int(board.table.no_slot[request])
        without = board.cost - least
        added = []
        for chosen in free_columns(board, request):
            board.place(request, chosen)
            added.append(board.cost - without)
            board.remove(request)
        chosen, cost = board.best(request)
        assert cost == min([least, *added])
        assert (chosen == UNPLACED) == (cost == least)


@given(boards())
def test_the_cost_is_the_sum_over_the_rules(board: Board) -> None:
    by_rule = board.by_rule()
    assert sum(by_rule.values()) == board.cost
    assert min(by_rule.values()) >= 0


@given(boards())
def test_everybody_has_paid_for_their_slot_or_for_having_none(board: Board) -> None:
    table = board.table
    assert board.paid.tolist() == [
        int(table.no_slot[request]) if at == UNPLACED else table.price(request, at)
        for request, at in enumerate(board.at.tolist())
    ]


def test_two_doctors_share_the_load() -> None:
    two = (a_request("ann"), a_request("bob"))
    instance = an_instance(*two, sessions=TWO_DOCTORS, load=60)
    one = board_with(instance, TWO_PLACES[0], a_slot("09:20", "09:40", location="room-1"))
    both = board_with(instance, *TWO_PLACES)
    # The four steps of a day of six find it 0, 1/6, 2/6 and 3/6 full, in whole tenths.
    assert one.by_rule()["load"] == (0 + 1 + 3 + 5) * 6
    assert both.by_rule()["load"] == 2 * (0 + 1) * 6


def test_what_was_promised_before_makes_load_dearer_but_costs_nothing_itself() -> None:
    half = an_instance(commitments=[a_commitment("09:30", "10:00")], load=60)
    assert board_with(half).by_rule()["load"] == 0
    assert board_with(half, a_slot()).by_rule()["load"] == (5 + 6) * 6


def test_a_new_day_is_empty() -> None:
    two = (a_request("ann"), a_request("bob"))
    days = an_instance(*two, sessions=[a_session(), a_session(day=1)], load=60)
    assert board_with(days, a_slot(), a_slot(day=1)).by_rule()["load"] == 2 * 6


def test_only_the_elective_pay_for_what_is_kept() -> None:
    for acuity, points in ((3, 0), (4, 150), (5, 150)):
        kept = an_instance(a_request(acuity=acuity), reserves=[a_reserve(minutes=50)])
        assert board_with(kept, a_slot()).by_rule()["reserve"] == points


def test_elective_visits_pay_nothing_while_enough_is_free() -> None:
    kept = an_instance(reserves=[a_reserve(minutes=40)])
    assert board_with(kept, a_slot()).by_rule()["reserve"] == 0


def test_a_group_that_waits_longer_costs() -> None:
    two = (a_request("ann", group="north"), a_request("bob", group="south"))
    instance = an_instance(*two, sessions=TWO_DOCTORS, fairness_per_hour=60)
    later = a_slot("09:40", "10:00", who="dr-wu", location="room-1")
    assert board_with(instance, *TWO_PLACES).by_rule()["fairness"] == 0
    assert board_with(instance, TWO_PLACES[0], later).by_rule()["fairness"] == 20


def test_whoever_has_no_slot_waits_as_long_as_the_weights_say() -> None:
    two = (a_request("ann", group="north"), a_request("bob", group="south"))
    instance = an_instance(*two, fairness_per_hour=60, unplaced_waits_hours=24)
    assert board_with(instance).by_rule()["fairness"] == 0
    assert board_with(instance, a_slot()).by_rule()["fairness"] == 12 * 60


def test_nobody_pays_for_not_placing_an_emergency() -> None:
    assert board_with(an_instance(a_request(acuity=1))).cost == 0


def test_a_slot_dearer_than_none_is_not_the_best() -> None:
    late = a_request(due_by="08:00")
    assert board_with(an_instance(late, unplaced=60, load=0)).best(0) == (UNPLACED, 60)
    board = board_with(an_instance(late, unplaced=61, load=0))
    assert board.best(0) == (column(board.table, a_slot()), 60)


# --- pins ---------------------------------------------------------------------------------------


def test_what_is_pinned_is_placed_first() -> None:
    board = Board(Table(an_instance(a_request("bob"), pinned("ann", a_slot("09:20", "09:40")))))
    assert board.slot(0) is None
    assert board.slot(1) == a_slot("09:20", "09:40")
    assert board.fixed.tolist() == [False, True]


def test_what_is_only_held_may_move() -> None:
    board = Board(Table(an_instance(a_request(held=a_slot()))))
    assert board.slot(0) is None
    assert not board.fixed.any()


@pytest.mark.parametrize(
    "instance",
    [
        pytest.param(an_instance(pinned(slot=a_slot("09:05", "09:25"))), id="off the grid"),
        pytest.param(an_instance(pinned(slot=a_slot("09:00", "09:30"))), id="wrong length"),
        pytest.param(an_instance(pinned(slot=a_slot("12:00", "12:20"))), id="no session"),
        pytest.param(an_instance(pinned(earliest="09:10")), id="too early"),
        pytest.param(an_instance(pinned(skills=("sewing",))), id="no skill"),
        pytest.param(an_instance(pinned(wheelchair=True)), id="no way in"),
        pytest.param(
            an_instance(pinned(), commitments=[a_commitment("09:10", "09:20")]), id="promised"
        ),
        pytest.param(
            an_instance(pinned(equipment=("ecg",)), equipment=[a_machine(capacity=0)]), id="no ecg"
        ),
    ],
)
def test_an_impossible_pin_waits_for_a_person(instance: Instance) -> None:
    board = Board(Table(instance))
    assert board.impossible == {0}
    assert board.fixed.all()
    assert [unassigned.reason for unassigned in board.unassigned()] == ["pin_impossible"]


def test_of_two_pins_in_one_place_the_first_stays() -> None:
    two = (pinned("ann", TWO_PLACES[0]), pinned("bob", TWO_PLACES[1]))
    board = Board(Table(an_instance(*two, sessions=TWO_DOCTORS, rooms=[a_room("room-1")])))
    assert board.slot(0) == TWO_PLACES[0]
    assert board.impossible == {1}


def test_a_pinned_emergency_is_an_emergency() -> None:
    board = Board(Table(an_instance(pinned(acuity=1))))
    assert [unassigned.reason for unassigned in board.unassigned()] == ["emergency"]


# --- to and from a plan -------------------------------------------------------------------------


@given(boards())
def test_a_plan_makes_the_same_board_again(board: Board) -> None:
    again = Board(board.table)
    again.read(plan_of(board))
    assert state(again) == state(board)


def test_what_is_not_possible_any_more_is_left_out() -> None:
    two = an_instance(a_request("ann"), a_request("bob"))
    stale = a_plan(
        placed(a_slot(), "zoe"),
        placed(a_slot("12:00", "12:20"), "ann"),
        placed(a_slot("09:20", "09:40"), "ann"),
        placed(a_slot("09:30", "09:50"), "bob"),
    )
    board = Board(Table(two))
    board.read(stale)
    assert board.slot(0) == a_slot("09:20", "09:40")
    assert board.slot(1) is None


def test_a_plan_that_moved_a_pin_is_not_believed() -> None:
    board = Board(Table(an_instance(pinned())))
    board.read(a_plan(placed(a_slot("09:20", "09:40"))))
    assert board.slot(0) == a_slot()


@pytest.mark.parametrize(
    ("bob", "reason"),
    [
        (a_request("bob", acuity=1), "emergency"),
        (a_request("bob", fits=[("neurology", 1.0)]), "no_clinic"),
        (a_request("bob", minutes=70), "no_clinic"),
        (a_request("bob", skills=("sewing",)), "not_eligible"),
        (a_request("bob", wheelchair=True), "not_eligible"),
        (a_request("bob", minutes=60), "full"),
        (a_request("bob", minutes=50), "full"),
        (a_request("bob", minutes=40), "too_dear"),
        (pinned("bob", a_slot("09:05", "09:25")), "pin_impossible"),
    ],
)
def test_everybody_without_a_slot_is_told_why(bob: AppointmentRequest, reason: WithoutSlot) -> None:
    board = board_with(an_instance(a_request("ann"), bob), a_slot())
    (told,) = board.unassigned()
    assert (told.request, told.reason) == ("bob", reason)


def test_time_that_is_all_promised_is_nobodys_to_have() -> None:
    board = board_with(an_instance(commitments=[a_commitment("08:00", "12:00")]))
    assert [unassigned.reason for unassigned in board.unassigned()] == ["not_eligible"]


def test_a_doctor_of_another_department_makes_nobody_eligible() -> None:
    elsewhere = a_practitioner("dr-li", departments=("neurology",))
    board = board_with(an_instance(practitioners=[elsewhere]))
    assert [unassigned.reason for unassigned in board.unassigned()] == ["not_eligible"]


@given(boards())
def test_everybody_has_a_slot_or_a_reason(board: Board) -> None:
    placed_ones = [assignment.request for assignment in board.assignments()]
    without = [unassigned.request for unassigned in board.unassigned()]
    everybody = [request.id for request in board.table.requests]
    assert sorted(placed_ones + without) == sorted(everybody)


@given(boards())
def test_no_slot_of_a_plan_is_forbidden(board: Board) -> None:
    for request in np.flatnonzero(board.at != UNPLACED).tolist():
        slot = board.slot(request)
        assert slot is not None
        assert slot.start >= at("09:00")
        assert board.table.price(request, int(board.at[request])) < FORBIDDEN


# --- one more request ---------------------------------------------------------------------------


@given(instances(), st.integers(0, 2**16), st.integers(1, 3))
def test_a_board_that_grew_is_as_one_that_knew_everybody(
    instance: Instance, seed: int, late: int
) -> None:
    """Some are placed, then others come; the pinned of whom take what is left."""
    known = instance.requests[:-late]
    board = a_random_board(instance.model_copy(update={"requests": known}), seed)
    before = board.at.tolist()
    for request in instance.requests[len(known) :]:
        board.table.add(request)
        board.grow()
    assert board.at.tolist()[: len(known)] == before
    whole = Board(Table(instance.model_copy(update={"requests": board.table.requests})))
    for request in np.flatnonzero(~board.fixed).tolist():
        if slot := board.slot(request):
            whole.place(request, column(whole.table, slot, request))
    if [whole.slot(r) for r in range(len(whole.at))] == [board.slot(r) for r in range(len(before))]:
        assert grown(board) == grown(whole)


def grown(board: Board) -> dict[str, object]:
    """What a board knows, whatever the order of its lanes, columns and groups."""
    table = board.table
    lanes = zip(table.lanes, board.left.tolist(), strict=True)
    return {
        "left": {lane: left for lane, left in lanes if lane[0] != "idle"},
        "paid": board.paid.tolist(),
        "load": board.load.tolist(),
        "elective": board.elective.tolist(),
        "waited": dict(zip(table.groups, board.waited.tolist(), strict=True)),
        "fixed": board.fixed.tolist(),
        "by_rule": board.by_rule(),
    }


def test_a_newcomer_waits_and_may_be_placed() -> None:
    board = board_with(an_instance(a_request("ann")), a_slot())
    number = board.table.add(a_request("zoe"))
    board.grow()
    assert board.slot(0) == a_slot()
    assert board.slot(number) is None
    board.place(number, column(board.table, a_slot("09:20", "09:40"), number))
    assert not board.may(0, column(board.table, a_slot("09:20", "09:40")))


def test_who_comes_again_may_not_be_in_two_places() -> None:
    board = board_with(an_instance(a_request(patient="ann"), sessions=TWO_DOCTORS), TWO_PLACES[0])
    number = board.table.add(a_request("again", patient="ann"))
    board.grow()
    assert not board.may(number, column(board.table, TWO_PLACES[1], number))
    board.remove(0)
    assert board.may(number, column(board.table, TWO_PLACES[1], number))


def test_a_newcomer_with_a_pin_has_it_at_once_or_not_at_all() -> None:
    board = board_with(an_instance(a_request("ann")), a_slot())
    possible = board.table.add(pinned("zoe", a_slot("09:20", "09:40")))
    impossible = board.table.add(pinned("yan", a_slot("09:10", "09:30")))
    board.grow()
    assert board.slot(possible) == a_slot("09:20", "09:40")
    assert board.impossible == {impossible}
