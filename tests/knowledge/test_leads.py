"""Which one more fact would make a danger, and which of them is most worth asking about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.red_flags import RedFlags
from knowledge.red_flags.leads import Lead, leads, most_telling
from scheduler.domain import Person
from tests.builders import red_flag_data

NOBODY = Person()


def led(red_flags: RedFlags, text: str, person: Person = NOBODY) -> dict[str, Lead]:
    """The leads of a text, by flag."""
    return {each.flag.id: each for each in leads(red_flags, red_flags.mentions(text), person)}


def with_sign(name: str, **changes: object) -> RedFlags:
    """The tiny flags with one sign changed."""
    data = red_flag_data()
    data["signs"] = {**data["signs"], name: {**data["signs"][name], **changes}}
    return RedFlags.model_validate(data)


def test_half_of_a_danger_leads_to_the_other_half(tiny_red_flags: RedFlags) -> None:
    found = led(tiny_red_flags, "I have high fever")
    assert found["meningitis"].signs == ("stiff_neck",)
    assert found["meningitis"].rests_on == ("high_fever",)


def test_a_danger_that_is_there_leads_nowhere_more(tiny_red_flags: RedFlags) -> None:
    assert "meningitis" not in led(tiny_red_flags, "40 degrees and a stiff neck")


@pytest.mark.parametrize("text", ["an itchy rash", "no fever", "my father had high fever"])
def test_words_that_rest_on_no_sign_lead_nowhere(tiny_red_flags: RedFlags, text: str) -> None:
    assert not led(tiny_red_flags, text)


def test_a_sign_that_was_denied_is_not_asked_for(tiny_red_flags: RedFlags) -> None:
    assert "meningitis" not in led(tiny_red_flags, "40 degrees, no stiff neck")


def test_a_danger_that_depends_on_the_person_leads_to_who_they_are(
    tiny_red_flags: RedFlags,
) -> None:
    assert led(tiny_red_flags, "fever")["infant"].trait == "age"
    assert "infant" not in led(tiny_red_flags, "fever", Person(age=40))
    assert "infant" not in led(tiny_red_flags, "fever", Person(age=0.1))


def test_nobody_is_asked_for_a_danger_that_they_cannot_have(tiny_red_flags: RedFlags) -> None:
    assert "heart" in led(tiny_red_flags, "my chest hurts", Person(age=60))
    assert "heart" in led(tiny_red_flags, "my chest hurts")
    assert "heart" not in led(tiny_red_flags, "my chest hurts", Person(age=20))


def test_no_question_names_what_people_tell_unasked(tiny_red_flags: RedFlags) -> None:
    assert "preeclampsia" in led(tiny_red_flags, "high blood pressure")
    unasked = with_sign("late_pregnancy", unasked=True)
    assert "preeclampsia" not in led(unasked, "high blood pressure")


def test_some_signs_are_asked_only_of_some(tiny_red_flags: RedFlags) -> None:
    women = with_sign("late_pregnancy", asked_of={"sex": "female"})
    assert "preeclampsia" in led(women, "high blood pressure", Person(sex="female"))
    assert "preeclampsia" not in led(women, "high blood pressure", Person(sex="male"))
    assert "preeclampsia" not in led(women, "high blood pressure")


def test_what_was_ticked_counts_as_said(tiny_red_flags: RedFlags) -> None:
    mentions = tiny_red_flags.mentions("I have high fever", ["stiff_neck"])
    raised = {r.flag.id for r in tiny_red_flags.raised(mentions, NOBODY)}
    assert raised == {"meningitis"}
    assert mentions["stiff_neck"][0].said("zh") == "脖子...(僵硬|发硬)"


def test_no_question_is_put_to_the_unknown_about_what_is_not_there(
    tiny_red_flags: RedFlags,
) -> None:
    assert tiny_red_flags.mentions("I have high fever", ["no such sign"]).keys() == {
        "fever",
        "high_fever",
    }


def test_the_more_urgent_and_the_more_usual_danger_is_asked_for_first(
    tiny_red_flags: RedFlags,
) -> None:
    flags = {flag.id: flag for flag in tiny_red_flags.flags}
    heart = Lead(flag=flags["heart"], rests_on=(), signs=("sweating",))
    bite = Lead(flag=flags["bite"], rests_on=(), signs=("dog_bite",))
    assert most_telling([bite, heart], 1) == ("sweating",)
    usual = flags["bite"].model_copy(update={"usual_share": 10.0})
    assert most_telling([heart, bite.model_copy(update={"flag": usual})], 1) == ("dog_bite",)


def test_a_second_sign_of_the_same_danger_waits_for_another_danger(
    tiny_red_flags: RedFlags,
) -> None:
    flags = {flag.id: flag for flag in tiny_red_flags.flags}
    found = [
        Lead(flag=flags["meningitis"], rests_on=(), signs=("stiff_neck", "fever")),
        Lead(flag=flags["preeclampsia"], rests_on=(), signs=("late_pregnancy",)),
    ]
    assert most_telling(found, 2) == ("stiff_neck", "late_pregnancy")


@given(most=st.integers(0, 8), data=st.data())
def test_no_more_signs_than_wanted_and_none_twice(
    tiny_red_flags: RedFlags, most: int, data: st.DataObject
) -> None:
    signs = st.lists(st.sampled_from(sorted(tiny_red_flags.signs)), min_size=1, unique=True)
    found = [
        Lead(flag=flag, rests_on=(), signs=tuple(data.draw(signs))) for flag in tiny_red_flags.flags
    ]
    chosen = most_telling(found, most)
    known = {sign for lead in found for sign in lead.signs}
    assert len(chosen) == len(set(chosen)) == min(most, len(known))
    assert set(chosen) <= known


def test_the_reviewed_flags_ask_what_a_nurse_would(red_flags: RedFlags) -> None:
    """In our own words: the danger that each complaint is known for is among what is asked."""
    nurse = {
        "I have a bad headache": "one_limb_weakness",
        "头晕": "one_limb_weakness",
        "胸闷": "sweating",
        "my lower back hurts": "urinary_retention",
        "嗓子疼": "cannot_swallow_saliva",
        "burning when I pee": "fever",
    }
    missed = {}
    for words, sign in nurse.items():
        found = tuple(leads(red_flags, red_flags.mentions(words), Person(age=40, sex="female")))
        if sign not in most_telling(found, 6):
            missed[words] = sign
    assert missed == {}


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("my mood is very low and I cannot sleep", True),
        ("我最近情绪很低落，睡不好", True),
        ("I am not depressed, I cannot sleep", False),
        ("睡不好", False),
    ],
)
def test_whoever_is_low_is_asked_about_suicide(red_flags: RedFlags, words: str, asks: bool) -> None:
    found = leads(red_flags, red_flags.mentions(words), Person(age=30))
    assert ("suicidal_thoughts" in most_telling(list(found), 6)) is asks
