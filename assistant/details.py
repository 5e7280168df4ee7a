"""What else the words say, by rules: who it is about, where, since when, how bad, illnesses, medicines.

Nothing is decided by these; they are shown to the patient and given to whoever takes over. The
patterns are data, `knowledge/details.yaml`; they find what people usually say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

import yaml

from knowledge.red_flags.patterns import compile_patterns
from scheduler.domain import LANGUAGES, Detail, DetailKind, Language

DATA = Path(__file__).parent.parent / "knowledge" / "details.yaml"
MOST_OF_A_KIND = 3
_NUMBERS = [str(number) for number in range(1, 101)]
_NAMED = re.compile(r"\{(\w+)\}")
_MAY_BE_DENIED: frozenset[DetailKind] = frozenset({"condition", "medicine", "allergy", "course"})
_SPEAKS = re.compile(
    r"\s*(?:says?|said|thinks?|thought|told|tells|made|makes|wants|sent|also|说|觉得|让我|叫我|也)",
    re.I,
)
"""What follows a relative who is not the patient."""
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_CONTROL = re.compile(r"</?s>|<\|\w+\|>|\[/?INST\]|<<SYS>>", re.I)
_DATA = re.compile(r"[{\[]\s*\"\w+\"\s*:")
"""JSON: nobody speaks so."""

Denies = Callable[[str, str], bool]
Patterns = Mapping[DetailKind, re.Pattern[str]]


def read_details(
    text: str, language: Language, denies: Denies, known: Iterable[Detail] = ()
) -> tuple[Detail, ...]:
    """What the words say beside complaints; what a model read of a kind (`known`) stands as it is.

    `denies` tells whether the words around a quote deny it: no diabetes is no condition.
    """
    known = tuple(known)
    read = {detail.about for detail in known}
    found = [
        detail
        for kind, pattern in patterns()[language].items()
        if kind not in read
        for detail in _found(text, kind, pattern)
    ]
    stated = [d for d in found if d.about not in _MAY_BE_DENIED or not denies(text, d.quote)]
    return known + tuple(stated)


def instructions(text: str, language: Language) -> tuple[str, ...]:
    """The sentences of a text that speak to the machine and not of a complaint, verbatim.

    What follows a control token of a chat template was hardly typed by a patient: all of it counts.
    """
    control = _CONTROL.search(text)
    said = text[: control.start()] if control else text
    spoken = [m[0].strip() for m in _SENTENCE.finditer(said) if _addresses(m[0], language)]
    return (*spoken, *([text[control.start() :].strip()] if control else []))


def _addresses(sentence: str, language: Language) -> bool:
    pattern = instruction_pattern(language)
    return bool((pattern and pattern.search(sentence)) or _DATA.search(sentence))


@cache
def instruction_pattern(language: Language) -> re.Pattern[str] | None:
    """What only a machine is told."""
    written = _data()["instruction"][language]
    return compile_patterns(written, chinese=language == "zh")


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return data


@cache
def patterns() -> Mapping[Language, Patterns]:
    """The patterns of each kind, a language each."""
    data = _data()
    kinds = [cast("DetailKind", kind) for kind in get_args(DetailKind) if kind in data]
    compiled: dict[Language, Patterns] = {}
    for language in LANGUAGES:
        parts = data["parts"][language]
        words = {**parts, "number": [*_NUMBERS, *parts["number"]]}
        compiled[language] = {
            kind: pattern
            for kind in kinds
            if (pattern := _compiled(data[kind][language], words, chinese=language == "zh"))
        }
    return compiled


def _compiled(
    written: Iterable[str], words: Mapping[str, list[str]], *, chinese: bool
) -> re.Pattern[str] | None:
    def expanded(match: re.Match[str]) -> str:
        # Longer words first: 'left side of' before 'left'.
        return f"({'|'.join(sorted(words[match[1]], key=len, reverse=True))})"

    return compile_patterns([_NAMED.sub(expanded, each) for each in written], chinese=chinese)


def _found(text: str, kind: DetailKind, pattern: re.Pattern[str]) -> Iterator[Detail]:
    quotes: dict[str, None] = {}
    for match in pattern.finditer(text):
        speaks = kind == "who" and _SPEAKS.match(text, match.end())
        if (quote := match[0].strip()) and not speaks:
            quotes[quote] = None
    apart = [q for q in quotes if not any(q != other and q in other for other in quotes)]
    for quote in apart[:MOST_OF_A_KIND]:
        yield Detail(about=kind, quote=quote)
