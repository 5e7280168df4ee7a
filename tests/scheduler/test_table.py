"""An instance as arrays: sessions become slots, and rules of one visit become prices."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain import GRID, Slot
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance
from scheduler.table import FORBIDDEN, NOBODY, Table
from tests.scheduler.builders import (
    MONDAY,
    a_commitment,
    a_machine,
    a_practitioner,
    a_request,
    a_reserve,
    a_room,
    a_session,
    a_slot,
    an_instance,
    at,
    column,
    pinned,
    slots_of,
    starts,
)
from tests.scheduler.strategies import instances

# --- sessions become slots ----------------------------------------------------------------------


def test_slots_fill_the_session_and_stay_inside() -> None:
    assert starts(an_instance(a_request(minutes=30))) == ["09:00", "09:10", "09:20", "09:30"]


def test_a_visit_longer_than_the_session_has_no_slot() -> None:
    assert starts(an_instance(a_request(minutes=60))) == ["09:00"]
    assert starts(an_instance(a_request(minutes=70))) == []


def test_slots_start_on_the_grid_even_where_the_session_does_not() -> None:
    offbeat = an_instance(sessions=[a_session("09:05", "09:55")])
    assert starts(offbeat) == ["09:10", "09:20", "09:30"]


def test_a_session_shorter_than_a_step_has_no_slot() -> None:
    assert starts(an_instance(a_request(minutes=10), sessions=[a_session("09:05", "09:15")])) == []


def test_no_slot_is_cut_from_two_sessions() -> None:
    in_a_row = [a_session("09:00", "09:20"), a_session("09:20", "09:40")]
    assert starts(an_instance(sessions=in_a_row)) == ["09:00", "09:20"]


def test_other_departments_have_no_slots_for_it() -> None:
    assert starts(an_instance(sessions=[a_session(department="neurology")])) == []


def test_an_emergency_has_no_slots() -> None:
    assert starts(an_instance(a_request(acuity=1))) == []
    assert starts(an_instance(a_request(acuity=2)))


def test_each_department_gives_its_own_room() -> None:
    table = Table(an_instance(sessions=[a_session(location="room-7")]))
    slots = slots_of(table)
    assert a_slot("09:20", "09:40", location="room-7") in slots
    assert {slot.location for slot in slots} == {"room-7"}


def test_every_department_of_a_request_offers_slots() -> None:
    torn = a_request(fits=[("cardiology", 0.9), ("neurology", 0.4)])
    clinics = [a_session(), a_session("14:00", "15:00", department="neurology")]
    slots = slots_of(Table(an_instance(torn, sessions=clinics)))
    assert {slot.department for slot in slots} == {"cardiology", "neurology"}


@pytest.mark.parametrize(
    ("promised", "left"),
    [
        (("09:00", "09:20"), ["09:20", "09:30", "09:40"]),
        (("09:25", "09:26"), ["09:00", "09:30", "09:40"]),
        (("08:00", "09:35"), ["09:40"]),
        (("09:50", "23:00"), ["09:00", "09:10", "09:20", "09:30"]),
        (("06:00", "23:00"), []),
        (("07:00", "08:00"), ["09:00", "09:10", "09:20", "09:30", "09:40"]),
    ],
)
def test_promised_time_is_not_promised_again(promised: tuple[str, str], left: list[str]) -> None:
    assert starts(an_instance(commitments=[a_commitment(*promised)])) == left


@pytest.mark.parametrize("day", [-1, 1])
def test_a_promise_of_another_day_takes_nothing(day: int) -> None:
    instance = an_instance(commitments=[a_commitment("09:00", "10:00", day=day)])
    assert len(starts(instance)) == 5


def test_the_promises_of_other_doctors_take_nothing() -> None:
    promised = [a_commitment("09:00", "10:00", who="dr-wu")]
    people = [a_practitioner("dr-wu")]
    assert len(starts(an_instance(commitments=promised, practitioners=people))) == 5


def test_a_room_for_nobody_has_no_slots() -> None:
    clinic = [a_session(location="room-1")]
    assert starts(an_instance(sessions=clinic, rooms=[a_room("room-1", capacity=1)]))
    assert not starts(an_instance(sessions=clinic, rooms=[a_room("room-1", capacity=0)]))
    assert starts(an_instance(sessions=clinic, rooms=[a_room("room-2", capacity=0)]))


def test_equipment_that_is_not_there_has_no_slots() -> None:
    needy = a_request(equipment=("ecg",))
    assert starts(an_instance(needy, equipment=[a_machine(capacity=1)]))
    assert not starts(an_instance(needy, equipment=[a_machine(capacity=0)]))
    assert starts(an_instance(a_request(), equipment=[a_machine(capacity=0)]))


def test_a_hospital_without_sessions_has_a_table() -> None:
    table = Table(an_instance(sessions=[], practitioners=[a_practitioner()]))
    assert slots_of(table) == []
    assert not table.has_clinic(0)


def test_a_hospital_without_requests_has_a_table() -> None:
    empty = an_instance().model_copy(update={"requests": ()})
    assert Table(empty).requests == ()


def test_time_begins_at_the_midnight_before_the_first_session() -> None:
    table = Table(an_instance(sessions=[a_session(day=2), a_session(day=1)]))
    assert table.origin == MONDAY + timedelta(days=1)
    assert table.horizon == 2 * 144
    assert table.moment(table.step(at("09:05", day=1))) == at("09:00", day=1)


# --- columns ------------------------------------------------------------------------------------


@given(instances())
def test_every_slot_leads_back_to_its_column(instance: Instance) -> None:
    table = Table(instance)
    for request in range(len(instance.requests)):
        for block, _ in table.rows(request):
            for number in range(block.first, block.last):
                slot = table.slot(number)
                assert table.column_of(request, slot) == number
                assert slot.end - slot.start == block.steps * GRID


@given(instances())
def test_every_slot_lies_in_its_session(instance: Instance) -> None:
    table = Table(instance)
    for number, session in enumerate(table.columns.session.tolist()):
        slot, around = table.slot(number), instance.sessions[session]
        assert around.start <= slot.start < slot.end <= around.end
        assert (slot.start - MONDAY) % GRID == timedelta(0)


@pytest.mark.parametrize(
    "slot",
    [
        pytest.param(a_slot("09:05", "09:25"), id="off the grid"),
        pytest.param(a_slot("09:00", "09:30"), id="another length"),
        pytest.param(a_slot("08:50", "09:10"), id="too early"),
        pytest.param(a_slot("09:50", "10:10"), id="too late"),
        pytest.param(a_slot(day=7), id="beyond all days"),
        pytest.param(a_slot(day=-7), id="before all days"),
        pytest.param(a_slot(who="dr-who"), id="a stranger's"),
        pytest.param(a_slot(department="neurology"), id="another department"),
        pytest.param(a_slot(location="room-1"), id="another room"),
    ],
)
def test_a_slot_that_nobody_offers_has_no_column(slot: Slot) -> None:
    table = Table(an_instance())
    assert table.column_of(0, a_slot()) is not None
    assert table.column_of(0, slot) is None


def test_what_a_rule_forbids_has_a_column_but_no_price() -> None:
    table = Table(an_instance(a_request(earliest="09:10")))
    assert table.price(0, column(table, a_slot("09:00", "09:20"))) == FORBIDDEN
    assert table.price(0, column(table, a_slot("09:10", "09:30"))) == 0


def test_a_column_of_others_has_no_price() -> None:
    two = [a_request("ann", minutes=20), a_request("bob", minutes=10)]
    table = Table(an_instance(*two))
    theirs = column(table, a_slot("09:00", "09:10"), 1)
    assert table.price(1, theirs) == 0
    assert table.price(0, theirs) == FORBIDDEN


def test_requests_that_want_the_same_share_a_block() -> None:
    alike = Table(an_instance(a_request("ann"), a_request("bob", acuity=5)))
    assert [block.requests.tolist() for block in alike.blocks] == [[0, 1]]
    for other in ({"minutes": 30}, {"equipment": ("ecg",)}, {"acuity": 3}):
        unlike = an_instance(a_request("ann"), a_request("bob", **other), equipment=[a_machine()])
        assert len(Table(unlike).blocks) == 2


@given(instances())
def test_prices_are_what_the_rules_charge(instance: Instance) -> None:
    table = Table(instance)
    for request in range(len(instance.requests)):
        for block, prices in table.rows(request):
            for at_column, price in enumerate(prices.tolist()):
                if price < FORBIDDEN:
                    assert table.assignment(request, block.first + at_column).cost == price


def test_weights_that_no_whole_number_holds_are_refused() -> None:
    long_ago = a_request().model_copy(update={"due_by": at("09:00", day=-60)})
    assert Table(an_instance(long_ago))
    with pytest.raises(InvalidInstance, match="request ann: a slot costs more than"):
        Table(an_instance(long_ago, lateness_per_hour=1_000_000))


# --- what a visit takes -------------------------------------------------------------------------


def test_a_visit_takes_the_time_of_all_that_it_needs() -> None:
    ann = a_request("ann", patient="ann", equipment=("ecg",))
    again = a_request("ann-again", patient="ann")
    table = Table(
        an_instance(
            ann,
            again,
            sessions=[a_session(location="room-1")],
            rooms=[a_room("room-1")],
            equipment=[a_machine("ecg")],
        )
    )

    def taken(request: int) -> set[tuple[str, str]]:
        slot = column(table, a_slot(location="room-1"), request)
        return {table.lanes[lane] for lane in table.lanes_of(request, slot)}

    always = {("practitioner", "dr-li"), ("room", "room-1"), ("patient", "ann")}
    assert taken(0) == always | {("equipment", "ecg")}
    assert taken(1) == always


def test_a_patient_with_one_request_and_a_room_without_limit_take_nothing() -> None:
    table = Table(an_instance(a_request(patient="ann"), sessions=[a_session(location="room-1")]))
    taken = table.lanes_of(0, column(table, a_slot(location="room-1")))
    assert [table.lanes[lane] for lane in taken] == [("practitioner", "dr-li")]


# --- the plan as a whole ------------------------------------------------------------------------


def test_a_day_is_as_long_as_its_sessions_and_as_full_as_its_promises() -> None:
    clinics = [a_session("09:00", "10:00"), a_session("14:05", "15:00"), a_session(day=1)]
    table = Table(an_instance(sessions=clinics, commitments=[a_commitment("09:45", "14:15")]))
    assert table.day_capacity.tolist() == [6 + 5, 6]
    assert table.day_base.tolist() == [2 + 1, 0]


def test_promises_outside_the_sessions_fill_no_day() -> None:
    table = Table(an_instance(commitments=[a_commitment("10:00", "12:00")]))
    assert table.day_base.tolist() == [0]


def test_what_is_kept_is_not_free_for_the_elective() -> None:
    table = Table(
        an_instance(
            sessions=[a_session(who="dr-li"), a_session("09:30", "10:30", who="dr-wu")],
            commitments=[a_commitment("09:00", "09:10")],
            reserves=[a_reserve("09:00", "10:00", minutes=20)],
        )
    )
    assert table.window_free.tolist() == [5 + 3 - 2]


def test_other_departments_keep_nothing_free() -> None:
    clinics = [a_session(who="dr-li"), a_session(who="dr-wu", department="neurology")]
    table = Table(an_instance(sessions=clinics, reserves=[a_reserve(minutes=10)]))
    assert table.window_free.tolist() == [6 - 1]


def test_a_visit_across_two_reserves_takes_of_both() -> None:
    kept = [a_reserve("09:00", "09:30", minutes=10), a_reserve("09:30", "10:00", minutes=10)]
    table = Table(an_instance(a_request(minutes=30), reserves=kept))
    there = column(table, a_slot("09:20", "09:50"))
    assert table.columns.windows[there].tolist() == [0, 1]
    assert table.columns.taken[there].tolist() == [1, 2]


def test_a_reserve_that_begins_within_a_step_does_not_keep_that_step() -> None:
    table = Table(an_instance(reserves=[a_reserve("09:05", "09:25", minutes=10)]))
    there = column(table, a_slot("09:00", "09:20"))
    assert table.columns.taken[there].tolist() == [0, 1]
    assert table.window_free.tolist() == [1 - 1]


def test_the_urgent_take_of_no_reserve() -> None:
    table = Table(an_instance(a_request(acuity=3), reserves=[a_reserve(minutes=10)]))
    assert (table.columns.windows == NOBODY).all()


def test_groups_are_counted_without_emergencies() -> None:
    names = [("ann", "north", 4), ("bob", "south", 4), ("cho", "south", 1), ("dan", None, 4)]
    table = Table(an_instance(*(a_request(n, group=group, acuity=a) for n, group, a in names)))
    assert table.groups == ["north", "south"]
    assert table.group.tolist() == [0, 1, NOBODY, NOBODY]
    assert table.group_sizes.tolist() == [1, 1]


def test_nobody_in_a_group_makes_no_groups() -> None:
    table = Table(an_instance())
    assert table.groups == []
    assert np.array_equal(table.group_sizes, [])


# --- is there a clinic at all? ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instance", "there_is"),
    [
        pytest.param(an_instance(), True, id="a clinic"),
        pytest.param(an_instance(sessions=[]), False, id="no session"),
        pytest.param(an_instance(sessions=[a_session(department="ent")]), False, id="elsewhere"),
        pytest.param(an_instance(a_request(minutes=60)), True, id="just long enough"),
        pytest.param(an_instance(a_request(minutes=70)), False, id="too short"),
        pytest.param(an_instance(a_request(earliest="09:40")), True, id="just in time"),
        pytest.param(an_instance(a_request(earliest="09:41")), False, id="over"),
        pytest.param(
            an_instance(commitments=[a_commitment("09:00", "10:00")]), True, id="promised to others"
        ),
    ],
)
def test_a_clinic_is_long_enough_and_late_enough(instance: Instance, there_is: bool) -> None:
    assert Table(instance).has_clinic(0) == there_is


# --- one more request ---------------------------------------------------------------------------


def known(table: Table) -> dict[str, object]:
    """What a table knows of its requests, whatever the order of lanes, columns and groups."""

    def named(number: int) -> str:
        return "" if number == NOBODY else table.groups[number]

    def lanes(request: int, number: int) -> frozenset[tuple[str, str]]:
        return frozenset(table.lanes[lane] for lane in table.lanes_of(request, number))

    prices = [
        {
            (slot, lanes(request, number)): table.price(request, number)
            for number in table.cheapest(request, 10_000).tolist()
            if (slot := table.slot(number))
        }
        for request in range(len(table.requests))
    ]
    return {
        "prices": prices,
        "numbers": table.number,
        "no_slot": table.no_slot.tolist(),
        "earliest": table.earliest.tolist(),
        "groups": [named(number) for number in table.group.tolist()],
        "sizes": dict(zip(table.groups, table.group_sizes.tolist(), strict=True)),
        "has_clinic": [table.has_clinic(request) for request in range(len(table.requests))],
    }


@given(instances(), st.integers(1, 6))
def test_who_is_added_is_known_as_if_always_there(instance: Instance, late: int) -> None:
    first = instance.requests[:-late]
    table = Table(instance.model_copy(update={"requests": first}))
    numbers = [table.add(request) for request in instance.requests[len(first) :]]
    assert numbers == list(range(len(first), len(instance.requests)))
    assert known(table) == known(Table(instance))


def test_a_pinned_request_has_a_price_in_its_own_slot_alone() -> None:
    slot = a_slot("09:20", "09:40")
    table = Table(an_instance(a_request("free", held=slot), pinned("bob", slot)))
    for request, others in ((0, True), (1, False)):
        prices = {table.slot(c): table.price(request, c) for c in table.cheapest(request, 99)}
        assert (len(prices) > 1) == others
        assert slot in prices
    own = column(table, slot)
    assert table.price(1, own) == table.price(0, own)


def test_who_is_added_changes_nothing_for_the_others() -> None:
    table = Table(an_instance(a_request("ann", patient="p")))
    columns, prices = table.cheapest(0, 100).tolist(), table.blocks[0].cost[0].tolist()
    table.add(a_request("zoe", minutes=30, patient="p", fits=[("cardiology", 0.2)]))
    assert table.cheapest(0, 100).tolist() == columns
    assert table.blocks[0].cost[0].tolist() == prices


def test_nobody_is_added_twice_or_with_a_machine_that_nobody_has() -> None:
    table = Table(an_instance(a_request("ann")))
    with pytest.raises(InvalidInstance, match="a request ann already"):
        table.add(a_request("ann"))
    with pytest.raises(InvalidInstance, match="zoe needs unknown equipment: ecg"):
        table.add(a_request("zoe", equipment=("ecg",)))
    assert table.add(a_request("zoe")) == 1


def test_an_emergency_is_added_without_slots() -> None:
    table = Table(an_instance())
    number = table.add(a_request("zoe", acuity=1))
    assert table.cheapest(number, 100).tolist() == []


def test_weights_too_large_for_who_is_added_are_refused() -> None:
    table = Table(an_instance(lateness_per_hour=1_000_000))
    long_ago = a_request("zoe").model_copy(update={"due_by": at("09:00", day=-60)})
    with pytest.raises(InvalidInstance, match="request zoe: a slot costs more than"):
        table.add(long_ago)
