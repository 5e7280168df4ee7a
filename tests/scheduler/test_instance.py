"""Finished data: which slots a request has, and which problems contradict themselves."""

from __future__ import annotations

from datetime import time

import pytest
from pydantic import ValidationError

from scheduler.domain import Weekday, WeeklySession
from scheduler.errors import InvalidInstance
from scheduler.instance import (
    Instance,
    candidates,
    require_plannable,
    sessions_between,
    share_promised,
)
from tests.scheduler.builders import (
    MONDAY,
    a_commitment,
    a_practitioner,
    a_request,
    a_session,
    a_slot,
    an_instance,
    at,
    starts,
)


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


# --- problems that contradict themselves --------------------------------------------------------


def test_two_requests_need_two_ids() -> None:
    assert an_instance(a_request("ann"), a_request("bob"))
    with pytest.raises(ValidationError, match="two requests have the same id"):
        an_instance(a_request("ann"), a_request("ann"))


def test_two_practitioners_need_two_ids() -> None:
    twice = (a_practitioner("dr-li", sex="female"), a_practitioner("dr-li", sex="male"))
    with pytest.raises(ValidationError, match="two practitioners have the same id"):
        Instance(requests=(), sessions=(), practitioners=twice)


def test_a_request_has_one_opinion_of_a_department() -> None:
    assert an_instance(a_request(fits=[("cardiology", 0.9), ("neurology", 0.2)]))
    with pytest.raises(ValidationError, match="names a department twice"):
        an_instance(a_request(fits=[("cardiology", 0.9), ("cardiology", 0.2)]))


def test_somebody_holds_each_session() -> None:
    with pytest.raises(ValidationError, match="unknown practitioner: dr-li"):
        Instance(requests=(), sessions=(a_session(who="dr-li"),), practitioners=())


def test_an_emergency_is_not_to_be_planned() -> None:
    require_plannable(a_request(acuity=2))
    with pytest.raises(InvalidInstance, match="emergency"):
        require_plannable(a_request(acuity=1))


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


# --- sessions become slots ----------------------------------------------------------------------


def test_slots_fill_the_session_and_stay_inside() -> None:
    assert starts(an_instance(a_request(minutes=30))) == ["09:00", "09:10", "09:20", "09:30"]


def test_a_visit_longer_than_the_session_has_no_slot() -> None:
    assert starts(an_instance(a_request(minutes=60))) == ["09:00"]
    assert starts(an_instance(a_request(minutes=70))) == []


def test_slots_start_on_the_grid_even_where_the_session_does_not() -> None:
    offbeat = an_instance(sessions=[a_session("09:05", "09:55")])
    assert starts(offbeat) == ["09:10", "09:20", "09:30"]


def test_other_departments_have_no_slots_for_it() -> None:
    assert starts(an_instance(sessions=[a_session(department="neurology")])) == []


def test_each_department_gives_its_own_length_and_room() -> None:
    instance = an_instance(sessions=[a_session(location="room-7")])
    slots = [option.slot for option in candidates(instance, instance.requests[0])]
    assert a_slot("09:20", "09:40", location="room-7") in slots
    assert {slot.location for slot in slots} == {"room-7"}


def test_the_cheapest_slot_comes_first() -> None:
    instance = an_instance(
        a_request(acuity=2, part_of_day="afternoon"),
        sessions=[
            a_session("09:00", "10:00"),
            a_session("13:00", "14:00"),
        ],
    )
    costs = [option.cost for option in candidates(instance, instance.requests[0])]
    assert costs == sorted(costs)


def test_a_slot_of_two_sessions_is_offered_once_and_at_the_lower_price() -> None:
    """A clinic that was entered twice, once longer: the longer one is less full."""
    twice = [a_session("09:00", "10:00"), a_session("09:00", "11:00")]
    instance = an_instance(sessions=twice, commitments=[a_commitment("09:00", "09:30")], load=60)
    offered = candidates(instance, instance.requests[0])
    assert len(offered) == len({option.slot for option in offered})
    assert {option.costs["load"] for option in offered} == {15}
    assert share_promised(instance, offered[0].slot) == 0.25


# --- how full a session is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promised", "share"),
    [
        ([], 0),
        ([("09:00", "09:30")], 0.5),
        ([("08:00", "09:15"), ("09:45", "11:00")], 0.5),
        ([("09:00", "09:30"), ("09:10", "09:40")], 2 / 3),
        ([("08:00", "12:00"), ("09:00", "09:30")], 1),
        ([("10:00", "12:00")], 0),
    ],
)
def test_promised_time_counts_once_and_only_within_the_session(
    promised: list[tuple[str, str]], share: float
) -> None:
    commitments = [a_commitment(*times) for times in promised]
    assert share_promised(an_instance(commitments=commitments), a_slot()) == pytest.approx(share)


def test_the_time_of_other_doctors_does_not_count() -> None:
    instance = an_instance(commitments=[a_commitment("09:00", "10:00", who="dr-wu")])
    assert share_promised(instance, a_slot()) == 0


def test_a_slot_outside_every_session_has_no_share() -> None:
    with pytest.raises(InvalidInstance, match="no session of dr-li"):
        share_promised(an_instance(), a_slot("12:00", "12:20"))
