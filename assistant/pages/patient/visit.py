"""One patient's visit to the page: what was said, what was answered and what is on the screen.

A `Visit` lives in the session's state only. It is changed in place, so that a handler that still works
on it sees at once that the patient stopped, started over or left.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.answer import Answer, Heard, Step
from assistant.dialogue import Question, Reply
from assistant.pages.patient import questions
from assistant.pages.patient.questions import in_all_languages
from assistant.triage import Urgency
from scheduler.domain import Disposition, Item, Language, Person, Sex, Words
from scheduler.records import Booking

Speaker = Literal["user", "assistant"]
FlagAnswer = Literal["yes", "no", "unknown"]
OLDEST = 120

_AGE = re.compile(
    r"(?P<count>\d{1,3}(?:\.\d)?)\s*个?\s*(?P<unit>[a-z]*|[\u4e00-\u9fff]*)(?:\s*old)?",
    re.IGNORECASE,
)
_UNITS = {
    1.0: ("", "y", "yr", "yrs", "year", "years", "岁", "周岁"),
    1 / 12: ("m", "mo", "month", "months", "月", "月大"),
    1 / 52: ("w", "week", "weeks", "周", "周大", "星期"),
    1 / 365: ("d", "day", "days", "天", "天大"),
}
_YEARS_EACH = {unit: years for years, units in _UNITS.items() for unit in units}


def read_age(typed: str | None) -> float | None:
    """The age in years that somebody typed ('34', '8 months', '3个月'); None for an empty box.

    Raises:
        ValueError: it is not an age.
    """
    text = (typed or "").strip()
    if not text:
        return None
    match = _AGE.fullmatch(text)
    years = _YEARS_EACH.get(match["unit"].lower()) if match else None
    if match is None or years is None or float(match["count"]) * years > OLDEST:
        raise ValueError(text)
    return round(float(match["count"]) * years, 3)


def may_be_pregnant(sex: Sex | None, typed_age: str | None) -> bool:
    """Whether it makes sense to ask about pregnancy."""
    try:
        age = read_age(typed_age)
    except ValueError:
        age = None
    return sex == "female" and Person(age=age, sex=sex).may_be_pregnant


@dataclass(frozen=True)
class Line:
    """One message of the conversation, in every language that it can be shown in."""

    speaker: Speaker
    text: Words


@dataclass(frozen=True)
class Told:
    """What the patient said and answered so far.

    `confirmed`, `denied` and `unsure` are ids of red flags, `replies` answers to other questions,
    `withdrawn` what was understood and is not so.
    """

    said: tuple[str, ...] = ()
    confirmed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    replies: tuple[Reply, ...] = ()
    withdrawn: tuple[Item, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass
class Visit:
    """The state of one visit. `turn` counts what was asked for; older work is no longer wanted.
    `ahead` is how many others the present step waits for."""

    language: Language = "en"
    language_chosen: bool = False
    person: Person = field(default_factory=Person)
    told: Told = Told()
    answer: Answer | None = None
    chosen: int | None = None
    being_booked: bool = False
    booking: Booking | None = None
    minutes_left: int | None = None
    alert: str = ""
    person_called: bool = False
    alarm: Literal["", "telling", "told", "untold"] = ""
    step: Step | None = None
    ahead: int = 0
    turn: int = 0
    started: float = 0.0
    _before: Told = field(default_factory=Told, repr=False)

    @property
    def working(self) -> bool:
        """True while an answer is being prepared."""
        return self.step is not None

    @property
    def seconds(self) -> int:
        """For how long the present answer has been in preparation."""
        return int(time.monotonic() - self.started)

    @property
    def is_emergency(self) -> bool:
        """True where the emergency screen is all that may be shown."""
        return bool(self.alarm) or (self.answer is not None and self.answer.outcome == "emergency")

    @property
    def open_questions(self) -> tuple[str, ...]:
        """The ids of the flags that the patient has yet to answer for, at most three."""
        if self.answer is None or self.answer.outcome != "question":
            return ()
        answered = self.told.confirmed | self.told.denied | self.told.unsure
        asked = [raised.flag.id for raised in self.answer.urgency.questions[:3]]
        return tuple(flag for flag in asked if flag not in answered)

    @property
    def question(self) -> Question | None:
        """The open question beside those about red flags."""
        if self.answer is None or self.answer.outcome != "question":
            return None
        return None if self.open_questions else self.answer.question

    def heard(self) -> Heard:
        """What the reception is to answer: all messages of this visit, and all answers given."""
        return Heard(
            words="\n".join(self.told.said),
            person=self.person,
            language=self.language,
            confirmed=self.told.confirmed,
            denied=self.told.denied,
            unsure=self.told.unsure,
            replies=self.told.replies,
            withdrawn=self.told.withdrawn,
            asks=True,
            before=self.answer,
        )

    def say(self, words: str) -> None:
        """Add a message of the patient's: where the hospital's phrases are shown, the answer."""
        self._before = self.told
        lines, replies = self.told.lines, self.told.replies
        if (question := self.question) and question.subject == "complaint":
            offered = tuple(option.id for option in question.options)
            replies += (Reply(subject="complaint", offered=offered, chosen=(), in_words=True),)
            lines += (Line("assistant", questions.asked(question)),)
        self.told = replace(
            self.told,
            said=(*self.told.said, words),
            lines=(*lines, Line("user", Words(en=words))),
            replies=replies,
        )

    def reply(self, flag: str, answer: FlagAnswer) -> None:
        """Note the patient's answer about a red flag that was asked about."""
        if flag not in self.open_questions or self.answer is None:
            return
        ask = next(r.flag.ask for r in self.answer.urgency.questions if r.flag.id == flag)
        name = {"yes": "confirmed", "no": "denied", "unknown": "unsure"}[answer]
        answered = getattr(self.told, name) | {flag}
        self._note_reply(ask, in_all_languages(f"button.{answer}"), **{name: answered})

    def reply_to_question(self, chosen: Sequence[str]) -> None:
        """Note the patient's answer to the open question. `chosen` are ids of its options."""
        question = self.question
        if question is None:
            return
        offered = tuple(option.id for option in question.options)
        reply = Reply(subject=question.subject, offered=offered, chosen=tuple(chosen))
        self._note_reply(
            questions.asked(question),
            questions.answered(question, chosen),
            replies=(*self.told.replies, reply),
        )

    def withdraw(self, item: Item) -> None:
        """The patient says that something which was understood is not so."""
        if item not in self.told.withdrawn:
            self._note_correction("said.withdrawn", item, (*self.told.withdrawn, item))

    def restore(self, item: Item) -> None:
        """It is so after all."""
        if item in self.told.withdrawn:
            rest = tuple(each for each in self.told.withdrawn if each != item)
            self._note_correction("said.restored", item, rest)

    def begin(self) -> int:
        """Start on an answer; the number returned is the turn that it is for."""
        self.turn += 1
        self.step, self.ahead, self.started = "screening", 0, time.monotonic()
        self.alert, self.chosen = "", None
        return self.turn

    def finish(self, answer: Answer) -> str:
        """Take an answer. What is returned belongs back into the box: words that were not read."""
        self.step, self.answer = None, answer
        if answer.outcome == "unreadable":
            return self._take_back()
        if not self.language_chosen:
            self.language = answer.language
        if answer.desk_told and self.alarm == "untold":
            self.alarm = "told"
        said = answer.problem if answer.problem == "no_timetable" else answer.outcome
        self.note("assistant", f"said.{said}")
        return ""

    def give_up(self, alert: str) -> str:
        """Stop without an answer; what is returned belongs back into the box."""
        self.turn += 1
        self.step, self.alert = None, alert
        words = self._take_back()
        if not words and alert == "alert.stopped":
            self.alert = "alert.halted"
        return words

    def note(self, speaker: Speaker, message: str) -> None:
        """Add a message of the page's own to the conversation."""
        line = Line(speaker, in_all_languages(message))
        self.told = replace(self.told, lines=(*self.told.lines, line))

    def raise_alarm(self) -> Answer:
        """The patient says that it is an emergency: the case for the desk, the most urgent there is."""
        self.turn += 1
        self.step, self.alarm, self.alert = None, "telling", ""
        words = "\n".join(self.told.said)
        urgency = Urgency(disposition=Disposition.EMERGENCY, acuity=1)
        return Answer(outcome="emergency", language=self.language, words=words, urgency=urgency)

    def clear(self) -> None:
        """Forget everything, and stop whatever is still at work on it."""
        turn, language = self.turn + 1, self.language
        self.__dict__.update(Visit(turn=turn, language=language).__dict__)

    def _note_reply(self, asked: Words, said: Words, **changes: object) -> None:
        self._before = self.told
        lines = (*self.told.lines, Line("assistant", asked), Line("user", said))
        self.told = replace(self.told, lines=lines, **changes)  # type: ignore[arg-type]

    def _note_correction(self, message: str, item: Item, withdrawn: tuple[Item, ...]) -> None:
        self._before = self.told
        line = Line("user", in_all_languages(message, quote=item.quote))
        self.told = replace(self.told, lines=(*self.told.lines, line), withdrawn=withdrawn)

    def _take_back(self) -> str:
        """Undo what the patient added last."""
        added = self.told.said[len(self._before.said) :]
        self.told = self._before
        return "\n".join(added)
