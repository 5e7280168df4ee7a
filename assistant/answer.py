"""What a patient says and what Daozhen answers, with everything that it rests on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assistant.dialogue import Question, Reply
from assistant.triage import Urgency
from knowledge.retrieval import Referral
from scheduler.domain import AppointmentRequest, Item, Language, Needs, Person, Value
from scheduler.online import Offer

Outcome = Literal["emergency", "question", "offer", "desk", "unreadable"]
Problem = Literal[
    "danger_unclear",
    "unsure",
    "full",
    "no_timetable",
    "records",
    "too_long",
    "no_words",
    "other_language",
]
Topic = Literal["urgency", "department", "practitioner", "time"]
Step = Literal["screening", "reading", "finding", "planning"]


class Ground(Value):
    """What a sentence rests on: a quote, a passage, a phrase, a red flag, a rule or a record."""

    kind: Literal["quote", "answer", "passage", "phrase", "red_flag", "rule", "source", "timetable"]
    id: str
    text: str = ""


class Reason(Value):
    """A part of an explanation, in the patient's language; `brief` is the gist of the most important
    ones, in one sentence."""

    about: Topic
    text: str
    brief: str = ""
    evidence: tuple[Ground, ...]


class ModelNote(Value):
    """Which model read the words, with which prompt, and what it took. Seconds of wall time."""

    name: str
    prompt: str = ""
    seconds: float = 0.0
    fell_back: bool = False


class Answer(Value):
    """What Daozhen says to a patient. `words` are the cleaned words that every quote is from.

    `question` is asked where no red flag of `urgency` is, `replies` are what was answered to others,
    `asked` what was answered about red flags, by their ids.
    `reading` is what the words say, `needs` what counts: with what was answered, without what was
    withdrawn. `reasons_in` holds the same reasons in every language, for a patient who changes theirs.
    `desk_told` says that a person at the desk has the case, `card` on which card, now or earlier.
    """

    outcome: Outcome
    language: Language
    words: str
    urgency: Urgency
    problem: Problem | None = None
    question: Question | None = None
    replies: tuple[Reply, ...] = ()
    asked: dict[str, Literal["yes", "no", "unknown"]] = Field(default_factory=dict)
    reading: Needs | None = None
    needs: Needs | None = None
    referral: Referral | None = None
    offers: tuple[Offer, ...] = ()
    request: AppointmentRequest | None = None
    reasons: tuple[Reason, ...] = ()
    reasons_in: dict[Language, tuple[Reason, ...]] = Field(default_factory=dict)
    model: ModelNote = ModelNote(name="rules")
    desk_told: bool = False
    card: str | None = None


class Heard(Value):
    """What a patient said and answered so far.

    `confirmed`, `denied` and `unsure` are ids of red flags that they were asked about, `replies`
    their answers to other questions, `withdrawn` what was understood and is not so. `asks` is false
    where nobody is there to answer more of them. `before` is the answer they had last: what was read
    then of the same words is not read again.
    """

    words: str
    person: Person = Person()
    language: Language = "en"
    confirmed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    replies: tuple[Reply, ...] = ()
    withdrawn: tuple[Item, ...] = ()
    asks: bool = False
    before: Answer | None = None

    @property
    def about_flags(self) -> dict[str, Literal["yes", "no", "unknown"]]:
        """What was answered about each red flag that was asked about."""
        said: dict[str, Literal["yes", "no", "unknown"]] = {}
        said |= dict.fromkeys(sorted(self.unsure), "unknown")
        said |= dict.fromkeys(sorted(self.denied), "no")
        return said | dict.fromkeys(sorted(self.confirmed), "yes")
