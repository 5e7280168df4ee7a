"""Words as a whole, held against those of people in an emergency and of people who were not."""

from __future__ import annotations

import pytest

from knowledge.red_flags.likeness import ASKED_FROM, RAISED_FROM, Described
from scheduler.domain import Phrases

TOLD = Described(
    emergencies=Phrases(
        en=("my husband cannot speak and his face hangs", "he cannot speak, his arm hangs"),
        zh=("我爸说不出话，嘴歪了", "他突然说不出话，胳膊抬不起来"),
    ),
    others=Phrases(
        en=("my husband cannot sleep and snores", "my arm is itchy", "his face is itchy"),
        zh=("我爸睡不着觉", "胳膊痒了一个月", "嘴里长了泡"),
    ),
)


@pytest.mark.parametrize(
    ("like", "unlike"),
    [
        ("suddenly my mother cannot speak and one arm hangs", "itchy arm and my mother snores"),
        ("我妈突然说不出话来了", "我妈睡不着，胳膊痒"),
    ],
)
def test_words_are_more_like_what_was_said_in_an_emergency(like: str, unlike: str) -> None:
    assert TOLD.likeness(like) > 0.5 > TOLD.likeness(unlike)


@pytest.mark.parametrize(
    "nothing", [Described(), Described(emergencies=TOLD.emergencies), Described(others=TOLD.others)]
)
def test_where_nothing_is_described_nothing_is_like_it(nothing: Described) -> None:
    assert nothing.likeness("my husband cannot speak") == 0


def test_the_same_descriptions_always_judge_alike() -> None:
    again = Described.model_validate(TOLD.model_dump())
    words = "his arm hangs and it is itchy"
    assert again.likeness(words) == TOLD.likeness(words)


def test_what_is_raised_would_also_have_been_asked_about() -> None:
    assert 0 < ASKED_FROM < RAISED_FROM < 1
