"""Reasons: every sentence names what it rests on, in the patient's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from assistant.answer import Answer, Heard, Reason
from assistant.explain import spoken_day, spoken_time
from assistant.reception import Reception
from knowledge.red_flags.likeness import RAISED_FROM, Described
from scheduler.domain import Language, Person
from tests.fakes import FrozenClock

STOMACH = {"en": "stomach ache after meals, bloating", "zh": "饭后胃痛，腹胀"}


def answer(reception: Reception, words: str, **more: Any) -> Answer:
    """What is answered to these words."""
    return reception.decide(Heard(words=words, **more))


def about(found: Answer, topic: str) -> list[Reason]:
    """The reasons on one topic."""
    return [reason for reason in found.reasons if reason.about == topic]


def rests_on(reason: Reason, kind: str) -> list[str]:
    """The ids of one kind of evidence."""
    return [ground.id for ground in reason.evidence if ground.kind == kind]


@pytest.mark.parametrize(
    ("words", "title"), [("crushing chest pain", "The Guide"), ("胸口压榨", "The Guide")]
)
def test_an_emergency_is_explained_by_quote_flag_and_source(
    reception: Reception, words: str, title: str
) -> None:
    reason, _ = answer(reception, words).reasons
    assert words in reason.text
    assert title in reason.text
    assert rests_on(reason, "red_flag") == ["heart"]
    assert rests_on(reason, "source") == ["guide"]
    assert [g.text for g in reason.evidence if g.kind == "quote"] == [words]


@pytest.mark.parametrize(
    ("words", "acuity", "level"),
    [
        ("crushing chest pain", 1, 1),
        (STOMACH["en"], 4, 4),
        ("a cold with a runny nose and sneezing", 5, 4),
    ],
)
def test_the_urgency_is_told_by_both_standards(
    reception: Reception, words: str, acuity: int, level: int
) -> None:
    reason = about(answer(reception, words), "urgency")[-1]
    assert rests_on(reason, "rule") == [f"acuity:{acuity}"]
    assert f"Urgency {acuity} of 5 (ESI), level {level} of the Chinese four" in reason.text


def test_a_yes_is_explained_as_a_yes(reception: Reception) -> None:
    found = answer(reception, "no crushing chest pain", confirmed=frozenset({"heart"}))
    assert "said yes" in found.reasons[0].text


def test_a_yes_to_words_like_an_emergency_quotes_the_words(reception: Reception) -> None:
    words = "unconscious after an accident"
    found = answer(reception, words, confirmed=frozenset({"similar"}))
    assert words in found.reasons[0].text


def test_words_very_like_an_emergency_are_explained_by_all_of_them(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Described, "likeness", lambda *_: RAISED_FROM)
    found = answer(reception, "my belly hurts")
    assert found.outcome == "emergency"
    assert "my belly hurts" in found.reasons[0].text
    assert "very like" in found.reasons[0].text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_department_is_explained_by_quote_phrase_and_passage(
    reception: Reception, language: Language
) -> None:
    found = answer(reception, STOMACH[language])
    (reason,) = about(found, "department")
    phrase = next(g for g in reason.evidence if g.kind == "phrase")
    assert phrase.text in reason.text
    assert rests_on(reason, "passage") == ["stomach"]
    assert rests_on(reason, "quote") == ["finding:0"]


def test_a_department_that_is_ruled_out_is_explained_by_its_rule(reception: Reception) -> None:
    found = answer(reception, "painful periods", person=Person(sex="male"))
    excluded = about(found, "department")[0]
    assert rests_on(excluded, "rule") == ["sees:gynaecology:sex"]
    assert "Gynaecology" in excluded.text


def test_a_minor_ailment_is_explained_by_its_rule(reception: Reception) -> None:
    found = answer(reception, "a cold with a runny nose and sneezing")
    assert rests_on(about(found, "urgency")[0], "rule") == ["self_care:cold"]


def test_a_doctor_is_explained_by_timetable_and_load(reception: Reception) -> None:
    found = answer(reception, STOMACH["en"])
    reason = about(found, "practitioner")[0]
    assert rests_on(reason, "timetable") == [found.offers[0].assignment.slot.practitioner]
    assert rests_on(reason, "rule") == ["load"]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("a female doctor please", "gives you that"),
        ("I can come in the evening", "none of the open times"),
    ],
)
def test_a_wish_is_answered_by_what_became_of_it(
    reception: Reception, wish: str, words: str
) -> None:
    found = answer(reception, f"stomach ache after meals, {wish}")
    kind = "wish_sex" if "doctor" in wish else "wish_part_of_day"
    (reason,) = [r for r in found.reasons if kind in rests_on(r, "rule") and r.about != "time"] or [
        r for r in about(found, "time") if rests_on(r, "rule") == [kind]
    ]
    assert words in reason.text


def test_the_earliest_time_is_called_so(reception: Reception) -> None:
    reason = about(answer(reception, STOMACH["en"]), "time")[-1]
    assert "earliest" in reason.text
    assert set(rests_on(reason, "rule")) == {"waiting", "lateness"}


def test_a_time_that_passes_over_earlier_ones_says_how_many(reception: Reception) -> None:
    found = answer(reception, "an appointment with Dr Ma Jun for painful periods, female")
    assert found.offers
    again = answer(reception, "I want to see Dr Guo Hao, stomach ache after meals")
    assert again.offers[0].assignment.slot.practitioner == "guo"


def test_a_time_that_is_too_late_says_so(
    open_desk: Callable[..., Reception], clock: FrozenClock
) -> None:
    reception = open_desk()
    sundays = tuple(s for s in reception.catalogue.schedules if s.weekday == "sun")
    late = open_desk(catalogue=reception.catalogue.model_copy(update={"schedules": sundays}))
    found = answer(late, "the dog bit me. An itchy red rash on the arms")
    assert found.offers[0].assignment.slot.start - clock.now > timedelta(days=1)
    assert "nothing is open so soon" in about(found, "time")[-1].text


@pytest.mark.parametrize("words", [*STOMACH.values(), "crushing chest pain", "胸口压榨"])
def test_the_same_reasons_are_there_in_every_language(reception: Reception, words: str) -> None:
    found = answer(reception, words)
    assert found.reasons == found.reasons_in[found.language]
    english, chinese = found.reasons_in["en"], found.reasons_in["zh"]
    assert [reason.about for reason in english] == [reason.about for reason in chinese]
    assert all(en.text != zh.text for en, zh in zip(english, chinese, strict=True))


def test_every_quote_is_the_patients_own(reception: Reception) -> None:
    found = answer(reception, "I have the worst stomach ache after meals {x}")
    for reason in found.reasons:
        for ground in reason.evidence:
            assert ground.kind != "quote" or ground.text in found.words


def test_times_are_said_as_people_say_them() -> None:
    moment = datetime(2031, 3, 3, 9, 5)
    assert spoken_time(moment, "en") == "Monday 3 March, 09:05"
    assert spoken_time(moment, "zh") == "3月3日星期一 09:05"
    assert spoken_day(date(2031, 3, 9), "en") == "Sunday 9 March"
    assert spoken_day(date(2031, 3, 9), "zh") == "3月9日星期日"
