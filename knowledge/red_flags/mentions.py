"""Where a text mentions a sign, and how the mention is meant.

After ConText (Harkema et al., 2009): cues such as 'no', 'last year' or 'what if' reach over the words
that follow or precede them, up to the end of the clause. A mention that no cue reaches is affirmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from knowledge.red_flags.patterns import compile_patterns
from scheduler.domain import LANGUAGES, Language, Value, Words

Scope = Literal["affirmed", "negated", "historical", "hypothetical", "family"]
# 'Family history of' is family before it is history: only one's own history counts as timeless.
SCOPES: tuple[Scope, ...] = ("negated", "family", "historical", "hypothetical")

CONTEXT = 240
"""Characters on either side of a mention in which cues are sought; more than any cue reaches."""

_SENTENCE = re.compile(r"[.!?。！？；;\n]+(?=\s|$|[^\d\w])|[。！？；;\n]+")
_CHINESE_CLAUSE = re.compile(r"[，,：:]")


class Cues(Value):
    """Cues of one scope in one language; `reach` in words (English) or characters (Chinese)."""

    forward: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()
    reach: int = 8


class CuesByLanguage(Value):
    """The cues of one scope."""

    en: Cues = Cues()
    zh: Cues = Cues()


class Phrasebook(Value):
    """Phrases in both languages, in the pattern language."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


class ScopeRules(Value):
    """`scopes.yaml` as data."""

    not_a_cue: Phrasebook
    negated: CuesByLanguage
    historical: CuesByLanguage
    hypothetical: CuesByLanguage
    family: CuesByLanguage
    ends: Phrasebook


class Mention(Value):
    """A sign in the text, from `start` to `end`, with the verbatim quote.

    A sign that the patient `ticked` in answer to a question has its name instead, and no place.
    """

    sign: str
    quote: str = ""
    start: int = 0
    end: int = 0
    scope: Scope = "affirmed"
    ticked: Words | None = None

    def said(self, language: Language) -> str:
        """The patient's own words, or what they ticked."""
        return self.ticked.in_language(language) if self.ticked else self.quote


class ScopeReader:
    """Tells how a stretch of text is meant. Built once from `scopes.yaml`."""

    def __init__(self, rules: ScopeRules) -> None:
        self._skip = _both(rules.not_a_cue)
        self._ends = _both(rules.ends)
        # 是不是 and 会不会 ask; the 不 inside them denies nothing.
        self._asking = compile_patterns(rules.hypothetical.zh.forward, chinese=True)
        self._cues: dict[tuple[Scope, Language, str], tuple[re.Pattern[str], int]] = {}
        for scope in SCOPES:
            for language in LANGUAGES:
                cues: Cues = getattr(getattr(rules, scope), language)
                for direction in ("forward", "backward"):
                    pattern = compile_patterns(getattr(cues, direction), chinese=language == "zh")
                    if pattern:
                        self._cues[scope, language, direction] = (pattern, cues.reach)

    def blanked(self, text: str) -> str:
        """`text` with figures of speech and seeming denials blanked out, at the same length."""
        for pattern in self._skip.values():
            text = _blank(pattern, text)
        return text

    def scope(self, text: str, blanked: str, start: int, end: int) -> Scope:
        """How the mention from `start` to `end` is meant."""
        left, right = _sentence(text, start, end)
        before, after = blanked[left:start], blanked[end:right]
        unasked = _blank(self._asking, before) if self._asking else before
        for scope in SCOPES:
            preceding = unasked if scope == "negated" else before
            for language in LANGUAGES:
                if self._reached(scope, language, "forward", preceding) or self._reached(
                    scope, language, "backward", after
                ):
                    return scope
        return "affirmed"

    def denial_in(self, words: str) -> bool:
        """True where `words` themselves hold a denial."""
        unasked = _blank(self._asking, words) if self._asking else words
        cues = [self._cues.get(("negated", language, "forward")) for language in LANGUAGES]
        return any(cue and cue[0].search(unasked) for cue in cues)

    def _reached(self, scope: Scope, language: Language, direction: str, context: str) -> bool:
        if (scope, language, direction) not in self._cues:
            return False
        pattern, reach = self._cues[scope, language, direction]
        for cue in pattern.finditer(context):
            between = context[cue.end() :] if direction == "forward" else context[: cue.start()]
            if self._unbroken(between, language, scope) and _length(between, language) <= reach:
                return True
        return False

    def _unbroken(self, between: str, language: Language, scope: Scope) -> bool:
        """True where nothing between cue and mention ends the cue's reach."""
        if language == "zh" and scope == "negated" and _CHINESE_CLAUSE.search(between):
            return False
        # Lists are denied ('no fever, cough or pain'); a past or a fear ends at the comma.
        if language == "en" and scope != "negated" and "," in between:
            return False
        return not self._ends[language].search(between)


def find_mentions(
    text: str,
    signs: Mapping[str, Sequence[re.Pattern[str]]],
    scopes: ScopeReader,
    timeless: frozenset[str] = frozenset(),
    says_not: frozenset[str] = frozenset(),
) -> Iterator[Mention]:
    """Every mention of a sign in `text`. Signs in `timeless` hold however they are mentioned, unless
    they are denied: a condition that somebody has a history of is a condition that they have.
    Words found that hold a denial ('chest doesn't hurt') are denied, but for signs in `says_not`."""
    lowered = text.replace("’", "'")
    blanked = scopes.blanked(lowered)
    for sign, patterns in signs.items():
        for match in (match for pattern in patterns for match in pattern.finditer(lowered)):
            start, end = match.span()
            scope = scopes.scope(lowered, blanked, start, end)
            if sign not in says_not and scopes.denial_in(blanked[start:end]):
                scope = "negated"
            elif sign in timeless and scope == "historical":
                scope = "affirmed"
            yield Mention(sign=sign, quote=text[start:end], start=start, end=end, scope=scope)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\u2420" * len(match.group()), text)


def _both(phrases: Phrasebook) -> dict[Language, re.Pattern[str]]:
    compiled = {
        language: compile_patterns(getattr(phrases, language), chinese=language == "zh")
        for language in LANGUAGES
    }
    return {language: pattern for language, pattern in compiled.items() if pattern}


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    left = max((stop.end() for stop in _SENTENCE.finditer(text, first, start)), default=first)
    following = _SENTENCE.search(text, end, last)
    return left, following.start() if following else last


def _length(between: str, language: Language) -> int:
    return len(between.split()) if language == "en" else len(between.strip())
