"""A patient's words in pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.pages.desk.highlighting import Piece, highlighted


def test_a_quote_is_marked_wherever_it_stands() -> None:
    assert highlighted("ache, bad ache", [("present", "ache")]) == [
        Piece("ache", ("present",)),
        Piece(", bad "),
        Piece("ache", ("present",)),
    ]


def test_quotes_may_lie_in_each_other() -> None:
    assert highlighted("chest pain now", [("present", "chest pain"), ("place", "chest")]) == [
        Piece("chest", ("place", "present")),
        Piece(" pain", ("present",)),
        Piece(" now"),
    ]


def test_a_quote_that_stands_nowhere_marks_nothing() -> None:
    assert highlighted("ache", [("present", "fever"), ("present", "")]) == [Piece("ache")]


@given(
    st.text("ab 痛", max_size=30),
    st.lists(st.tuples(st.sampled_from(["present", "absent"]), st.text("ab痛", max_size=4))),
)
def test_the_pieces_are_the_words_and_only_quotes_are_marked(
    words: str, read: list[tuple[str, str]]
) -> None:
    pieces = highlighted(words, read)
    assert "".join(piece.text for piece in pieces) == words
    for piece in pieces:
        for kind in piece.kinds:
            assert any(piece.text in quote for about, quote in read if about == kind)
