"""Every rule both ways: what it allows and forbids, what it charges and what it does not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from scheduler.domain import AppointmentRequest, Commitment, Practitioner, Slot
from scheduler.rules import HARD, SOFT, Choice, Weights, price_of_no_slot
from scheduler.rules.soft import part_of_day
from tests.scheduler.builders import a_commitment, a_practitioner, a_request, a_slot


def a_choice(
    request: AppointmentRequest | None = None,
    slot: Slot | None = None,
    *,
    practitioner: Practitioner | None = None,
    load: float = 0.0,
    busy: tuple[Commitment, ...] = (),
) -> Choice:
    """The first visit of the morning, for whom every rule is content."""
    request, slot = request or a_request(), slot or a_slot()
    (fit,) = [fit for fit in request.departments if fit.department == slot.department]
    person = practitioner or a_practitioner(slot.practitioner)
    return Choice(request, slot, fit, person, load, busy)


def forbidden_by(choice: Choice) -> set[str]:
    """The hard rules that a choice breaks."""
    return {rule.name for rule in HARD if rule.forbids(choice)}


def charged(choice: Choice, **weights: int) -> dict[str, int]:
    """What the soft rules charge; those that charge nothing are left out."""
    prices = {rule.name: rule.cost(choice, Weights(**weights)) for rule in SOFT}
    return {name: points for name, points in prices.items() if points}


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule.name for rule in (*HARD, *SOFT)]
    assert len(names) == len(set(names))
    assert "unplaced" not in names


def test_a_choice_that_suits_everybody_is_free() -> None:
    assert forbidden_by(a_choice()) == set()
    assert charged(a_choice()) == {}


# --- hard ---------------------------------------------------------------------------------------


def test_nobody_is_seen_before_their_earliest_time() -> None:
    assert forbidden_by(a_choice(a_request(earliest="09:00"))) == set()
    assert forbidden_by(a_choice(a_request(earliest="09:01"))) == {"earliest"}


def test_promised_time_is_not_promised_again() -> None:
    just_before_and_after = (a_commitment("08:40", "09:00"), a_commitment("09:20", "09:40"))
    assert forbidden_by(a_choice(busy=just_before_and_after)) == set()
    assert forbidden_by(a_choice(busy=(a_commitment("09:19", "09:40"),))) == {"no_overlap"}


def test_doctors_see_patients_in_their_own_departments() -> None:
    cardiologist = a_practitioner(departments=("neurology", "cardiology"))
    neurologist = a_practitioner(departments=("neurology",))
    assert forbidden_by(a_choice(practitioner=cardiologist)) == set()
    assert forbidden_by(a_choice(practitioner=neurologist)) == {"works_in_department"}


def test_a_doctor_whose_departments_are_not_known_may_work_in_any() -> None:
    assert forbidden_by(a_choice(practitioner=a_practitioner(departments=()))) == set()


# --- soft ---------------------------------------------------------------------------------------


def test_waiting_costs_by_the_hour() -> None:
    assert charged(a_choice(a_request(earliest="09:00"))) == {}
    assert charged(a_choice(a_request(earliest="07:00"))) == {"waiting": 20}


def test_waiting_costs_more_the_more_urgent_it_is() -> None:
    by_acuity = [charged(a_choice(a_request(acuity=a, earliest="07:00"))) for a in (2, 3, 4, 5)]
    assert by_acuity == [{"waiting": 40}, {"waiting": 30}, {"waiting": 20}, {"waiting": 10}]


def test_being_late_costs_and_being_early_earns_nothing() -> None:
    assert charged(a_choice(a_request(due_by="09:00"))) == {}
    assert charged(a_choice(a_request(due_by="17:00"))) == {}
    assert charged(a_choice(a_request(due_by="08:00"))) == {"lateness": 60}
    assert charged(a_choice(a_request(due_by="08:00", acuity=2))) == {"lateness": 120}


def test_a_department_that_suits_less_costs_the_difference() -> None:
    torn = a_request(fits=[("cardiology", 0.9), ("neurology", 0.4)])
    assert charged(a_choice(torn, a_slot(department="cardiology"))) == {}
    assert charged(a_choice(torn, a_slot(department="neurology"))) == {"department_fit": 300}


def test_a_weak_fit_costs_nothing_where_there_is_no_better() -> None:
    assert charged(a_choice(a_request(fits=[("cardiology", 0.1)]))) == {}


def test_another_doctor_than_wished_for_costs() -> None:
    wish = a_request(practitioner="dr-li")
    assert charged(a_choice(wish, a_slot(who="dr-li"))) == {}
    assert charged(a_choice(wish, a_slot(who="dr-wu"))) == {"wish_practitioner": 900}


@pytest.mark.parametrize("sex", ["male", None])
def test_a_doctor_not_known_to_be_of_the_wished_sex_costs(sex: str | None) -> None:
    wish = a_request(sex="female")
    assert charged(a_choice(wish, practitioner=a_practitioner(sex="female"))) == {}
    assert charged(a_choice(wish, practitioner=a_practitioner(sex=sex))) == {"wish_sex": 600}


def test_a_doctor_who_does_not_speak_the_language_costs() -> None:
    wish = a_request(language="en")
    assert charged(a_choice(wish, practitioner=a_practitioner(languages=("zh", "en")))) == {}
    stranger = a_choice(wish, practitioner=a_practitioner(languages=("zh",)))
    assert charged(stranger) == {"wish_language": 300}


def test_another_part_of_the_day_than_wished_for_costs() -> None:
    assert charged(a_choice(a_request(part_of_day="morning"))) == {}
    assert charged(a_choice(a_request(part_of_day="evening"))) == {"wish_part_of_day": 200}


def test_a_full_session_costs_more_than_an_empty_one() -> None:
    assert charged(a_choice(load=0.0)) == {}
    assert charged(a_choice(load=0.5)) == {"load": 30}


def test_going_without_a_slot_costs_more_the_more_urgent_it_is() -> None:
    by_acuity = [price_of_no_slot(a_request(acuity=a), Weights(unplaced=100)) for a in (2, 3, 4, 5)]
    assert by_acuity == [200, 150, 100, 50]
    assert price_of_no_slot(a_request(), Weights(unplaced=0)) == 0


def test_a_rule_without_weight_charges_nothing() -> None:
    unhappy = a_choice(
        a_request(
            earliest="07:00",
            due_by="08:00",
            sex="female",
            language="en",
            part_of_day="evening",
            practitioner="dr-wu",
            fits=[("cardiology", 0.1), ("neurology", 0.9)],
        ),
        load=1.0,
    )
    weightless = dict.fromkeys(Weights.model_fields, 0)
    assert charged(unhappy).keys() == {rule.name for rule in SOFT}
    assert charged(unhappy, **weightless) == {}


def test_no_rule_may_reward() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Weights(load=-1)


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("00:00", "morning"),
        ("11:50", "morning"),
        ("12:00", "afternoon"),
        ("17:50", "afternoon"),
        ("18:00", "evening"),
    ],
)
def test_noon_and_six_divide_the_day(clock: str, part: str) -> None:
    assert part_of_day(a_slot(clock, "23:59").start) == part
