"""A patient's words in pieces, each with what was read in it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple


class Piece(NamedTuple):
    """Words that follow each other, and the kinds of what was read there; none for most."""

    text: str
    kinds: tuple[str, ...] = ()


def highlighted(words: str, read: Iterable[tuple[str, str]]) -> list[Piece]:
    """`words` cut where a quote begins or ends. `read` are kinds and quotes, in any order.

    A quote is marked wherever it stands; one that stands nowhere (a card of another version) nowhere.
    The pieces joined are the words again.
    """
    spans = {
        (start, start + len(quote), kind)
        for kind, quote in read
        if quote
        for start in _places(words, quote)
    }
    cuts = sorted({0, len(words), *(at for start, end, _ in spans for at in (start, end))})
    pieces = []
    for start, end in pairwise(cuts):
        kinds = {kind for first, last, kind in spans if first <= start and end <= last}
        pieces.append(Piece(words[start:end], tuple(sorted(kinds))))
    return pieces


def _places(words: str, quote: str) -> Iterable[int]:
    at = words.find(quote)
    while at >= 0:
        yield at
        at = words.find(quote, at + len(quote))
