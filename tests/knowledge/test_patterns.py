"""The pattern language in which signs are written."""

from __future__ import annotations

import pytest

from knowledge.errors import InvalidRedFlags
from knowledge.red_flags.patterns import compile_patterns


def found(pattern: str, text: str, *, chinese: bool = False) -> str | None:
    """What a pattern finds in a text."""
    compiled = compile_patterns([pattern], chinese=chinese)
    assert compiled is not None
    match = compiled.search(text)
    return match.group() if match else None


@pytest.mark.parametrize(
    ("pattern", "text", "quote"),
    [
        ("chest pain", "I have Chest Pain today", "Chest Pain"),
        ("chest pain", "chest-pain since noon", "chest-pain"),
        ("chest pain", "chest  \n pain", "chest  \n pain"),
        ("vomit*", "she keeps vomiting", "vomiting"),
        ("(arm|leg) is numb", "my leg is numb", "leg is numb"),
        ("pain [in the] chest", "pain in the chest", "pain in the chest"),
        ("pain [in the] chest", "pain chest", "pain chest"),
        ("chest ... pain", "my chest is in really bad pain", "chest is in really bad pain"),
        ("chest ... pain", "chest pain", "chest pain"),
        ("can't breathe", "I CAN'T breathe", "CAN'T breathe"),
        ("39.5", "it was 39.5 at noon", "39.5"),
    ],
)
def test_an_english_pattern_finds(pattern: str, text: str, quote: str) -> None:
    assert found(pattern, text) == quote


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("ill", "I took a pill"),
        ("chest pain", "chest, pain"),
        ("chest ... pain", "my chest is fine. The pain is elsewhere"),
        ("chest ... pain", "chest one two three four five pain"),
        ("39.5", "it was 3905"),
        ("vomit*", "I did not revomit"),
    ],
)
def test_an_english_pattern_stays_inside_words_and_clauses(pattern: str, text: str) -> None:
    assert found(pattern, text) is None


@pytest.mark.parametrize(
    ("pattern", "text", "quote"),
    [
        ("胸...痛", "我胸口有点痛", "胸口有点痛"),
        ("胸...痛", "胸痛", "胸痛"),
        ("(头|肚子)疼", "昨天肚子疼", "肚子疼"),
        ("喘不(上|过)气", "喘不上气", "喘不上气"),
        ("T 40", "t40了", "t40"),
    ],
)
def test_a_chinese_pattern_finds(pattern: str, text: str, quote: str) -> None:
    assert found(pattern, text, chinese=True) == quote


@pytest.mark.parametrize("text", ["胸口还好，头痛", "胸一二三四五六七痛", "胸口。痛"])
def test_a_chinese_gap_is_short_and_stays_in_its_clause(text: str) -> None:
    assert found("胸...痛", text, chinese=True) is None


def test_a_quote_shows_the_longest_pattern_that_fits() -> None:
    compiled = compile_patterns(["pain", "pain in my chest"], chinese=False)
    assert compiled is not None
    assert compiled.search("a pain in my chest").group() == "pain in my chest"


def test_no_patterns_are_no_expression() -> None:
    assert compile_patterns([], chinese=False) is None


@pytest.mark.parametrize("pattern", ["(a|b", "a)", "[x"])
def test_unbalanced_brackets_are_refused_by_name(pattern: str) -> None:
    with pytest.raises(InvalidRedFlags) as refused:
        compile_patterns([pattern], chinese=False)
    assert repr(pattern) in str(refused.value)


@pytest.mark.parametrize("pattern", ["", "  ", "[a]", "[a|b][c]"])
def test_a_pattern_that_would_match_anything_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidRedFlags, match="match anything"):
        compile_patterns([pattern], chinese=False)


@pytest.mark.parametrize("character", list(".^$+?{}\\"))
def test_signs_of_regular_expressions_mean_only_themselves(character: str) -> None:
    assert found(f"a{character}b", f"a{character}b") == f"a{character}b"
    assert found(f"a{character}b", "aab") is None
