"""A patient's message as it arrives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UnreadableWords
from assistant.words import MAX_CHARACTERS, clean, language_of, require_readable

KNOWN = frozenset(
    {"i", "have", "my", "stomach", "ache", "after", "meals", "the", "pain", "is", "in", "chest"}
)


def refusal(text: str) -> str | None:
    """Why a message is refused; None where it is not."""
    try:
        require_readable(clean(text), KNOWN)
    except UnreadableWords as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  chest \t pain ", "chest pain"),
        ("<b>chest</b> pain<br/>", "chest pain"),
        ("<script>alert(1)</script>chest pain", "alert(1) chest pain"),
        ("<img src=x onerror='alert(1)'>chest pain", "chest pain"),
        ("<!-- note -->chest pain", "chest pain"),
        ("&lt;b&gt;chest pain", "chest pain"),
        ("<chest pain> and <40 kg", "<chest pain> and <40 kg"),
        ("chest\x00\x07pain\u202e", "chest pain"),
        ('the "worst" pain', "the 'worst' pain"),
        ("can’t breathe", "can't breathe"),
        ("a\\b `c`", "a/b 'c'"),
        ("no fever\r\n\r\n  chest pain\n", "no fever\nchest pain"),
        ("体温３９．５度，ＣＴ", "体温39.5度，CT"),
        ("cafe\u0301", "café"),
        ("", ""),
    ],
)
def test_words_are_cleaned(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(st.text(max_size=200))
def test_what_is_clean_stays_so_and_needs_no_escape(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once or "&" in raw or "<" in once
    assert not set(once) & set('"\\\r\t\x00')


@given(st.text(alphabet="胸痛chest pain 12", max_size=200))
def test_plain_words_lose_nothing_but_blanks(raw: str) -> None:
    assert clean(raw).split() == raw.split() or "▮" in clean(raw)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my stomach hurts", "en"),
        ("肚子疼", "zh"),
        ("我在吃metformin和amlodipine，胸口有点闷", "zh"),
        ("I was told it is 胃炎 but my belly still hurts a lot", "en"),
        ("12345", "zh"),
        ("", "zh"),
    ],
)
def test_the_language_is_told_from_the_letters(text: str, language: str) -> None:
    assert language_of(text, "zh") == language


@pytest.mark.parametrize(
    "text",
    [
        "I have stomach ache after meals",
        "ache",
        "bellyache",
        "肚子疼",
        "吃metformin后恶心",
        "肚子疼 😭😭",
        "I have ache 12/10",
    ],
)
def test_english_and_chinese_can_be_read(text: str) -> None:
    assert refusal(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_words"),
        (" \n\t ", "no_words"),
        ("😀👍🏽👨‍👩‍👧", "no_words"),
        ("12345 ?!", "no_words"),
        ("me duele mucho el pecho desde ayer", "other_language"),
        ("お腹が痛いです", "other_language"),
        ("у меня болит живот", "other_language"),
        ("배가 아파요", "other_language"),
        ("عندي ألم في الصدر", "other_language"),
        ("a" * (MAX_CHARACTERS + 1), "too_long"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, code: str) -> None:
    assert refusal(text) == code


def test_the_longest_message_is_still_read() -> None:
    assert refusal("我" * MAX_CHARACTERS) is None


@pytest.mark.parametrize("unit", ["a", "哈", "1 ", "<a", "<!--", "&lt;", "x@", "1-"])
def test_20_000_characters_are_cleaned_in_a_moment(unit: str) -> None:
    started = time.process_time()
    clean(unit * (20_000 // len(unit)))
    assert time.process_time() - started < 2
