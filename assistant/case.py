"""What a person at the desk needs of a conversation: kept with the case, and read from it again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from assistant.answer import Answer
from knowledge.retrieval import Candidate
from scheduler.domain import Disposition, FindingStatus, Person, Slot, Value
from scheduler.records import HandoverCard

FlagAnswer = Literal["yes", "no", "unknown"]


class Considered(Value):
    """A department that was thought of, with what spoke for it in the hospital's own knowledge."""

    id: str
    confidence: float | None = None
    phrase: str = ""
    passages: tuple[str, ...] = ()


class Moved(Value):
    """An appointment that a plan moved: when the patient believes it is, and when it is now."""

    appointment: str
    ticket: str
    before: Slot | None
    after: Slot | None


class Case(Value):
    """The details of a `HandoverCard`. `words` and all quotes from them are the patient's own.

    `moved` is there where nobody said anything and somebody has to be told of another time.
    """

    words: str = Field(default="", repr=False)
    disposition: Disposition | None = None
    flags: tuple[str, ...] = ()
    person: Person = Field(default=Person(), repr=False)
    findings: dict[str, FindingStatus] = Field(default_factory=dict, repr=False)
    details: tuple[tuple[str, str], ...] = Field(default=(), repr=False)
    withdrawn: tuple[tuple[str, str], ...] = Field(default=(), repr=False)
    asked: dict[str, FlagAnswer] = Field(default_factory=dict)
    answered: dict[str, tuple[str, ...]] = Field(default_factory=dict, repr=False)
    departments: tuple[Considered, ...] = ()
    read_by: str = ""
    moved: Moved | None = None

    @field_validator("departments", mode="before")
    @classmethod
    def _named_alone(cls, value: Any) -> Any:
        """Cards of the first version named departments and nothing else."""
        if not isinstance(value, list | tuple):
            return value
        return [{"id": each} if isinstance(each, str) else each for each in value]

    @classmethod
    def of(cls, answer: Answer) -> Case:
        """What is worth keeping of an answer."""
        needs, referral = answer.needs, answer.referral
        read = needs and {
            "person": needs.person,
            "findings": {f.quote: f.status for f in needs.findings},
            "details": tuple((d.about, d.quote) for d in needs.details),
            "withdrawn": tuple((item.about, item.quote) for item in needs.withdrawn),
        }
        return cls(
            words=answer.words,
            disposition=answer.urgency.disposition,
            flags=tuple(raised.flag.id for raised in answer.urgency.raised),
            asked=answer.asked,
            answered={r.subject: r.chosen for r in answer.replies if not r.in_words},
            departments=tuple(map(_considered, referral.candidates)) if referral else (),
            read_by=answer.model.name,
            **(read or {}),
        )

    @classmethod
    def read(cls, card: HandoverCard) -> Case:
        """The case on a card; of one that another version wrote, what can still be read."""
        try:
            return cls.model_validate(card.details)
        except ValidationError:
            return cls(words=str(card.details.get("words", "")))

    def kept(self) -> dict[str, object]:
        """As it is kept: JSON, without what is empty."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _considered(candidate: Candidate) -> Considered:
    phrases = [e.text for e in candidate.evidence if e.kind != "passage"]
    passages = [e.passage for e in candidate.evidence if e.passage]
    return Considered(
        id=candidate.department,
        confidence=candidate.confidence,
        phrase=phrases[0] if phrases else "",
        passages=tuple(passages),
    )
