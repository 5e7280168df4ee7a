"""Every rule both ways: what it allows and forbids, what it charges and what it does not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from scheduler.domain import AppointmentRequest, Practitioner, Room, Slot
from scheduler.rules import (
    HARD,
    SOFT,
    WHOLE_PLAN,
    Weights,
    fairness_price,
    load_prices,
    price_of_no_slot,
    reserve_price,
)
from scheduler.rules.soft import part_of_day
from scheduler.table import Table
from tests.scheduler.builders import (
    a_practitioner,
    a_request,
    a_room,
    a_session,
    a_slot,
    an_instance,
    column,
)


def a_table(
    request: AppointmentRequest,
    slot: Slot,
    practitioner: Practitioner | None = None,
    rooms: tuple[Room, ...] = (),
    **weights: int,
) -> Table:
    """One request, and one long clinic around a slot."""
    clinic = a_session(
        "06:00",
        "23:00",
        who=slot.practitioner,
        department=slot.department,
        location=slot.location,
    )
    known = [practitioner] if practitioner else []
    return Table(
        an_instance(request, sessions=[clinic], practitioners=known, rooms=rooms, **weights)
    )


def forbidden_by(
    request: AppointmentRequest | None = None,
    slot: Slot | None = None,
    practitioner: Practitioner | None = None,
    rooms: tuple[Room, ...] = (),
) -> set[str]:
    """The hard rules that the first visit of the morning breaks."""
    request, slot = request or a_request(), slot or a_slot()
    table = a_table(request, slot, practitioner, rooms)
    options = table.options(0, np.array([column(table, slot)]), request.departments[0])
    return {rule.name for rule in HARD if not rule.allows(options).all()}


def charged(
    request: AppointmentRequest | None = None,
    slot: Slot | None = None,
    practitioner: Practitioner | None = None,
    **weights: int,
) -> dict[str, int]:
    """What the soft rules charge; those that charge nothing are left out."""
    request, slot = request or a_request(), slot or a_slot()
    table = a_table(request, slot, practitioner, **weights)
    prices = table.assignment(0, column(table, slot)).costs
    assert prices.keys() == {rule.name for rule in SOFT}
    return {name: points for name, points in prices.items() if points}


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [*(rule.name for rule in (*HARD, *SOFT)), *WHOLE_PLAN, "unplaced"]
    assert len(names) == len(set(names))


def test_a_visit_that_suits_everybody_is_free() -> None:
    assert forbidden_by() == set()
    assert charged() == {}


# --- hard ---------------------------------------------------------------------------------------


def test_nobody_is_seen_before_their_earliest_time() -> None:
    assert forbidden_by(a_request(earliest="09:00")) == set()
    assert forbidden_by(a_request(earliest="09:01")) == {"earliest"}


def test_half_a_minute_is_too_early_as_well() -> None:
    hurried = a_request()
    early = hurried.model_copy(update={"earliest": hurried.earliest + timedelta(seconds=30)})
    assert forbidden_by(early) == {"earliest"}


def test_doctors_see_patients_in_their_own_departments() -> None:
    cardiologist = a_practitioner(departments=("neurology", "cardiology"))
    neurologist = a_practitioner(departments=("neurology",))
    assert forbidden_by(practitioner=cardiologist) == set()
    assert forbidden_by(practitioner=neurologist) == {"works_in_department"}


def test_a_doctor_whose_departments_are_not_known_may_work_in_any() -> None:
    assert forbidden_by(practitioner=a_practitioner(departments=())) == set()


def test_the_doctor_has_every_skill_that_is_needed() -> None:
    needy = a_request(skills=("cutting", "sewing"))
    both = a_practitioner(skills=("sewing", "singing", "cutting"))
    assert forbidden_by(needy, practitioner=both) == set()
    assert forbidden_by(needy, practitioner=a_practitioner(skills=("sewing",))) == {"skill"}
    assert forbidden_by(practitioner=a_practitioner(skills=())) == set()


def test_a_wheelchair_gets_into_the_room() -> None:
    ann, slot = a_request(wheelchair=True), a_slot(location="room-1")
    assert forbidden_by(ann, slot, rooms=(a_room(wheelchair=True),)) == set()
    assert forbidden_by(ann, slot, rooms=(a_room(wheelchair=False),)) == {"wheelchair_room"}
    assert forbidden_by(a_request(), slot, rooms=(a_room(wheelchair=False),)) == set()


@pytest.mark.parametrize("location", [None, "room-9"])
def test_a_room_that_nobody_described_is_not_known_to_let_a_wheelchair_in(
    location: str | None,
) -> None:
    rooms = (a_room("room-1", wheelchair=True),)
    ann, slot = a_request(wheelchair=True), a_slot(location=location)
    assert forbidden_by(ann, slot, rooms=rooms) == {"wheelchair_room"}


# --- soft, one visit ----------------------------------------------------------------------------


def test_waiting_costs_by_the_hour() -> None:
    assert charged(a_request(earliest="09:00")) == {}
    assert charged(a_request(earliest="07:00")) == {"waiting": 20}


def test_waiting_costs_more_the_more_urgent_it_is() -> None:
    by_acuity = [charged(a_request(acuity=a, earliest="07:00")) for a in (2, 3, 4, 5)]
    assert by_acuity == [{"waiting": 40}, {"waiting": 30}, {"waiting": 20}, {"waiting": 10}]


def test_what_is_counted_by_the_minute_is_rounded_down() -> None:
    assert charged(a_request(earliest="08:55")) == {}  # 5 minutes at 10 points an hour: 0.8
    assert charged(a_request(earliest="08:54")) == {"waiting": 1}


def test_being_late_costs_and_being_early_earns_nothing() -> None:
    assert charged(a_request(due_by="09:00")) == {}
    assert charged(a_request(due_by="17:00")) == {}
    assert charged(a_request(due_by="08:00")) == {"lateness": 60}
    assert charged(a_request(due_by="08:00", acuity=2)) == {"lateness": 120}


def test_a_department_that_suits_less_costs_the_difference() -> None:
    torn = a_request(fits=[("cardiology", 0.9), ("neurology", 0.4)])
    assert charged(torn, a_slot(department="cardiology")) == {}
    assert charged(torn, a_slot(department="neurology")) == {"department_fit": 300}


def test_a_weak_fit_costs_nothing_where_there_is_no_better() -> None:
    assert charged(a_request(fits=[("cardiology", 0.1)])) == {}


def test_another_doctor_than_wished_for_costs() -> None:
    wish = a_request(practitioner="dr-li")
    assert charged(wish, a_slot(who="dr-li")) == {}
    assert charged(wish, a_slot(who="dr-wu")) == {"wish_practitioner": 900}


@pytest.mark.parametrize("sex", ["male", None])
def test_a_doctor_not_known_to_be_of_the_wished_sex_costs(sex: str | None) -> None:
    wish = a_request(sex="female")
    assert charged(wish, practitioner=a_practitioner(sex="female")) == {}
    assert charged(wish, practitioner=a_practitioner(sex=sex)) == {"wish_sex": 600}


def test_a_doctor_who_does_not_speak_the_language_costs() -> None:
    wish = a_request(language="en")
    assert charged(wish, practitioner=a_practitioner(languages=("zh", "en"))) == {}
    stranger = charged(wish, practitioner=a_practitioner(languages=("zh",)))
    assert stranger == {"wish_language": 300}


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("06:00", "morning"),
        ("11:50", "morning"),
        ("12:00", "afternoon"),
        ("17:50", "afternoon"),
        ("18:00", "evening"),
    ],
)
def test_another_part_of_the_day_than_wished_for_costs(clock: str, part: str) -> None:
    slot = a_slot(clock, "23:00")
    slot = slot.model_copy(update={"end": slot.start + timedelta(minutes=20)})
    assert part_of_day(slot.start) == part
    for wish in ("morning", "afternoon", "evening"):
        ann = a_request(part_of_day=wish, earliest="06:00", due_by="23:00")
        missed = {} if wish == part else {"wish_part_of_day": 200}
        assert charged(ann, slot, waiting_per_hour=0) == missed


def test_a_doctor_who_does_not_know_the_patient_costs() -> None:
    known = a_request(seen_before="dr-li")
    assert charged(known, a_slot(who="dr-li")) == {}
    assert charged(known, a_slot(who="dr-wu")) == {"continuity": 300}
    assert charged(a_request(), a_slot(who="dr-wu")) == {}


def test_keeping_a_promise_is_free() -> None:
    assert charged(a_request(held=a_slot()), a_slot()) == {}


@pytest.mark.parametrize(
    "slot", [a_slot("09:10", "09:30"), a_slot(who="dr-wu"), a_slot(department="neurology")]
)
def test_moving_a_promise_costs(slot: Slot) -> None:
    held = a_request(held=slot, fits=[("cardiology", 1.0), ("neurology", 1.0)])
    people = [a_practitioner("dr-li"), a_practitioner("dr-wu")]
    table = Table(an_instance(held, practitioners=people))
    assert table.assignment(0, column(table, a_slot())).costs["moving"] == 400


def test_another_room_or_length_moves_nobody() -> None:
    held = a_slot("09:00", "09:30", location="room-2")
    assert charged(a_request(held=held), a_slot(location="room-1")) == {}


# --- soft, without a slot -----------------------------------------------------------------------


def test_going_without_a_slot_costs_more_the_more_urgent_it_is() -> None:
    by_acuity = [price_of_no_slot(a_request(acuity=a), Weights(unplaced=100)) for a in (2, 3, 4, 5)]
    assert by_acuity == [200, 150, 100, 50]
    assert price_of_no_slot(a_request(), Weights(unplaced=0)) == 0


def test_losing_what_was_promised_is_moving_too() -> None:
    weights = Weights(unplaced=100, moving=7)
    assert price_of_no_slot(a_request(held=a_slot()), weights) == 107
    assert price_of_no_slot(a_request(), weights) == 100


def test_an_emergency_is_not_waiting_for_a_slot() -> None:
    assert price_of_no_slot(a_request(acuity=1, held=a_slot()), Weights()) == 0


# --- soft, the plan as a whole ------------------------------------------------------------------


def test_the_fuller_a_day_is_the_more_the_next_step_costs() -> None:
    prices = load_prices(capacity=10, most=11, weight=100)
    assert np.diff(prices).tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]


def test_an_even_load_is_the_cheapest() -> None:
    prices = load_prices(capacity=6, most=6, weight=50)
    assert prices[0] == 0
    splits = [prices[one] + prices[6 - one] for one in range(4)]
    assert splits == sorted(splits, reverse=True)


def test_load_without_weight_or_without_a_day_costs_nothing() -> None:
    assert not load_prices(capacity=6, most=7, weight=0).any()
    assert load_prices(capacity=0, most=1, weight=100).tolist() == [0, 0]


def test_elective_visits_pay_for_the_steps_beyond_what_is_free() -> None:
    prices = reserve_price(np.array([0, 3, 4, 6]), np.array([3, 3, 3, 3]), 150)
    assert prices.tolist() == [0, 0, 150, 450]


def test_groups_that_wait_alike_cost_nothing() -> None:
    assert fairness_price(np.array([60, 120]), np.array([1, 2]), 20) == 0
    assert fairness_price(np.array([70]), np.array([1]), 20) == 0


def test_waiting_beyond_the_average_costs_by_the_hour() -> None:
    # The average waits half an hour; one patient waits half an hour longer.
    assert fairness_price(np.array([60, 0]), np.array([1, 1]), 20) == 10
    # Each of two patients waits twenty minutes longer than the average of forty.
    assert fairness_price(np.array([120, 0]), np.array([2, 1]), 60) == 40


def test_fairness_is_rounded_up() -> None:
    assert fairness_price(np.array([1, 0]), np.array([1, 1]), 1) == 1
    assert fairness_price(np.array([0, 0]), np.array([1, 1]), 1) == 0


def test_where_nobody_is_in_a_group_nothing_is_unfair() -> None:
    assert fairness_price(np.array([], dtype=np.int64), np.array([], dtype=np.int64), 20) == 0


def test_many_plans_are_compared_at_once() -> None:
    waited = np.array([[60, 0], [30, 30], [0, 60]])
    assert fairness_price(waited, np.array([1, 1]), 20).tolist() == [10, 0, 10]


# --- weights ------------------------------------------------------------------------------------


def test_a_rule_without_weight_charges_nothing() -> None:
    unhappy = a_request(
        earliest="07:00",
        due_by="08:00",
        sex="female",
        language="en",
        part_of_day="evening",
        practitioner="dr-wu",
        seen_before="dr-wu",
        held=a_slot("10:00", "10:20"),
        fits=[("cardiology", 0.1), ("neurology", 0.9)],
    )
    assert charged(unhappy).keys() == {rule.name for rule in SOFT}
    assert charged(unhappy, **dict.fromkeys(Weights.model_fields, 0)) == {}


@pytest.mark.parametrize("points", [-1, 1_000_001])
def test_no_rule_may_reward_or_drown_the_others(points: int) -> None:
    assert Weights(load=1_000_000).load == 1_000_000
    with pytest.raises(ValidationError, match="load"):
        Weights(load=points)
