"""Urgency is told by reviewed rules, and nothing but a person lowers it."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.cases import load_cases
from assistant.particulars import read_person
from assistant.triage import Urgency, assess
from assistant.words import clean
from knowledge.red_flags import RedFlags
from knowledge.red_flags.likeness import ASKED_FROM, RAISED_FROM, Described
from scheduler.domain import LANGUAGES, Disposition, Person
from tests.builders import FLAGS, a_flag, red_flag_data, tiny_red_flags

CASES = Path(__file__).parents[1] / "cases"
NOBODY = Person()


def urgency(text: str, person: Person = NOBODY, **answers: object) -> Urgency:
    """The urgency of a text."""
    return assess(tiny_red_flags(), text, person, **answers)  # type: ignore[arg-type]


def asked(found: Urgency) -> list[str]:
    """The ids of the flags to ask about."""
    return [raised.flag.id for raised in found.questions]


def test_what_raises_nothing_is_a_consultation() -> None:
    found = urgency("my belly hurts")
    assert (found.disposition, found.acuity, found.due_hours) == (Disposition.CONSULTATION, 4, 168)
    assert not found.raised
    assert not found.questions


def test_an_affirmed_flag_sets_the_urgency() -> None:
    found = urgency("crushing chest pain")
    assert found.disposition == Disposition.EMERGENCY_AMBULANCE
    assert (found.acuity, found.due_hours) == (1, 0)


def test_a_flag_that_is_no_emergency_makes_it_sooner() -> None:
    found = urgency("the dog bit me")
    assert found.disposition == Disposition.CONSULTATION_24
    assert found.due_hours == 24


def test_the_worst_of_several_flags_counts() -> None:
    found = urgency("the dog bit me. I have a high fever and a stiff neck. My face is drooping")
    assert [r.flag.id for r in found.raised] == ["stroke", "meningitis", "bite"]
    assert found.disposition == Disposition.EMERGENCY_AMBULANCE


def test_an_emergency_counts_before_a_consultation_of_the_same_acuity() -> None:
    early = a_flag("early", "consultation_24", 2, [{"all": ["chest_pain", "fever", "sweating"]}])
    flags = RedFlags.model_validate(red_flag_data(flags=(early, *FLAGS)))
    text = "chest pain, fever, sweating, a high fever and a stiff neck"
    found = assess(flags, text, Person(age=20))
    assert found.disposition == Disposition.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "no crushing chest pain",
        "crushing chest pain two years ago",
        "worried that it is crushing chest pain",
        "my father had crushing chest pain",
    ],
)
def test_a_doubtful_mention_is_asked_about_neither_dropped_nor_escalated(text: str) -> None:
    found = urgency(text)
    assert found.disposition == Disposition.CONSULTATION
    assert asked(found) == ["heart"]


def test_a_yes_raises() -> None:
    found = urgency("no crushing chest pain", confirmed={"heart"})
    assert found.disposition == Disposition.EMERGENCY_AMBULANCE
    assert not found.questions


def test_a_no_settles() -> None:
    found = urgency("no crushing chest pain", denied={"heart"})
    assert found.disposition == Disposition.CONSULTATION
    assert not found.questions


def test_a_no_does_not_lower_what_the_words_affirm() -> None:
    assert urgency("crushing chest pain", denied={"heart"}).disposition.is_emergency


def test_a_yes_holds_when_an_age_given_later_speaks_against_the_flag() -> None:
    text = "no chest pain, but I am sweating"
    assert asked(urgency(text)) == ["heart"]
    found = urgency(text, Person(age=20), confirmed={"heart"})
    assert found.disposition == Disposition.EMERGENCY_AMBULANCE


def test_an_answer_to_one_question_leaves_the_others() -> None:
    text = "no crushing chest pain. No drooping. My face never drooped"
    found = urgency(text, denied={"heart"})
    assert asked(found) == ["stroke"]


def test_the_most_urgent_question_comes_first() -> None:
    found = urgency("the dog bit me last year. No crushing chest pain")
    assert asked(found) == ["heart", "bite"]


def test_an_emergency_asks_nothing_more() -> None:
    assert not urgency("crushing chest pain, the dog never bit me").questions


def test_words_like_an_emergency_raise_a_question_and_nothing_else() -> None:
    found = urgency("I feel odd", like_emergency=True)
    assert found.disposition == Disposition.CONSULTATION
    assert asked(found) == ["similar"]


def test_its_answer_counts_as_any_other() -> None:
    yes = urgency("I feel odd", like_emergency=True, confirmed={"similar"})
    no = urgency("I feel odd", like_emergency=True, denied={"similar"})
    assert yes.disposition == Disposition.EMERGENCY
    assert no.disposition == Disposition.CONSULTATION
    assert not no.questions


def test_a_minor_ailment_may_be_cared_for_at_home() -> None:
    found = urgency("a runny nose and sneezing")
    assert found.disposition == Disposition.SELF_CARE
    assert found.minor is not None


def test_but_not_while_a_danger_is_open() -> None:
    found = urgency("a runny nose and sneezing. No crushing chest pain")
    assert found.disposition == Disposition.CONSULTATION
    assert found.minor is None


PARTS = (
    "crushing chest pain",
    "no crushing chest pain",
    "the dog bit me",
    "a runny nose and sneezing",
    "I am worried about fever",
    "40 degrees",
    "a stiff neck",
    "my belly hurts",
)
IDS = st.frozensets(st.sampled_from([flag["id"] for flag in FLAGS]), max_size=4)
ORDER = list(Disposition)


@given(st.lists(st.sampled_from(PARTS), max_size=5), st.sampled_from(PARTS), IDS, IDS)
def test_another_sentence_never_lowers_the_urgency(
    said: list[str], more: str, confirmed: frozenset[str], denied: frozenset[str]
) -> None:
    before = urgency(". ".join(said), confirmed=confirmed, denied=denied)
    after = urgency(". ".join([*said, more]), confirmed=confirmed, denied=denied)
    if before.disposition == Disposition.SELF_CARE:
        return  # more words may well show that it is a minor ailment after all
    if before.disposition == Disposition.CONSULTATION and after.minor:
        assert not before.questions
        return
    assert ORDER.index(after.disposition) <= ORDER.index(before.disposition)
    assert after.acuity <= before.acuity


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=5), IDS, IDS)
def test_a_yes_never_lowers_the_urgency(
    said: list[str], confirmed: frozenset[str], more: frozenset[str]
) -> None:
    before = urgency(". ".join(said), confirmed=confirmed)
    after = urgency(". ".join(said), confirmed=confirmed | more)
    assert ORDER.index(after.disposition) <= ORDER.index(before.disposition)


def test_words_very_like_an_emergency_count_as_one_and_somewhat_alike_are_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for likeness, disposition, questions in (
        (RAISED_FROM, Disposition.EMERGENCY, []),
        (ASKED_FROM, Disposition.CONSULTATION, ["similar"]),
        (ASKED_FROM - 0.01, Disposition.CONSULTATION, []),
    ):
        monkeypatch.setattr(Described, "likeness", lambda *_, found=likeness: found)
        found = urgency("I feel odd")
        assert (found.disposition, asked(found)) == (disposition, questions)


def test_a_no_does_not_take_back_what_is_very_like_an_emergency(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Described, "likeness", lambda *_: RAISED_FROM)
    assert urgency("I feel odd", denied={"similar"}).disposition == Disposition.EMERGENCY


@pytest.mark.parametrize("language", LANGUAGES)
def test_emergencies_are_told_from_their_look_alikes(red_flags: RedFlags, language: str) -> None:
    """A floor, below what `benchmarks.danger` prints: nothing was ever chosen by these pairs."""
    pairs = [case for case in load_cases(CASES / "pairs.jsonl") if case.lang == language]
    missed: list[bool] = []
    false: list[bool] = []
    for case in pairs:
        told = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
        person, _ = read_person(clean(case.text), case.lang, told)
        found = assess(red_flags, clean(case.text), person)
        if case.disposition == "emergency":
            missed.append(not (found.disposition.is_emergency or found.questions))
        else:
            false.append(found.disposition.is_emergency)
    assert len(missed) == len(false) >= 20
    assert fmean(missed) <= 0.15
    assert fmean(false) <= 0.15
