"""A patient's message as it arrives: cleaned, its language told, refused kindly where unreadable."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection

from assistant.errors import UnreadableWords
from assistant.privacy import redact
from scheduler.domain import Language

MAX_CHARACTERS = 1500
"""More than anybody says at a desk; a longer message is kept on the page to be shortened."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_OTHER_SCRIPT = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f"
    r"\u10a0-\u10ff\u1780-\u17ff\u3040-\u30ff\uac00-\ud7af]"
)
# Only what is surely markup: somebody may write <chest pain>.
_TAG = re.compile(
    r"<!--[^<>]{0,400}>|</?(?:a|b|body|br|button|div|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input"
    r"|li|link|meta|object|ol|p|pre|script|span|strong|style|sub|sup|svg|t[dhr]|table|textarea|u|ul)"
    r"(?:\s[^<>=]{0,40}=[^<>]{0,400})?\s*/?>",
    re.IGNORECASE,
)
_PUNCTUATION = str.maketrans(
    {'"': "'", "“": "'", "”": "'", "\\": "/", "`": "'", "’": "'", "‘": "'"}
)
_HALF_WIDTH = {
    full: full - 0xFEE0
    for full in range(0xFF01, 0xFF5F)
    if chr(full).isalnum() or chr(full) in "．％"
}


def clean(raw: str) -> str:
    """The words to work with: composed, without markup, control characters or identifiers.

    Every quote later on is verbatim in *this* text. Straight quotes become single ones, so that no
    quote needs escaping inside JSON. Lines stay apart: each may be an answer of its own.
    """
    text = unicodedata.normalize("NFC", html.unescape(raw))
    text = _TAG.sub(" ", text)
    text = "".join(c if c == "\n" or not _is_control(c) else " " for c in text)
    text = text.translate(_PUNCTUATION).translate(_HALF_WIDTH)
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.split("\n"))
    return redact("\n".join(line for line in lines if line))


def language_of(text: str, fallback: Language) -> Language:
    """Chinese where a fair part of the letters is Chinese, English where letters are Latin."""
    han, latin = len(_HAN.findall(text)), len(_LATIN_WORD.findall(text))
    if not han and not latin:
        return fallback
    return "zh" if han >= latin else "en"


def require_readable(text: str, known_words: Collection[str]) -> None:
    """Raise `UnreadableWords` for a message that no reader of English or Chinese could work with.

    `known_words` are lower-case English words; a longer Latin text that shares next to none of them
    is taken for another language.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableWords("too_long")
    han, latin = _HAN.findall(text), [word.lower() for word in _LATIN_WORD.findall(text)]
    if len(_OTHER_SCRIPT.findall(text)) > len(han) + len(latin) or _is_kana_text(text):
        raise UnreadableWords("other_language")
    if not han and not latin:
        raise UnreadableWords("no_words")
    if not han and len(latin) >= 4:
        known = sum(word in known_words for word in latin)
        if known < 0.4 * len(latin):
            raise UnreadableWords("other_language")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs")


def _is_kana_text(text: str) -> bool:
    kana = sum("\u3040" <= character <= "\u30ff" for character in text)
    return kana >= 3
