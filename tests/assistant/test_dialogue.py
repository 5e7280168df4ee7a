"""What is asked next, and that it is asked only where the answer would change something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.dialogue import (
    AGES,
    MOST_QUESTIONS,
    UNKNOWN,
    Question,
    Reply,
    chosen,
    completed,
    next_question,
    unclear_danger,
)
from knowledge.red_flags import RedFlags
from knowledge.retrieval import Candidate, Referral
from scheduler.domain import Needs, Person

Refer = Callable[[Needs], Referral]
SURE = Candidate(department="gastroenterology", confidence=0.9, phrases=("stomach ache",))
NOBODY = Person()


def always(*candidates: Candidate) -> Refer:
    """Retrieval that says the same of everybody."""
    return lambda needs: Referral(candidates=candidates, unsure=False)


SURELY = always(SURE)


def asked(
    red_flags: RedFlags,
    words: str,
    person: Person = NOBODY,
    refer: Refer = SURELY,
    replies: tuple[Reply, ...] = (),
    **more: int,
) -> Question | None:
    """The question that these words are worth."""
    needs = Needs(text=words, language="en", person=person, chosen=chosen(replies, "complaint"))
    mentions = red_flags.mentions(words, chosen(replies, "danger"))
    return next_question(red_flags, mentions, needs, refer(needs), refer, replies, **more)


def reply(subject: str, *chosen: str) -> Reply:
    """An answer."""
    return Reply.model_validate({"subject": subject, "offered": chosen, "chosen": chosen})


def test_clear_words_get_no_question(tiny_red_flags: RedFlags) -> None:
    assert asked(tiny_red_flags, "stomach ache after meals") is None


# --- danger -------------------------------------------------------------------------------------


def test_a_danger_that_the_words_come_near_to_is_asked_about_first(
    tiny_red_flags: RedFlags,
) -> None:
    question = asked(tiny_red_flags, "high fever since monday", Person(age=40))
    assert question is not None
    assert (question.subject, question.several) == ("danger", True)
    assert [option.id for option in question.options] == ["stiff_neck"]
    assert question.quotes == ("high fever",)


def test_it_is_asked_about_once(tiny_red_flags: RedFlags) -> None:
    words, person = "high fever since monday", Person(age=40)
    assert asked(tiny_red_flags, words, person, replies=(reply("danger"),)) is None


def test_not_knowing_of_a_danger_is_noted(tiny_red_flags: RedFlags) -> None:
    mentions = tiny_red_flags.mentions("high fever")
    unsure, sure = (reply("danger", UNKNOWN),), (reply("danger"),)
    assert unclear_danger(tiny_red_flags, mentions, Person(age=40), unsure)
    assert not unclear_danger(tiny_red_flags, mentions, Person(age=40), sure)


def test_not_knowing_who_it_is_counts_where_a_danger_depends_on_it(
    tiny_red_flags: RedFlags,
) -> None:
    unsure = (reply("age", UNKNOWN),)
    assert unclear_danger(tiny_red_flags, tiny_red_flags.mentions("fever"), NOBODY, unsure)
    assert not unclear_danger(tiny_red_flags, tiny_red_flags.mentions("a rash"), NOBODY, unsure)


# --- who the patient is -------------------------------------------------------------------------


def test_the_age_is_asked_where_a_danger_depends_on_it(tiny_red_flags: RedFlags) -> None:
    question = asked(tiny_red_flags, "fever")
    assert question is not None
    assert question.subject == "age"
    assert [option.id for option in question.options] == list(AGES)
    assert asked(tiny_red_flags, "fever", Person(age=30)) is None


@pytest.mark.parametrize(
    ("subject", "known", "decides"),
    [
        ("age", Person(sex="male"), lambda person: person.age is not None and person.age < 14),
        ("sex", Person(age=30), lambda person: person.sex == "female"),
        ("pregnant", Person(age=30, sex="female"), lambda person: person.pregnant is True),
    ],
)
def test_who_the_patient_is_is_asked_where_the_department_depends_on_it(
    tiny_red_flags: RedFlags,
    subject: str,
    known: Person,
    decides: Callable[[Person], bool],
) -> None:
    def refer(needs: Needs) -> Referral:
        name = "other" if decides(needs.person) else "usual"
        return Referral(candidates=(Candidate(department=name, confidence=0.9),), unsure=False)

    question = asked(tiny_red_flags, "an ache", known, refer)
    assert question is not None
    assert question.subject == subject
    assert asked(tiny_red_flags, "an ache", known) is None


@pytest.mark.parametrize("person", [Person(age=30, sex="male"), Person(age=80, sex="female")])
def test_nobody_who_cannot_be_is_asked_whether_they_are_pregnant(
    tiny_red_flags: RedFlags, person: Person
) -> None:
    def refer(needs: Needs) -> Referral:
        name = "obstetrics" if needs.person.pregnant else "usual"
        return Referral(candidates=(Candidate(department=name, confidence=0.9),), unsure=False)

    assert asked(tiny_red_flags, "an ache", person, refer) is None


def test_what_was_told_counts_more_than_what_was_tapped() -> None:
    replies = (reply("age", "from_65"), reply("sex", "female"), reply("pregnant", UNKNOWN))
    assert completed(Person(age=8), replies) == Person(age=8, sex="female")
    assert completed(NOBODY, replies) == Person(age=80, sex="female")


# --- the department -----------------------------------------------------------------------------

SKIN = Candidate(department="dermatology", confidence=0.4, phrases=("itchy rash", "dry skin"))
JOINTS = Candidate(department="rheumatology", confidence=0.35, phrases=("swollen joints",))


def by_phrase(needs: Needs) -> Referral:
    """Joints where that phrase was tapped, else skin."""
    order = (JOINTS, SKIN) if "swollen joints" in needs.chosen else (SKIN, JOINTS)
    return Referral(candidates=order, unsure=False)


def test_an_unsure_department_offers_the_hospitals_own_phrases(tiny_red_flags: RedFlags) -> None:
    question = asked(tiny_red_flags, "an ache", refer=by_phrase)
    assert question is not None
    assert question.subject == "complaint"
    names = [option.text.en for option in question.options if option.text]
    assert names == ["itchy rash", "swollen joints", "dry skin"]


def test_phrases_that_would_change_nothing_are_not_offered(tiny_red_flags: RedFlags) -> None:
    assert asked(tiny_red_flags, "an ache", refer=always(SKIN, JOINTS)) is None


def test_a_sure_department_needs_no_phrase(tiny_red_flags: RedFlags) -> None:
    sure = SKIN.model_copy(update={"confidence": 0.6})
    assert asked(tiny_red_flags, "an ache", refer=always(sure, JOINTS)) is None


def test_nobody_answers_more_than_three_questions(tiny_red_flags: RedFlags) -> None:
    replies = (reply("danger"), reply("age", UNKNOWN), reply("sex", UNKNOWN))
    assert len(replies) == MOST_QUESTIONS
    assert asked(tiny_red_flags, "an ache", refer=by_phrase, replies=replies[:2]) is not None
    assert asked(tiny_red_flags, "an ache", refer=by_phrase, replies=replies) is None
    assert asked(tiny_red_flags, "an ache", refer=by_phrase, replies=replies[:2], asked=1) is None


def test_the_department_is_asked_about_by_a_phrase_before_who_the_patient_is(
    tiny_red_flags: RedFlags,
) -> None:
    def refer(needs: Needs) -> Referral:
        found = by_phrase(needs)
        return found if needs.person.sex != "male" else always(JOINTS)(needs)

    first = asked(tiny_red_flags, "an ache", refer=refer)
    assert first is not None
    assert first.subject == "complaint"
    then = asked(tiny_red_flags, "an ache", refer=refer, replies=(reply("complaint"),))
    assert then is not None
    assert then.subject == "sex"


def test_whoever_told_more_instead_of_choosing_is_shown_phrases_again_and_at_most_three_times(
    tiny_red_flags: RedFlags,
) -> None:
    told = reply("complaint").model_copy(update={"in_words": True})
    for times, again in ((1, True), (2, True), (3, False)):
        question = asked(tiny_red_flags, "an ache", refer=by_phrase, replies=(told,) * times)
        assert (question is not None and question.subject == "complaint") is again


def test_who_the_patient_is_comes_first_where_a_danger_hangs_on_it(
    tiny_red_flags: RedFlags,
) -> None:
    question = asked(tiny_red_flags, "a fever", refer=by_phrase, replies=(reply("danger"),))
    assert question is not None
    assert question.subject == "age"
