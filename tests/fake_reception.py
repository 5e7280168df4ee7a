"""A reception with prepared answers: tests of the pages need neither model nor index.

Which answer comes back depends on a word in the patient's message; see `prepared`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from assistant.answer import Answer, Ground, Heard, ModelNote, Reason
from assistant.dialogue import AGES, Option, Question
from assistant.reception import OnStep, silent
from assistant.words import clean, language_of
from knowledge.retrieval import Candidate, Referral
from scheduler.domain import Detail, Finding, Language, Needs
from scheduler.errors import RecordsUnavailable, SlotTaken
from scheduler.records import Booking
from tests.small_hospital import CALM, CATALOGUE, HEART, MINOR, NECK, both, doubtful, offers, urgent

PASSAGE = "Seen here: pain, burning or pressure in the upper belly, above all after meals."
REASONS: dict[Language, tuple[str, str]] = {
    "en": ("You said so. Gastroenterology sees people with this.", "It is the earliest time."),
    "zh": ("您提到了这些。消化内科接诊这类情况。", "这是最早的时间。"),
}

QUESTIONS = (
    Question(
        subject="danger",
        options=(
            Option(id="stiff_neck", text=both("a stiff neck", "脖子发硬")),
            Option(id="rash", text=both("a rash that stays when pressed", "压了不褪色的皮疹")),
            Option(id="drowsy", text=both("hard to wake", "叫不醒、嗜睡")),
        ),
        several=True,
        quotes=("danger",),
    ),
    Question(subject="age", options=tuple(Option(id=name) for name in AGES)),
    Question(
        subject="complaint",
        options=(
            Option(id="burning", text=both("burning after meals", "饭后烧心")),
            Option(id="lump", text=both("a lump in the belly", "肚子里有包块")),
        ),
    ),
)


class FakeReception:
    """Answers by rote and remembers what it was asked."""

    def __init__(self) -> None:
        self.catalogue = CATALOGUE
        self.model: object | None = SimpleNamespace(name="fake")
        self.heard: list[Heard] = []
        self.called: list[tuple[str, Answer | None]] = []
        self.booked: list[tuple[str, datetime]] = []
        self.slots_to_lose = 0
        self.records_down = False
        self.abandoned = threading.Event()

    def receive(
        self,
        heard: Heard,
        *,
        on_step: OnStep = silent,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """The prepared answer; 'slowly' waits to be cancelled, 'broken' fails."""
        self.heard.append(heard)
        on_step("screening", 0)
        if "broken" in heard.words:
            raise RuntimeError(f"the patient said: {heard.words}")
        on_step("reading", 2 if "line" in heard.words else 0)
        if "slowly" in heard.words:
            self._read_slowly(cancelled)
        on_step("planning", 0)
        answer = prepared(heard)
        if answer.outcome in ("emergency", "desk") and not self.records_down:
            self.call_person(answer, reason=answer.outcome, language=answer.language)
            return answer.model_copy(update={"desk_told": True})
        return answer

    def book(self, answer: Answer, chosen: int) -> Booking:
        """Book, unless the test wants it to fail."""
        if self.records_down:
            raise RecordsUnavailable("down")
        if self.slots_to_lose:
            self.slots_to_lose -= 1
            raise SlotTaken("taken")
        time.sleep(0.1)  # as a database would: long enough for a second tap
        slot = answer.offers[chosen].assignment.slot
        self.booked.append((slot.practitioner, slot.start))
        return Booking(id="b1", ticket="GAS-007", slot=slot, status="booked", people_ahead=2)

    def minutes_until(self, booking: Booking) -> int | None:
        """A little more than two hours."""
        return 130

    def call_person(self, answer: Answer | None, *, reason: str, language: Language) -> None:
        """Remember that the desk was told."""
        if self.records_down:
            raise RecordsUnavailable("down")
        self.called.append((reason, answer))

    def _read_slowly(self, cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if cancelled():
                self.abandoned.set()
                return
            time.sleep(0.02)


def prepared(heard: Heard) -> Answer:
    """The answer that a word in the message asks for; offers where there is none."""
    words = clean(heard.words)
    language = language_of(words, heard.language)
    quote = words[:24]
    answer = Answer(outcome="offer", language=language, words=words, urgency=CALM)
    problem = unreadable(words)
    if problem:
        return changed(answer, outcome="unreadable", language=heard.language, problem=problem)
    if {"heart_attack", "meningitis"} & heard.confirmed:
        return explained(changed(answer, outcome="emergency", urgency=urgent(NECK, quote)))
    if "crushing" in words or "压榨" in words:
        return explained(changed(answer, outcome="emergency", urgency=urgent(HEART, quote)))
    answer = understood(answer, heard, quote)
    if "stiff" in words and not heard.denied | heard.unsure:
        return changed(answer, outcome="question", urgency=doubtful(NECK, HEART, quote=quote))
    if heard.unsure:
        return explained(changed(answer, outcome="desk", problem="danger_unclear"))
    for question in QUESTIONS:
        if question.subject in words and question.subject not in {r.subject for r in heard.replies}:
            return changed(answer, outcome="question", question=question)
    for name in ("unsure", "full", "records"):
        if name in words:
            return explained(changed(answer, outcome="desk", problem=name))
    if "timetable" in words:
        return explained(changed(answer, problem="no_timetable"))
    if "cold" in words:
        answer = changed(answer, urgency=CALM.model_copy(update={"minor": MINOR}))
    return explained(changed(answer, offers=offers()))


def unreadable(words: str) -> str:
    """Why a message cannot be read; empty where it can."""
    if len(words) > 1500:
        return "too_long"
    if "болит" in words:
        return "other_language"
    return "" if any(character.isalpha() for character in words) else "no_words"


def understood(answer: Answer, heard: Heard, quote: str) -> Answer:
    """The answer with needs and a referral; 'rules' in the words means that no model read them."""
    reading = Needs(
        text=answer.words,
        language=answer.language,
        person=heard.person,
        findings=(Finding(quote=quote),),
        details=(Detail(about="onset", quote=since),) if (since := quote[-6:].strip()) else (),
    )
    candidates = tuple(
        Candidate(department=name, confidence=sure)
        for name, sure in (("gastroenterology", 0.71), ("general_surgery", 0.18))
    )
    fell_back = "rules" in answer.words
    model = ModelNote(name="rules" if fell_back else "fake", fell_back=fell_back)
    referral = Referral(candidates=candidates, unsure=False)
    needs = reading.without(heard.withdrawn)
    return changed(answer, reading=reading, needs=needs, referral=referral, model=model)


def explained(answer: Answer) -> Answer:
    """The answer with reasons in both languages."""
    about = "urgency" if answer.outcome == "emergency" else "department"
    evidence = (
        Ground(kind="quote", id="finding:0", text=answer.words[:24]),
        Ground(kind="passage", id="gastroenterology-1", text=PASSAGE),
        Ground(kind="rule", id="waiting", text="12"),
    )
    said: dict[Language, tuple[Reason, ...]] = {
        language: (
            Reason(about=about, text=first, brief=first, evidence=evidence),
            Reason(about="time", text=second, brief=second, evidence=()),
        )
        for language, (first, second) in REASONS.items()
    }
    return changed(answer, reasons=said[answer.language], reasons_in=said)


def changed(answer: Answer, **changes: Any) -> Answer:
    """The answer with other values, which are checked."""
    return Answer.model_validate(dict(answer) | changes)
