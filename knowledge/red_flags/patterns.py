"""The small pattern language in which signs are written, compiled to regular expressions.

For a reader of the data files::

    (a|b)   either          [a|b]   the same, optional
    word*   any ending      ...     a gap inside the clause: 4 words, or 6 Chinese characters

English patterns match whole words in any case; a space also matches a hyphen. Chinese patterns match
characters. A pattern never reaches across the end of a clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.errors import InvalidRedFlags

_TOKENS = re.compile(r"\s*\.\.\.\s*|\s+|.", re.DOTALL)
_EDGE = r"(?:(?<!\w)|(?!\w))"  # anywhere but inside a word
_SPACE = rf"{_EDGE}[\s\-]*{_EDGE}"
_GAP = rf"{_EDGE}(?:[\s\-]+[\w'/\-]+){{0,4}}?[\s\-]+{_EDGE}"
_CHINESE_GAP = r"[^\s,.;!?，。；！？、]{0,6}?"
_SYMBOLS = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|", "*": r"\w*"}


def compile_patterns(patterns: Iterable[str], *, chinese: bool) -> re.Pattern[str] | None:
    """One expression that matches any of `patterns`; None where there are none.

    Raises:
        InvalidRedFlags: a pattern has unbalanced brackets or would match nothing at all.
    """
    parts = [_expression(pattern, chinese=chinese) for pattern in patterns]
    if not parts:
        return None
    # Longer patterns first, so that a quote shows as much of the patient's words as it can.
    body = "|".join(sorted(parts, key=len, reverse=True))
    return re.compile(body if chinese else rf"{_EDGE}(?:{body}){_EDGE}", re.IGNORECASE)


def _expression(pattern: str, *, chinese: bool) -> str:
    text = pattern.strip()
    parts = []
    for token in _TOKENS.findall(text):
        if token.strip() == "...":
            parts.append(_CHINESE_GAP if chinese else _GAP)
        elif token.isspace():
            parts.append("" if chinese else _SPACE)
        else:
            parts.append(_SYMBOLS.get(token) or re.escape(token))
    expression = "(?:" + "".join(parts) + ")"
    try:
        matches_nothing = re.fullmatch(expression, "") is not None
    except re.error as error:
        raise InvalidRedFlags(f"not a pattern: {pattern!r}: {error}") from error
    if matches_nothing:
        raise InvalidRedFlags(f"this pattern would match anything: {pattern!r}")
    return expression
