"""Whole conversations with a scripted patient, who knows a vignette and nothing else."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.answer import Answer, Heard
from assistant.dialogue import PREGNANT, SEXES, UNKNOWN, Question, Reply, age_range
from assistant.evaluation.cases import Case
from assistant.evaluation.running import CaseResult, result_of
from assistant.particulars import read_person
from assistant.reception import Reception
from knowledge.red_flags import RedFlags
from knowledge.terms import terms
from scheduler.domain import Language, Person

MOST_ROUNDS = 12
"""More than any conversation takes: a flag confirmed or denied is not asked about again."""


class ScriptedPatient:
    """Answers questions from a text, as far as it says anything about them.

    What the text says is read by the reviewed patterns: of a danger that they do not recognise this
    patient does not tell, so that a dialogue gains here no more than they let it. What the text
    does not mention, the patient denies.

    Of phrases offered, this patient takes one that shares half of its words with the text, or none;
    one who `tells` says the next of these instead, as long as there are any: what they know and have
    not said yet.
    """

    def __init__(
        self,
        knows: str,
        language: Language,
        red_flags: RedFlags,
        told: Person,
        tells: Sequence[str] = (),
    ) -> None:
        self._tells = list(tells)
        self._red_flags = red_flags
        self._mentions = red_flags.mentions(knows)
        self._person, _ = read_person(knows, language, told)
        self._terms = frozenset(terms(knows))

    def has(self, flag: str) -> bool:
        """The answer to a question about a red flag."""
        raised = self._red_flags.raised(self._mentions, self._person)
        return any(each.flag.id == flag and each.strength == "affirmed" for each in raised)

    def reply(self, question: Question) -> Reply:
        """The answer to any other question."""
        offered = tuple(option.id for option in question.options)
        chosen: tuple[str, ...]
        if question.subject == "danger":
            chosen = tuple(sign for sign in offered if self._tells_of(sign))
        elif question.subject == "complaint":
            chosen = self._fitting(offered)
        else:
            chosen = (self._particular(question) or UNKNOWN,)
        return Reply(subject=question.subject, offered=offered, chosen=chosen)

    def tell_more(self, question: Question) -> str:
        """What the patient says instead of choosing a phrase; nothing where they choose."""
        return self._tells.pop(0) if question.subject == "complaint" and self._tells else ""

    def _tells_of(self, sign: str) -> bool:
        return any(mention.scope == "affirmed" for mention in self._mentions.get(sign, ()))

    def _particular(self, question: Question) -> str | None:
        if question.subject == "age":
            return age_range(self._person.age) if self._person.age is not None else None
        known = {
            "sex": (SEXES, self._person.sex),
            "pregnant": (PREGNANT, self._person.pregnant),
        }[question.subject]
        return next((name for name, value in known[0].items() if value == known[1]), None)

    def _fitting(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """The phrase that shares the most with what the patient knows; none where none shares half."""
        shares = {}
        for phrase in phrases:
            own = set(terms(phrase))
            shares[phrase] = len(own & self._terms) / max(len(own), 1)
        best = max(shares, key=lambda name: shares[name])
        return (best,) if shares[best] >= 0.5 else ()


def converse(case: Case, reception: Reception, patient: ScriptedPatient) -> tuple[CaseResult, int]:
    """What a case comes to once every question is answered, and how many there were."""
    person = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
    heard = Heard(words=case.text, person=person, language=case.lang, asks=True)
    started = time.perf_counter()
    answer = reception.decide(heard)
    asked = 0
    while answer.outcome == "question" and asked < MOST_ROUNDS:
        heard = answered(heard, answer, patient)
        answer = reception.decide(heard)
        asked += 1
    return result_of(case.id, answer, time.perf_counter() - started), asked


def answered(heard: Heard, answer: Answer, patient: ScriptedPatient) -> Heard:
    """What was heard, with the patient's answers to what the desk asks."""
    asked = {raised.flag.id for raised in answer.urgency.questions}
    yes = frozenset(flag for flag in asked if patient.has(flag))
    changes: dict[str, object] = {
        "confirmed": heard.confirmed | yes,
        "denied": heard.denied | (asked - yes),
        "before": answer,
    }
    if not asked and (question := answer.question):
        if more := patient.tell_more(question):
            offered = tuple(option.id for option in question.options)
            reply = Reply(subject=question.subject, offered=offered, chosen=(), in_words=True)
            changes["words"] = f"{heard.words}\n{more}"
        else:
            reply = patient.reply(question)
        changes["replies"] = (*heard.replies, reply)
    return heard.model_copy(update=changes)
