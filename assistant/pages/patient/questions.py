"""A question of the dialogue and its answers, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.dialogue import UNKNOWN, Option, Question
from assistant.messages import messages
from scheduler.domain import LANGUAGES, Language, Words

NONE = "none"


def in_all_languages(message: str, **facts: object) -> Words:
    """A message of the catalogue in every language."""
    return Words(**{language: messages(language).say(message, **facts) for language in LANGUAGES})


def asked(question: Question) -> Words:
    """The question itself."""
    return in_all_languages(f"question.{question.subject}")


def named(question: Question, option: Option, language: Language) -> str:
    """What an option is called."""
    if option.text:
        return option.text.in_language(language)
    return messages(language).say(f"{question.subject}.{option.id}")


def answered(question: Question, chosen: Iterable[str]) -> Words:
    """What the patient answered, as they would say it. `chosen` are ids of options."""
    wanted = set(chosen)
    options = [option for option in question.options if option.id in wanted]
    if not options:
        return in_all_languages("button.unknown" if UNKNOWN in wanted else "button.none")
    spoken = {
        language: messages(language)
        .say("list.separator")
        .join(named(question, option, language) for option in options)
        for language in LANGUAGES
    }
    return Words(**spoken)


def chosen_from(question: Question, tapped: str) -> tuple[str, ...] | None:
    """The ids that a tap on the card stands for; None where there is no such answer.

    `tapped` is 'unknown', 'none' or the numbers of options, such as '0,2'.
    """
    if tapped == UNKNOWN:
        return (UNKNOWN,)
    if tapped == NONE and allows_none(question):
        return ()
    ids = {str(number): option.id for number, option in enumerate(question.options)}
    numbers = tapped.split(",")
    if not set(numbers) <= ids.keys() or (len(numbers) > 1 and not question.several):
        return None
    return tuple(ids[number] for number in dict.fromkeys(numbers))


def allows_none(question: Question) -> bool:
    """Whether 'none of these' answers it; everybody has an age and a sex."""
    return question.subject in ("danger", "complaint")
