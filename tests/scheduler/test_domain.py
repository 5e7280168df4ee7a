"""The vocabulary: what can be said, and what cannot."""

from __future__ import annotations

from datetime import time
from typing import Literal

import pytest
from pydantic import ValidationError

from scheduler.domain import (
    Assignment,
    Clientele,
    DepartmentFit,
    Disposition,
    Finding,
    Needs,
    Passage,
    Person,
    Phrases,
    WeeklySession,
    Wishes,
    Words,
)
from tests.scheduler.builders import a_commitment, a_request, a_session, a_slot


def test_words_fall_back_on_the_other_language() -> None:
    assert Words(en="Heart", zh="心").in_language("zh") == "心"
    assert Words(en="Heart").in_language("zh") == "Heart"
    assert Words(zh="心").in_language("en") == "心"


def test_words_in_no_language_are_refused() -> None:
    with pytest.raises(ValidationError, match="at least one language"):
        Words()


def test_a_passage_falls_back_on_the_other_language() -> None:
    passage = Passage(id="ecg", title=Words(en="ECG"), zh="心电图")
    assert passage.in_language("en") == "心电图"


def test_phrases_of_both_languages_come_together() -> None:
    assert Phrases(en=("cough",), zh=("咳嗽",)).everything() == ("cough", "咳嗽")


def test_values_never_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Person(age=40).age = 41


def test_a_misspelt_wish_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Wishes(sexx="female")


# --- people and urgency -------------------------------------------------------------------------


def test_findings_quote_the_patient() -> None:
    said = Finding(quote="chest hurts")
    denied = Finding(quote="no fever", status="absent")
    needs = Needs(text="my chest hurts, no fever", language="en", findings=(said, denied))
    assert needs.present == (said,)


@pytest.mark.parametrize("field", ["onset", "severity"])
def test_a_detail_that_nobody_said_is_refused(field: str) -> None:
    assert Needs(text="since Monday", language="en", **{field: "since Monday"})
    with pytest.raises(ValidationError, match="not the patient's own words"):
        Needs(text="since Monday", language="en", **{field: "since Tuesday"})


def test_a_finding_that_nobody_said_is_refused() -> None:
    with pytest.raises(ValidationError, match="not the patient's own words"):
        Needs(text="my knee hurts", language="en", findings=(Finding(quote="chest pain"),))


def test_only_the_two_emergencies_are_emergencies() -> None:
    emergencies = {disposition for disposition in Disposition if disposition.is_emergency}
    assert emergencies == {Disposition.EMERGENCY, Disposition.EMERGENCY_AMBULANCE}


@pytest.mark.parametrize(
    ("sees", "person", "why"),
    [
        (Clientele(min_age=14), Person(age=14), None),
        (Clientele(min_age=14), Person(age=13.5), "age"),
        (Clientele(max_age=18), Person(age=18), None),
        (Clientele(max_age=18), Person(age=18.5), "age"),
        (Clientele(sex="female"), Person(sex="female"), None),
        (Clientele(sex="female"), Person(sex="male"), "sex"),
        (Clientele(pregnant="yes"), Person(pregnant=True), None),
        (Clientele(pregnant="yes"), Person(pregnant=False), "pregnancy"),
        (Clientele(pregnant="no"), Person(pregnant=False), None),
        (Clientele(pregnant="no"), Person(pregnant=True), "pregnancy"),
    ],
)
def test_a_department_sees_its_own_clientele(
    sees: Clientele, person: Person, why: Literal["age", "sex", "pregnancy"] | None
) -> None:
    assert sees.refuses(person) == why


def test_nobody_is_refused_for_what_is_not_known() -> None:
    choosy = Clientele(min_age=14, max_age=18, sex="female", pregnant="yes")
    assert choosy.refuses(Person()) is None


# --- time ---------------------------------------------------------------------------------------


def test_visits_that_touch_do_not_overlap() -> None:
    first, second = a_slot("09:00", "09:20"), a_slot("09:20", "09:40")
    assert not first.overlaps(second)
    assert not second.overlaps(first)


@pytest.mark.parametrize("other", [("09:10", "09:30"), ("08:00", "10:00"), ("09:05", "09:10")])
def test_visits_that_share_a_moment_overlap(other: tuple[str, str]) -> None:
    assert a_slot("09:00", "09:20").overlaps(a_commitment(*other))
    assert a_commitment(*other).overlaps(a_slot("09:00", "09:20"))


@pytest.mark.parametrize("end", ["09:00", "08:00"])
def test_time_runs_forwards(end: str) -> None:
    with pytest.raises(ValidationError, match="ends before it starts"):
        a_session("09:00", end)
    with pytest.raises(ValidationError, match="ends before it starts"):
        WeeklySession(
            practitioner="dr-li",
            department="cardiology",
            weekday="mon",
            start=time(9),
            end=time.fromisoformat(end),
        )


# --- requests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("acuity", [0, 6])
def test_acuity_runs_from_one_to_five(acuity: int) -> None:
    assert [a_request(acuity=known).acuity for known in range(1, 6)] == [1, 2, 3, 4, 5]
    with pytest.raises(ValidationError, match="acuity"):
        a_request(acuity=acuity)


def test_a_request_names_a_department() -> None:
    with pytest.raises(ValidationError, match="departments"):
        a_request(fits=())


@pytest.mark.parametrize("minutes", [0, 15, 250])
def test_visits_last_whole_steps_of_the_grid(minutes: int) -> None:
    assert DepartmentFit(department="cardiology", fit=1, minutes=240).minutes == 240
    with pytest.raises(ValidationError, match="minutes"):
        DepartmentFit(department="cardiology", fit=1, minutes=minutes)


@pytest.mark.parametrize("fit", [-0.1, 1.1])
def test_a_fit_is_a_confidence(fit: float) -> None:
    with pytest.raises(ValidationError, match="fit"):
        DepartmentFit(department="cardiology", fit=fit)


@pytest.mark.parametrize("name", ["", "two words", "-dash", "x" * 65, "a/b"])
def test_an_id_is_one_plain_word(name: str) -> None:
    assert a_request("心内科.dr-li:7").id == "心内科.dr-li:7"
    with pytest.raises(ValidationError, match="id"):
        a_request(name)


def test_an_assignment_costs_what_its_rules_charge() -> None:
    charged = Assignment(request="ann", slot=a_slot(), costs={"waiting": 10, "load": 5})
    assert charged.cost == 15
