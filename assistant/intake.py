"""words → `Needs`: what the patient has, in their own words, read by a model or by rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from assistant.details import Denies, instructions, read_details
from assistant.errors import ModelTimeout
from assistant.particulars import read_person, read_wheelchair, read_wishes
from knowledge.red_flags import Mention, RedFlags
from scheduler.domain import (
    Detail,
    DetailKind,
    Finding,
    FindingStatus,
    Language,
    Needs,
    Person,
    Practitioner,
    Value,
)

PROMPTS = Path(__file__).parent.parent / "prompts"
MOST_FINDINGS = 4
MOST_TOKENS_A_QUOTE = 14

# One JSON object whose strings are substrings of the patient's words: no quote can be invented.
_GRAMMAR = """\
start: "{{\\"present\\": " quotes ", \\"absent\\": " quotes since degree "}}"
since: ", \\"since\\": " maybe
degree: ", \\"degree\\": " maybe
quotes: "[]" | "[" quote (", " quote){{0,{more}}} "]"
maybe: "null" | quote
quote: "\\"" words "\\""
words[max_tokens={tokens}]: WORDS
WORDS: %regex {{"{kind}": {text}}}
"""


_LIKELY = '{"present": ["", ""], "absent": [], "since": null, "degree": null}'
"""The form that most readings have: what is guessed between the quotes."""


class Reading(Value):
    """What a model read: quotes only. It has no say in what follows from them."""

    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    since: str | None = None
    degree: str | None = None


class Prompt(Value):
    """A prompt template as rendered, with the hash that an audit names it by."""

    text: str
    sha256: str


def never() -> bool:
    """The answer is always still wanted."""
    return False


def read_by_model(
    model: BaseChatModel,
    text: str,
    language: Language,
    *,
    cancelled: Callable[[], bool] = never,
    ahead: Callable[[int], None] = lambda ahead: None,
) -> Reading:
    """Let `model` read `text`. Every quote comes from `text`, by the grammar and checked again.

    `ahead` is told how many other readings come first.

    Raises:
        ModelTimeout: the model was too slow, was cancelled, failed, or gave an answer that is no
            reading.
    """
    messages: list[BaseMessage] = [SystemMessage(reading_prompt().text), HumanMessage(text)]
    try:
        answer = model.invoke(
            messages, **reading_options(text, language), cancelled=cancelled, ahead=ahead
        )
        # A quote may go over the end of a line, which strict JSON would have written as an escape.
        reading = Reading.model_validate(json.loads(str(answer.content), strict=False))
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelTimeout(f"the model gave no reading ({type(error).__name__})") from error
    return Reading(
        present=_verbatim(reading.present, text),
        absent=_verbatim(reading.absent, text),
        since=next(iter(_verbatim([reading.since], text)), None),
        degree=next(iter(_verbatim([reading.degree], text)), None),
    )


def read_by_rules(mentions: Iterable[Mention]) -> Reading:
    """What the sign patterns alone can tell: the reading where no model answers."""
    present: list[str] = []
    absent: list[str] = []
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        quotes = present if mention.scope == "affirmed" else absent
        if mention.scope in ("affirmed", "negated") and mention.quote not in quotes:
            quotes.append(mention.quote)
    return Reading(present=tuple(present), absent=tuple(absent))


def without_unproven_denials(reading: Reading, text: str, red_flags: RedFlags) -> Reading:
    """Believe a model's 'absent' only where the words themselves deny it; else it is present.

    A small model takes some complaints for denials. Taking one too many as present errs on the safe
    side.
    """
    denied = [quote for quote in reading.absent if red_flags.denies(text, quote)]
    affirmed = [
        q for q in reading.absent if q not in denied and len(reading.present) < MOST_FINDINGS
    ]
    return reading.model_copy(
        update={"absent": tuple(denied), "present": (*reading.present, *affirmed)}
    )


def to_needs(
    reading: Reading,
    text: str,
    language: Language,
    told: Person,
    practitioners: Iterable[Practitioner],
    denies: Denies,
    read_by: str,
) -> Needs:
    """Complete a reading by what the words state plainly. `denies` as for `read_details`."""
    findings: dict[str, FindingStatus] = dict.fromkeys(reading.absent, "absent")
    findings |= dict.fromkeys(reading.present, "present")
    read: dict[DetailKind, str | None] = {"onset": reading.since, "severity": reading.degree}
    known = [Detail(about=kind, quote=quote) for kind, quote in read.items() if quote]
    person, of_person = read_person(text, language, told)
    wishes, of_wishes = read_wishes(text, language, practitioners)
    wheelchair, of_wheelchair = read_wheelchair(text, language)
    details = read_details(text, language, denies, known)
    return Needs(
        text=text,
        language=language,
        person=person,
        findings=tuple(Finding(quote=q, status=s) for q, s in findings.items()),
        details=(*of_person, *details, *of_wishes, *of_wheelchair),
        wishes=wishes,
        wheelchair=wheelchair,
        instructions=instructions(text, language),
        read_by=read_by,
    )


def reading_options(text: str, language: Language) -> dict[str, Any]:
    """What a model is told beside the messages, so that it reads `text` right and fast."""
    return {"grammar": grammar(text, language), "follows": (text, _LIKELY)}


def grammar(text: str, language: Language) -> str:
    """The grammar of a reading of `text`, for llguidance."""
    return _GRAMMAR.format(
        more=MOST_FINDINGS - 1,
        tokens=MOST_TOKENS_A_QUOTE,
        kind="substring_chars" if language == "zh" else "substring_words",
        text=json.dumps(text, ensure_ascii=False),
    )


@lru_cache(maxsize=1)
def reading_prompt() -> Prompt:
    """The fixed part of the prompt."""
    return rendered("read_needs.jinja", most=MOST_FINDINGS)


def rendered(template: str, **facts: object) -> Prompt:
    """A prompt from its template. A patient's words are never part of one."""
    loader = jinja2.FileSystemLoader(PROMPTS)
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined)
    text = environment.get_template(template).render(facts)
    return Prompt(text=text, sha256=hashlib.sha256(text.encode()).hexdigest())


def _verbatim(quotes: Iterable[str | None], text: str) -> tuple[str, ...]:
    """The quotes that really are in `text`, trimmed, each once."""
    trimmed = (quote.strip(" ,.;，。；、") for quote in quotes if quote)
    return tuple(dict.fromkeys(quote for quote in trimmed if quote and quote in text))
