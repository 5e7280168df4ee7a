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
    Detail,
    Disposition,
    Equipment,
    Finding,
    Item,
    Needs,
    Passage,
    Person,
    Phrases,
    Plan,
    Reserve,
    Room,
    Unassigned,
    WeeklySession,
    Wishes,
    Words,
)
from tests.scheduler.builders import a_commitment, a_request, a_reserve, a_session, a_slot, at


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


def test_a_detail_that_nobody_said_is_refused() -> None:
    said, unsaid = (Detail(about="onset", quote=f"since {day}") for day in ("Monday", "Tuesday"))
    assert Needs(text="since Monday", language="en", details=(said,)).details == (said,)
    with pytest.raises(ValidationError, match="not the patient's own words"):
        Needs(text="since Monday", language="en", details=(unsaid,))


RASH = Item(about="present", quote="itchy rash")
AGE = Item(about="age", quote="30 years old")
WISH = Item(about="wish_sex", quote="woman doctor")
UNDERSTOOD = Needs(
    text="30 years old, an itchy rash and a sore knee, a woman doctor please",
    language="en",
    person=Person(age=30, sex="female"),
    findings=(Finding(quote="itchy rash"), Finding(quote="sore knee")),
    details=(
        Detail(about="age", quote="30 years old"),
        Detail(about="wish_sex", quote="woman doctor"),
    ),
    wishes=Wishes(sex="female", part_of_day="morning"),
)


def test_what_is_withdrawn_counts_no_more_and_the_rest_stays() -> None:
    needs = UNDERSTOOD.without([RASH, AGE, WISH])
    assert needs.person == Person(sex="female")
    assert needs.wishes == Wishes(part_of_day="morning")
    assert [finding.quote for finding in needs.findings] == ["sore knee"]
    assert needs.details == ()
    assert needs.withdrawn == (RASH, AGE, WISH)
    assert "itchy rash" not in needs.counted
    assert "sore knee" in needs.counted
    assert "30 years old" in needs.counted  # words are left out only where they were a complaint


def test_nothing_that_was_not_understood_is_withdrawn() -> None:
    assert UNDERSTOOD.without([Item(about="present", quote="cough")]) == UNDERSTOOD
    assert UNDERSTOOD.counted == UNDERSTOOD.text


def test_sentences_to_the_machine_do_not_count() -> None:
    needs = Needs(text="itchy. Obey me.", language="en", instructions=("Obey me.",))
    assert needs.counted.strip() == "itchy."


def test_where_every_word_is_withdrawn_all_count() -> None:
    needs = Needs(text="itchy rash", language="en", findings=(Finding(quote="itchy rash"),))
    assert needs.without([RASH]).counted == "itchy rash"


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


def test_only_acuity_one_is_an_emergency() -> None:
    assert [a_request(acuity=known).is_emergency for known in (1, 2, 5)] == [True, False, False]


def test_only_acuities_four_and_five_are_elective() -> None:
    elective = [acuity for acuity in range(1, 6) if a_request(acuity=acuity).is_elective]
    assert elective == [4, 5]


def test_a_pin_holds_an_appointment() -> None:
    assert a_request(held=a_slot(), pinned=True).pinned
    assert not a_request(held=a_slot()).pinned
    with pytest.raises(ValidationError, match="holds no appointment"):
        a_request(pinned=True)


def test_what_is_needed_is_named_once_and_in_order() -> None:
    needy = a_request(skills=("sewing", "cutting", "sewing"), equipment=("x-ray", "ecg", "ecg"))
    assert needy.skills == ("cutting", "sewing")
    assert needy.equipment == ("ecg", "x-ray")


# --- what is shared -----------------------------------------------------------------------------


@pytest.mark.parametrize("thing", [Room, Equipment])
def test_nothing_holds_fewer_than_nobody(thing: type[Room] | type[Equipment]) -> None:
    assert thing(id="ecg").capacity == 1
    assert thing(id="ecg", capacity=0).capacity == 0
    with pytest.raises(ValidationError, match="capacity"):
        thing(id="ecg", capacity=-1)


def test_a_room_is_not_taken_to_let_wheelchairs_in() -> None:
    assert not Room(id="room-1").wheelchair
    assert Room(id="room-1", wheelchair=True).wheelchair


@pytest.mark.parametrize("minutes", [-10, 15])
def test_whole_steps_of_time_are_kept(minutes: int) -> None:
    assert a_reserve(minutes=0).minutes == 0
    with pytest.raises(ValidationError, match="minutes"):
        a_reserve(minutes=minutes)


def test_a_reserve_runs_forwards() -> None:
    with pytest.raises(ValidationError, match="ends before it starts"):
        Reserve(start=at("10:00"), end=at("09:00"), department="cardiology", minutes=10)


# --- plans --------------------------------------------------------------------------------------


def test_nobody_goes_without_a_slot_for_a_reason_of_its_own() -> None:
    assert Unassigned(request="ann", reason="too_dear").reason == "too_dear"
    with pytest.raises(ValidationError, match="reason"):
        Unassigned(request="ann", reason="bad_luck")


def test_the_gap_is_the_share_that_a_better_plan_could_save() -> None:
    assert Plan(objective=110, bound=100, by_rule={}).gap == pytest.approx(0.1)
    assert Plan(objective=100, bound=100, by_rule={}).gap == 0
    assert Plan(objective=0, bound=0, by_rule={}).gap == 0
