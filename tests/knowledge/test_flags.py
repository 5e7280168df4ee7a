"""What raises a flag, for whom, and what the data must be like."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.errors import InvalidRedFlags
from knowledge.red_flags import Raised, RedFlags, load_red_flags
from scheduler.domain import Person
from tests.builders import SCOPES, a_flag, red_flag_data

FILES = {
    "signs": "signs.yaml",
    "flags": "flags.yaml",
    "similar": "similar.yaml",
    "described": "described.yaml",
    "minor": "self_care.yaml",
    "sources": "sources.yaml",
    "scopes": "scopes.yaml",
}
NOBODY = Person()


def raised(red_flags: RedFlags, text: str, person: Person = NOBODY) -> dict[str, Raised]:
    """The flags that a text raises or makes worth asking about, by id."""
    return {r.flag.id: r for r in red_flags.raised(red_flags.mentions(text), person)}


def test_one_sign_raises_a_flag_that_needs_no_other(tiny_red_flags: RedFlags) -> None:
    assert raised(tiny_red_flags, "crushing chest pain")["heart"].strength == "affirmed"


def test_a_flag_of_two_signs_needs_both(tiny_red_flags: RedFlags) -> None:
    assert "meningitis" in raised(tiny_red_flags, "40 degrees and a stiff neck")
    assert not raised(tiny_red_flags, "a stiff neck")
    assert not raised(tiny_red_flags, "39 degrees")


def test_an_escalation_pair_raises_what_neither_condition_does(tiny_red_flags: RedFlags) -> None:
    pair = raised(tiny_red_flags, "history of high blood pressure and in my third trimester")
    assert pair["preeclampsia"].strength == "affirmed"
    assert not raised(tiny_red_flags, "high blood pressure")
    assert not raised(tiny_red_flags, "third trimester")


def test_one_of_several_signs_is_enough_where_any_is_asked_for(tiny_red_flags: RedFlags) -> None:
    assert "heart" in raised(tiny_red_flags, "my chest hurts and I am sweating")
    assert not raised(tiny_red_flags, "my chest hurts")


@pytest.mark.parametrize(("age", "expected"), [(30, True), (None, True), (20, False)])
def test_an_exclusion_counts_only_for_whom_it_is_known(
    tiny_red_flags: RedFlags, age: float | None, expected: bool
) -> None:
    found = raised(tiny_red_flags, "my chest hurts and I am sweating", Person(age=age))
    assert ("heart" in found) is expected


@pytest.mark.parametrize(("age", "expected"), [(0.1, True), (None, False), (8, False)])
def test_a_condition_holds_only_for_whom_it_is_known(
    tiny_red_flags: RedFlags, age: float | None, expected: bool
) -> None:
    assert ("infant" in raised(tiny_red_flags, "fever", Person(age=age))) is expected


@pytest.mark.parametrize(
    "text",
    [
        "no crushing chest pain",
        "crushing chest pain two years ago",
        "what if it is crushing chest pain",
        "my father had crushing chest pain",
        "没有压榨样胸痛",
    ],
)
def test_a_sign_that_is_not_happening_now_is_doubtful(tiny_red_flags: RedFlags, text: str) -> None:
    assert raised(tiny_red_flags, text)["heart"].strength == "doubtful"


def test_several_signs_that_are_all_denied_are_not_asked_about(tiny_red_flags: RedFlags) -> None:
    assert not raised(tiny_red_flags, "no high fever, no stiff neck")


def test_but_they_are_where_one_of_them_stands(tiny_red_flags: RedFlags) -> None:
    found = raised(tiny_red_flags, "a high fever. No stiff neck")
    assert found["meningitis"].strength == "doubtful"


def test_an_affirmed_mention_outweighs_a_denied_one(tiny_red_flags: RedFlags) -> None:
    text = "No crushing chest pain yesterday. Crushing chest pain today"
    assert raised(tiny_red_flags, text)["heart"].strength == "affirmed"


@pytest.mark.parametrize(
    "text",
    [
        "I was bored to death",
        "dying to see you",
        "I almost had a heart attack when I saw it",
        "累死了",
    ],
)
def test_figures_of_speech_raise_nothing(red_flags: RedFlags, text: str) -> None:
    assert not raised(red_flags, text)


@pytest.mark.parametrize(
    "text",
    [
        "I have crushing chest pain and I am sweating",
        "her face is drooping and her speech is slurred",
        "I want to kill myself",
        "胸口压榨样疼痛，出冷汗",
        "突然嘴歪，一边手脚没力气",
        "我不想活了",
    ],
)
def test_the_reviewed_data_knows_what_everybody_knows(red_flags: RedFlags, text: str) -> None:
    found = raised(red_flags, text).values()
    assert any(r.strength == "affirmed" and r.flag.disposition.is_emergency for r in found)


@pytest.mark.parametrize("text", ["I have a cough", "my back aches", "有点咳嗽", "腰酸好几年了"])
def test_the_reviewed_data_raises_no_emergency_for_everyday_complaints(
    red_flags: RedFlags, text: str
) -> None:
    assert not any(r.flag.disposition.is_emergency for r in raised(red_flags, text).values())


def test_every_reviewed_flag_is_worded_in_both_languages(red_flags: RedFlags) -> None:
    for flag in (*red_flags.flags, red_flags.similar):
        for words in (flag.names, flag.advice, flag.ask):
            assert words.en, flag.id
            assert words.zh, flag.id


def test_every_reviewed_emergency_is_more_urgent_than_every_other_flag(red_flags: RedFlags) -> None:
    for flag in red_flags.flags:
        assert (flag.acuity <= 2) == flag.disposition.is_emergency, flag.id


def test_a_minor_ailment_is_recognised(tiny_red_flags: RedFlags) -> None:
    mentions = tiny_red_flags.mentions("a runny nose and sneezing")
    ailment = tiny_red_flags.minor_ailment(mentions, NOBODY)
    assert ailment is not None
    assert ailment.id == "cold"


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("a runny nose", NOBODY),
        ("a runny nose, no sneezing", NOBODY),
        ("a runny nose, sneezing and 40 degrees", NOBODY),
        ("a runny nose and sneezing", Person(age=0.5)),
    ],
)
def test_a_minor_ailment_has_exclusions(
    tiny_red_flags: RedFlags, text: str, person: Person
) -> None:
    assert tiny_red_flags.minor_ailment(tiny_red_flags.mentions(text), person) is None


def write(folder: Path, **changes: Any) -> Path:
    """The tiny red flags as files, with changes."""
    for name, content in red_flag_data(**changes).items():
        if name == "scopes":
            shutil.copy(SCOPES, folder)
            continue
        plain = list(content) if isinstance(content, tuple) else content
        text = yaml.safe_dump(plain, allow_unicode=True)
        (folder / FILES[name]).write_text(text, encoding="utf-8")
    return folder


def test_the_files_say_what_the_code_does(tmp_path: Path, tiny_red_flags: RedFlags) -> None:
    assert load_red_flags(write(tmp_path)) == tiny_red_flags


def test_a_sign_that_is_not_defined_is_named(tmp_path: Path) -> None:
    flags = [a_flag("x", "emergency", 1, [{"all": ["no_such_sign"]}])]
    with pytest.raises(InvalidRedFlags, match="no_such_sign"):
        load_red_flags(write(tmp_path, flags=flags))


def test_a_source_that_is_not_defined_is_named(tmp_path: Path) -> None:
    flags = [a_flag("x", "emergency", 1, [{"all": ["fever"]}], sources=["hearsay"])]
    with pytest.raises(InvalidRedFlags, match="hearsay"):
        load_red_flags(write(tmp_path, flags=flags))


def test_a_malformed_entry_is_named(tmp_path: Path) -> None:
    flags = [a_flag("x", "tomorrow", 1, [{"all": ["fever"]}])]
    with pytest.raises(InvalidRedFlags, match=r"flags\.0\.disposition"):
        load_red_flags(write(tmp_path, flags=flags))


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "signs.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InvalidRedFlags, match=r"signs\.yaml"):
        load_red_flags(tmp_path)
    (tmp_path / "signs.yaml").unlink()
    with pytest.raises(InvalidRedFlags, match=r"signs\.yaml"):
        load_red_flags(tmp_path)
