"""Finished data: timetables become sessions, and problems that contradict themselves are refused."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from pydantic import ValidationError

from scheduler.domain import Weekday, WeeklySession
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, outside, require_plannable, sessions_between
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
    pinned,
)
from tests.scheduler.strategies import instances


def every_week(weekday: Weekday, start: int, who: str = "dr-li") -> WeeklySession:
    """A clinic of one hour."""
    return WeeklySession(
        practitioner=who,
        department="cardiology",
        weekday=weekday,
        start=time(start),
        end=time(start + 1),
        location="room-1",
    )


# --- names --------------------------------------------------------------------------------------


def test_two_requests_need_two_ids() -> None:
    assert an_instance(a_request("ann"), a_request("bob"))
    with pytest.raises(ValidationError, match="two of the requests have the id ann"):
        an_instance(a_request("ann"), a_request("ann"))


def test_two_practitioners_need_two_ids() -> None:
    twice = (a_practitioner("dr-li", sex="female"), a_practitioner("dr-li", sex="male"))
    with pytest.raises(ValidationError, match="two of the practitioners have the id dr-li"):
        Instance(requests=(), sessions=(), practitioners=twice)


def test_two_rooms_need_two_ids() -> None:
    assert an_instance(rooms=[a_room("room-1"), a_room("room-2")])
    with pytest.raises(ValidationError, match="two of the rooms have the id room-1"):
        an_instance(rooms=[a_room("room-1"), a_room("room-1", capacity=2)])


def test_two_machines_need_two_ids() -> None:
    assert an_instance(equipment=[a_machine("ecg"), a_machine("x-ray")])
    with pytest.raises(ValidationError, match="two of the equipment have the id ecg"):
        an_instance(equipment=[a_machine("ecg"), a_machine("ecg")])


def test_a_room_and_a_machine_may_have_the_same_name() -> None:
    assert an_instance(rooms=[a_room("ecg")], equipment=[a_machine("ecg")])


def test_a_request_has_one_opinion_of_a_department() -> None:
    assert an_instance(a_request(fits=[("cardiology", 0.9), ("neurology", 0.2)]))
    with pytest.raises(ValidationError, match="ann names the department cardiology twice"):
        an_instance(a_request(fits=[("cardiology", 0.9), ("cardiology", 0.2)]))


def test_somebody_holds_each_session() -> None:
    with pytest.raises(ValidationError, match="session names an unknown practitioner: dr-li"):
        Instance(requests=(), sessions=(a_session(who="dr-li"),), practitioners=())


def test_somebody_gave_each_promise() -> None:
    assert an_instance(commitments=[a_commitment("09:00", "09:10")])
    with pytest.raises(ValidationError, match="commitment names an unknown practitioner: dr-who"):
        an_instance(commitments=[a_commitment("09:00", "09:10", who="dr-who")])


def test_needed_equipment_is_known() -> None:
    needy = a_request(equipment=("ecg",))
    assert an_instance(needy, equipment=[a_machine("ecg", capacity=0)])
    with pytest.raises(ValidationError, match="ann needs unknown equipment: ecg"):
        an_instance(needy)


def test_somebody_promised_what_is_held() -> None:
    assert an_instance(a_request(held=a_slot()))
    with pytest.raises(
        ValidationError, match="ann holds a slot of an unknown practitioner: dr-who"
    ):
        an_instance(a_request(held=a_slot(who="dr-who")))


def test_a_wish_for_a_doctor_who_left_is_only_a_wish() -> None:
    assert an_instance(a_request(practitioner="dr-who", seen_before="dr-who"))


# --- time ---------------------------------------------------------------------------------------


def test_a_doctor_is_in_one_clinic_at_a_time() -> None:
    assert an_instance(sessions=[a_session("09:00", "10:00"), a_session("10:00", "11:00")])
    with pytest.raises(ValidationError, match="two sessions of dr-li overlap: 2026-03-02 09:00"):
        an_instance(sessions=[a_session("09:59", "11:00"), a_session("09:00", "10:00")])


def test_two_doctors_may_hold_clinics_at_once() -> None:
    assert an_instance(sessions=[a_session(who="dr-li"), a_session(who="dr-wu")])


def test_promises_may_overlap_one_another() -> None:
    """A doctor falls ill on a day that is booked already."""
    ill = [a_commitment("09:00", "09:30"), a_commitment("09:00", "12:00")]
    assert an_instance(commitments=ill).commitments == tuple(ill)


def test_contradictory_pins_are_refused() -> None:
    assert an_instance(pinned("ann"), pinned("bob", a_slot("09:20", "09:40")))
    with pytest.raises(ValidationError, match="two pinned appointments of dr-li overlap"):
        an_instance(pinned("ann"), pinned("bob", a_slot("09:10", "09:30")))


def test_what_is_held_may_overlap_as_long_as_it_may_move() -> None:
    assert an_instance(pinned("ann"), a_request("bob", held=a_slot()))


def test_an_emergency_pins_nothing() -> None:
    assert an_instance(pinned("ann"), pinned("bob", acuity=1))


def test_a_department_keeps_time_once() -> None:
    morning = a_reserve("09:00", "10:00", minutes=10)
    assert an_instance(reserves=[morning, a_reserve("10:00", "11:00", minutes=10)])
    assert an_instance(reserves=[morning, a_reserve(minutes=10, department="neurology")])
    with pytest.raises(ValidationError, match="two reserves of cardiology overlap"):
        an_instance(reserves=[morning, a_reserve("09:30", "11:00", minutes=10)])


def test_an_emergency_is_not_to_be_planned() -> None:
    require_plannable(a_request(acuity=2))
    with pytest.raises(InvalidInstance, match="request ann: an emergency"):
        require_plannable(a_request(acuity=1))


@given(instances())
def test_an_instance_survives_being_written_down(instance: Instance) -> None:
    assert Instance.model_validate_json(instance.model_dump_json()) == instance


# --- a timetable becomes sessions ---------------------------------------------------------------


def test_a_timetable_gives_the_clinics_of_each_day_in_order() -> None:
    weekly = [every_week("tue", 9), every_week("mon", 14), every_week("mon", 8, "dr-wu")]
    found = sessions_between(weekly, MONDAY.date(), days=8)
    assert [(session.start, session.practitioner) for session in found] == [
        (at("08:00"), "dr-wu"),
        (at("14:00"), "dr-li"),
        (at("09:00", day=1), "dr-li"),
        (at("08:00", day=7), "dr-wu"),
        (at("14:00", day=7), "dr-li"),
    ]
    assert {session.location for session in found} == {"room-1"}


def test_a_day_without_clinics_gives_none() -> None:
    assert sessions_between([every_week("sun", 9)], MONDAY.date(), days=6) == ()


@pytest.mark.parametrize(
    ("since", "until", "left"),
    [
        ("07:00", "08:00", [("08:00", "12:00")]),
        ("12:00", "13:00", [("08:00", "12:00")]),
        ("07:00", "09:00", [("09:00", "12:00")]),
        ("11:00", "13:00", [("08:00", "11:00")]),
        ("09:00", "10:00", [("08:00", "09:00"), ("10:00", "12:00")]),
        ("08:00", "12:00", []),
    ],
)
def test_time_is_cut_out_of_a_session(since: str, until: str, left: list[tuple[str, str]]) -> None:
    session = a_session(start="08:00", end="12:00")
    parts = outside(session, at(since), at(until))
    assert [(part.start, part.end) for part in parts] == [(at(a), at(b)) for a, b in left]
    assert {part.location for part in parts} <= {session.location}
