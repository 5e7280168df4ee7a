"""The scripted patient tells what the text tells, and a conversation ends."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.answer import Heard
from assistant.dialogue import AGES, UNKNOWN, Option, Question
from assistant.evaluation.dialogues import ScriptedPatient, answered, converse
from assistant.reception import Reception
from knowledge.red_flags import RedFlags
from scheduler.domain import Person
from tests.assistant.evaluation.builders import a_case

NOBODY = Person()
FEVER = "a high fever since monday, and a stomach ache after meals"


def knowing(red_flags: RedFlags, text: str, told: Person = NOBODY) -> ScriptedPatient:
    """A patient who knows this text."""
    return ScriptedPatient(text, "en", red_flags, told)


def question(subject: str, *options: str) -> Question:
    """A question with these options."""
    return Question.model_validate({"subject": subject, "options": [Option(id=o) for o in options]})


@pytest.mark.parametrize(
    ("knows", "ticked"),
    [
        ("a high fever, and my neck is stiff: a stiff neck", ("stiff_neck",)),
        ("a high fever, but no stiff neck", ()),
        ("a high fever", ()),
    ],
)
def test_a_sign_is_ticked_where_the_text_affirms_it(
    tiny_red_flags: RedFlags, knows: str, ticked: tuple[str, ...]
) -> None:
    reply = knowing(tiny_red_flags, knows).reply(question("danger", "stiff_neck", "sweating"))
    assert reply.chosen == ticked
    assert reply.offered == ("stiff_neck", "sweating")


@pytest.mark.parametrize(("knows", "has"), [("crushing chest pain", True), ("a cough", False)])
def test_a_flag_is_confirmed_where_the_text_makes_it(
    tiny_red_flags: RedFlags, knows: str, has: bool
) -> None:
    assert knowing(tiny_red_flags, knows).has("heart") is has


@pytest.mark.parametrize(
    ("told", "subject", "options", "chosen"),
    [
        (Person(age=70), "age", tuple(AGES), "from_65"),
        (Person(age=0.1), "age", tuple(AGES), "under_3_months"),
        (NOBODY, "age", tuple(AGES), UNKNOWN),
        (Person(sex="male"), "sex", ("female", "male"), "male"),
        (NOBODY, "sex", ("female", "male"), UNKNOWN),
        (Person(pregnant=False), "pregnant", ("yes", "no"), "no"),
        (NOBODY, "pregnant", ("yes", "no"), UNKNOWN),
    ],
)
def test_particulars_are_answered_where_they_are_known(
    tiny_red_flags: RedFlags, told: Person, subject: str, options: tuple[str, ...], chosen: str
) -> None:
    reply = knowing(tiny_red_flags, "an ache", told).reply(question(subject, *options))
    assert reply.chosen == (chosen,)


def test_the_age_is_also_read_from_the_text(tiny_red_flags: RedFlags) -> None:
    reply = knowing(tiny_red_flags, "I am 70 years old").reply(question("age", *AGES))
    assert reply.chosen == ("from_65",)


@pytest.mark.parametrize(
    ("knows", "chosen"),
    [("an itchy rash on both arms", ("itchy rash",)), ("I feel unwell", ())],
)
def test_the_phrase_that_shares_most_with_the_text_is_chosen(
    tiny_red_flags: RedFlags, knows: str, chosen: tuple[str, ...]
) -> None:
    asked = question("complaint", "swollen joints", "itchy rash")
    assert knowing(tiny_red_flags, knows).reply(asked).chosen == chosen


def test_whoever_tells_more_says_it_instead_of_choosing_a_phrase(reception: Reception) -> None:
    tells = ("it itches", "and burns")
    patient = ScriptedPatient("an itchy rash", "en", reception.red_flags, NOBODY, tells)
    heard = Heard(words="I feel unwell", asks=True)
    phrases = question("complaint", "swollen joints", "itchy rash")
    answer = reception.decide(heard).model_copy(update={"question": phrases})
    first = answered(heard, answer, patient)
    second = answered(first, answer, patient)
    third = answered(second, answer, patient)
    assert second.words == third.words == "I feel unwell\nit itches\nand burns"
    assert [reply.in_words for reply in third.replies] == [True, True, False]
    assert third.replies[-1].chosen == ("itchy rash",)


@pytest.mark.parametrize(
    ("knows", "disposition", "flags"),
    [
        ("a high fever and a stiff neck", "emergency", ("meningitis",)),
        ("a high fever", "consultation", ()),
    ],
)
def test_a_conversation_finds_what_the_opening_words_left_out(
    reception: Reception, knows: str, disposition: str, flags: tuple[str, ...]
) -> None:
    case = a_case(text=FEVER, age=40)
    assert reception.decide(Heard(words=case.text)).outcome == "offer"
    result, asked = converse(case, reception, knowing(reception.red_flags, knows))
    assert asked == 1
    assert (result.disposition, result.flags) == (disposition, flags)


def test_a_doubt_is_resolved_by_what_the_patient_knows(reception: Reception) -> None:
    case = a_case(text="a stomach ache after meals, no crushing chest pain")
    denied, asked = converse(case, reception, knowing(reception.red_flags, "a stomach ache"))
    assert (denied.flags, asked >= 1) == ((), True)
    confirmed, _ = converse(case, reception, knowing(reception.red_flags, "crushing chest pain"))
    assert "heart" in confirmed.flags


def test_a_question_is_answered_once(reception: Reception) -> None:
    heard = Heard(words=FEVER, person=Person(age=40), asks=True)
    answer = reception.decide(heard)
    told: Any = answered(heard, answer, knowing(reception.red_flags, "a high fever"))
    assert [reply.subject for reply in told.replies] == ["danger"]
    assert told.before == answer
