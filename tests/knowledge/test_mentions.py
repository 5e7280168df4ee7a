"""Where a sign is mentioned, and how it is meant. The cues are the ones that ship."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.red_flags import RedFlags
from knowledge.red_flags.mentions import Scope
from tests.builders import a_sign, red_flag_data

SIGNS = {
    "pain": a_sign(
        ["chest ... pain", "heart attack", "stroke", "to death"], ["胸痛", "心梗", "中风"]
    ),
    "fever": a_sign(["fever"], ["发烧"]),
    "diabetes": a_sign(["diabetes"], ["糖尿病"], timeless=True),
    "swallowing": a_sign(["cannot swallow"], ["咽不下"], says_not=True),
}
FLAGS = RedFlags.model_validate(red_flag_data(signs=SIGNS, flags=(), minor=()))


def scope(text: str, sign: str = "pain") -> Scope:
    """How the one mention of a sign is meant."""
    (mention,) = FLAGS.mentions(text)[sign]
    return mention.scope


@pytest.mark.parametrize(
    "text",
    [
        "chest pain",
        "I have chest pain",
        "no fever but chest pain",
        "I had no fever, I have chest pain",
        "no fever. Chest pain since noon",
        "not sure but chest pain",
        "no relief from the chest pain",
        "the chest pain is not getting better",
        "can't sleep because of chest pain",
        "my father died of cancer. Chest pain now",
        "last year all was well, now chest pain",
        "no fever\nchest pain",
        "胸痛",
        "没有发烧，胸痛",
        "没有发烧，但是胸痛",
        "不得不来，胸痛",
        "去年体检正常，今天胸痛",
        "胸痛得不能睡觉",
        "没力气，胸痛",
    ],
)
def test_what_happens_now_is_affirmed(text: str) -> None:
    assert scope(text) == "affirmed"


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain",
        "I don't have any chest pain",
        "I don’t have chest pain",
        "without fever or chest pain",
        "denies chest pain",
        "never had chest pain",
        "chest pain was ruled out",
        "the chest pain went away",
        "my chest is not in pain",
        "没有胸痛",
        "无胸痛",
        "否认胸痛",
        "不是胸痛",
        "胸痛已经好了",
    ],
)
def test_what_is_denied_is_negated(text: str) -> None:
    assert scope(text) == "negated"


@pytest.mark.parametrize(
    "text",
    [
        "history of chest pain",
        "I had chest pain two years ago",
        "chest pain last year",
        "heart attack in 2019",
        "survived a heart attack",
        "去年胸痛过",
        "以前有胸痛",
        "三年前胸痛",
        "有胸痛病史",
    ],
)
def test_what_is_past_is_historical(text: str) -> None:
    assert scope(text) == "historical"


@pytest.mark.parametrize(
    "text",
    [
        "what if it is chest pain",
        "worried about chest pain",
        "could it be a heart attack",
        "screening for stroke",
        "担心是心梗",
        "会不会是中风",
        "有没有可能中风",
        "怎么预防中风",
    ],
)
def test_what_is_feared_or_asked_about_is_hypothetical(text: str) -> None:
    assert scope(text) == "hypothetical"


@pytest.mark.parametrize(
    "text",
    [
        "my father had a heart attack",
        "stroke runs in my family",
        "grandfather died of a stroke",
        "family history of stroke",
        "家族史有中风",
        "爷爷得过中风",
    ],
)
def test_what_a_relative_had_is_family(text: str) -> None:
    assert scope(text) == "family"


@pytest.mark.parametrize("text", ["history of diabetes", "三年前查出糖尿病", "diabetes"])
def test_a_condition_that_one_has_a_history_of_is_a_condition_that_one_has(text: str) -> None:
    assert scope(text, "diabetes") == "affirmed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no diabetes", "negated"),
        ("没有糖尿病", "negated"),
        ("family history of diabetes", "family"),
        ("爷爷得过糖尿病", "family"),
        ("是不是糖尿病", "hypothetical"),
    ],
)
def test_but_not_one_that_is_denied_or_feared_or_a_relative_has(text: str, expected: Scope) -> None:
    assert scope(text, "diabetes") == expected


def test_a_sign_that_is_itself_a_not_is_no_denial() -> None:
    assert scope("I cannot swallow", "swallowing") == "affirmed"
    assert scope("it is not that I cannot swallow", "swallowing") == "negated"


def test_a_cue_reaches_only_so_far() -> None:
    assert scope("no I have been at home all week with my old chest pain") == "affirmed"


def test_each_mention_is_judged_by_itself() -> None:
    scopes = [m.scope for m in FLAGS.mentions("Chest pain. No chest pain.")["pain"]]
    assert scopes == ["affirmed", "negated"]


def test_a_denial_counts_for_its_own_quote() -> None:
    assert FLAGS.denies("no fever, chest pain", "fever")
    assert not FLAGS.denies("no fever, I have chest pain", "chest pain")
    assert not FLAGS.denies("no fever", "cough")


@given(st.text(alphabet="no fever chestpain胸痛没有,.，。\n'’", max_size=60))
def test_every_quote_is_what_stands_at_its_place(text: str) -> None:
    for sign, mentions in FLAGS.mentions(f"{text} fever {text}").items():
        for mention in mentions:
            assert mention.quote == f"{text} fever {text}"[mention.start : mention.end]
            assert mention.sign == sign


@pytest.mark.parametrize("text", ["chest pain " * 1800, "胸痛" * 10_000, "no " * 6600 + "fever"])
def test_a_text_of_20_000_characters_is_read_in_seconds(text: str) -> None:
    started = time.process_time()
    assert FLAGS.mentions(text)
    assert time.process_time() - started < 10
