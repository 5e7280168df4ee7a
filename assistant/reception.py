"""The whole flow on one screen: words → urgency → needs → referral → offers → explanation → booking."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache

from langchain_core.language_models import BaseChatModel

from assistant import dialogue, intake
from assistant.answer import Answer, Heard, ModelNote, Step
from assistant.case import Case
from assistant.errors import ModelTimeout, UnreadableWords
from assistant.explain import explain
from assistant.timetable import Timetable
from assistant.triage import Urgency, assess
from assistant.words import MAX_CHARACTERS, clean, language_of, require_readable
from knowledge.catalogue import Catalogue
from knowledge.errors import IndexUnavailable
from knowledge.red_flags import Mention, RedFlags
from knowledge.retrieval import Referral, Retriever
from scheduler.domain import (
    LANGUAGES,
    AppointmentRequest,
    DepartmentFit,
    Language,
    Needs,
    Person,
)
from scheduler.errors import RecordsUnavailable
from scheduler.reasons import WhySlot, why
from scheduler.records import Booking, Records

ACTOR = "kiosk"
LATEST = 500
"""How many of the latest readings are remembered: who read, how long it took."""
OnStep = Callable[[Step, int], None]
"""Told what is being done for a patient, and how many others that waits for."""
logger = logging.getLogger(__name__)


def silent(step: Step, ahead: int) -> None:
    """Nobody is told."""


class Reception:
    """The desk: built once from its parts, used by pages, commands and the evaluation alike."""

    def __init__(
        self,
        catalogue: Catalogue,
        red_flags: RedFlags,
        retriever: Retriever,
        records: Records | None = None,
        model: BaseChatModel | None = None,
        *,
        timetable: Timetable | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.model = model
        self.records = records
        self.red_flags = red_flags
        self._retriever = retriever
        self.learned = retriever.learned
        self._known_words = retriever.known_words
        self.timetable = timetable or Timetable(catalogue, records)
        self.readings: deque[ModelNote] = deque(maxlen=LATEST)

    def without_model(self) -> Reception:
        """The same desk with rules as its only reader."""
        return Reception(
            self.catalogue,
            self.red_flags,
            self._retriever,
            self.records,
            timetable=self.timetable,
        )

    def receive(
        self,
        heard: Heard,
        *,
        on_step: OnStep = silent,
        cancelled: Callable[[], bool] = intake.never,
    ) -> Answer:
        """Answer a patient, and let the desk know where a person is needed."""
        decided = self.decide(heard, on_step=on_step, cancelled=cancelled)
        answer = _changed(decided, card=heard.before.card if heard.before else None)
        if answer.outcome in ("emergency", "desk"):
            reason = answer.problem or answer.outcome
            try:
                card = self.call_person(answer, reason=reason, language=answer.language)
                return _changed(answer, desk_told=True, card=card)
            except RecordsUnavailable:
                # The patient is told where to go all the same; the page also shows it to bystanders.
                logger.exception("the desk could not be told of a case (%s)", reason)
        return answer

    def decide(
        self,
        heard: Heard,
        *,
        on_step: OnStep = silent,
        cancelled: Callable[[], bool] = intake.never,
    ) -> Answer:
        """The answer to a patient's words, without telling anybody else of it."""
        on_step("screening", 0)
        text = clean(heard.words)
        language = language_of(text, heard.language)
        person = dialogue.completed(heard.person, heard.replies)
        urgency = self._assess(text, person, heard)
        answer = Answer(
            outcome="emergency",
            language=language,
            words=text,
            urgency=urgency,
            replies=heard.replies,
            asked=heard.about_flags,
        )
        if urgency.disposition.is_emergency:
            needs = self._read_by_rules(text[:MAX_CHARACTERS], language, person)
            return self._emergency(_changed(answer, needs=needs))
        try:
            require_readable(text, self._known_words | _words_of_flags(urgency))
        except UnreadableWords as error:
            return _changed(
                answer, outcome="unreadable", language=heard.language, problem=error.code
            )
        on_step("reading", 0)
        read, note = self._read(text, language, heard, on_step, cancelled)
        self.readings.append(note)
        kept = read.without(heard.withdrawn)
        needs = kept.model_copy(
            update={
                "person": dialogue.completed(kept.person, heard.replies),
                "chosen": dialogue.chosen(heard.replies, "complaint"),
            }
        )
        urgency = self._assess_all(read, needs, heard)
        answer = _changed(answer, reading=read, needs=needs, model=note, urgency=urgency)
        if urgency.disposition.is_emergency:
            return self._emergency(answer)
        on_step("finding", 0)
        try:
            referral = self._retriever.refer(needs)
        except IndexUnavailable:
            logger.exception("a patient was sent to the desk")
            return self._explained(_changed(answer, outcome="desk", problem="records"))
        urgency = self._assess_all(read, needs, heard, referral.like_emergency)
        answer = _changed(answer, referral=referral, urgency=urgency, outcome="desk")
        if {raised.flag.id for raised in urgency.questions} - heard.unsure:
            return self._explained(_changed(answer, outcome="question"))
        mentions = self.red_flags.mentions(text, dialogue.chosen(heard.replies, "danger"))
        if urgency.questions or dialogue.unclear_danger(
            self.red_flags, mentions, needs.person, heard.replies
        ):
            return self._explained(_changed(answer, problem="danger_unclear"))
        if heard.asks and (question := self._question(answer, heard, mentions)):
            return self._explained(_changed(answer, outcome="question", question=question))
        on_step("planning", 0)
        return self._planned(answer)

    def book(self, answer: Answer, chosen: int) -> Booking:
        """Book one of the answer's offers.

        Raises:
            SlotTaken: somebody else was faster.
            RecordsUnavailable: the database cannot be reached.
        """
        reasons = [ground.id for reason in answer.reasons for ground in reason.evidence]
        slot = answer.offers[chosen].assignment.slot
        return self.timetable.records.book(
            slot, language=answer.language, actor=ACTOR, reasons=reasons, asked=answer.request
        )

    def minutes_until(self, booking: Booking) -> int | None:
        """How many minutes are left until an appointment of today; None for another day."""
        now = self.timetable.now()
        if booking.slot.start.date() != now.date():
            return None
        return max((booking.slot.start - now) // timedelta(minutes=1), 0)

    def call_person(self, answer: Answer | None, *, reason: str, language: Language) -> str:
        """Put this case in front of the desk, with everything gathered so far; on its card, if it
        has one already. Returns the card's id.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        return self.timetable.records.hand_over(
            reason=reason,
            acuity=answer.urgency.acuity if answer else 4,
            language=language,
            details=Case.of(answer).kept() if answer else {},
            actor=ACTOR,
            instead_of=answer.card if answer else None,
        )

    def _assess(
        self, text: str, person: Person, heard: Heard, like_emergency: bool = False
    ) -> Urgency:
        return assess(
            self.red_flags,
            text,
            person,
            confirmed=heard.confirmed,
            denied=heard.denied,
            ticked=dialogue.chosen(heard.replies, "danger"),
            like_emergency=like_emergency,
        )

    def _assess_all(
        self, read: Needs, needs: Needs, heard: Heard, like_emergency: bool = False
    ) -> Urgency:
        """The urgency of what counts, or of what was read where that is more urgent: taking back
        that somebody is an infant must not keep them from care."""
        before = dialogue.completed(read.person, heard.replies)
        each = [
            self._assess(needs.text, person, heard, like_emergency)
            for person in dict.fromkeys((needs.person, before))
        ]
        return min(each, key=lambda urgency: urgency.acuity)

    def _question(
        self, answer: Answer, heard: Heard, mentions: Mapping[str, Sequence[Mention]]
    ) -> dialogue.Question | None:
        """The one more question that is worth asking, if there is one and it can be found out."""
        assert answer.needs is not None
        assert answer.referral is not None
        weigh = cache(self._retriever.weigh)  # the same words are weighed for many a person

        def refer(needs: Needs) -> Referral:
            return self._retriever.rank(
                weigh(needs.model_copy(update={"person": Person()})), needs.person
            )

        try:
            return dialogue.next_question(
                self.red_flags,
                mentions,
                answer.needs,
                answer.referral,
                refer,
                heard.replies,
                asked=len(heard.confirmed | heard.denied | heard.unsure),
            )
        except IndexUnavailable:
            logger.exception("a patient was not asked what else may matter")
            return None

    def _read(
        self,
        text: str,
        language: Language,
        heard: Heard,
        on_step: OnStep,
        cancelled: Callable[[], bool],
    ) -> tuple[Needs, ModelNote]:
        before, told = heard.before, heard.person
        if before and before.reading and (before.words, before.language) == (text, language):
            return before.reading, before.model
        if self.model is None:
            return self._read_by_rules(text, language, told), ModelNote(name="rules")
        started = time.monotonic()
        try:
            read = intake.read_by_model(
                self.model,
                text,
                language,
                cancelled=cancelled,
                ahead=lambda ahead: on_step("reading", ahead),
            )
        except ModelTimeout as error:
            logger.warning("Rules read a case instead of the model: %s", error)
            seconds = round(time.monotonic() - started, 2)
            note = ModelNote(name="rules", fell_back=True, seconds=seconds)
            return self._read_by_rules(text, language, told), note
        note = ModelNote(
            name=self.model.name or "model",
            prompt=intake.reading_prompt().sha256,
            seconds=round(time.monotonic() - started, 2),
        )
        reading = intake.without_unproven_denials(read, text, self.red_flags)
        people = self.catalogue.practitioners
        needs = intake.to_needs(
            reading, text, language, told, people, self.red_flags.denies, note.name
        )
        return needs, note

    def _read_by_rules(self, text: str, language: Language, told: Person) -> Needs:
        mentions = [m for found in self.red_flags.mentions(text).values() for m in found]
        reading = intake.read_by_rules(mentions)
        people = self.catalogue.practitioners
        denies = self.red_flags.denies
        return intake.to_needs(reading, text, language, told, people, denies, "rules")

    def _emergency(self, answer: Answer) -> Answer:
        """Where to go now; and for those who take over, the departments that the words point to."""
        assert answer.needs is not None
        try:
            referral = self._retriever.refer(answer.needs)
        except IndexUnavailable:
            logger.exception("an emergency was answered without departments")
            referral = None
        return self._explained(_changed(answer, outcome="emergency", referral=referral))

    def _planned(self, answer: Answer) -> Answer:
        """Offers where a department is sure enough and open; the desk where not."""
        referral, needs = answer.referral, answer.needs
        if referral is None or needs is None or referral.unsure:
            return self._explained(_changed(answer, problem="unsure"))
        if not self.catalogue.schedules or self.records is None:
            return self._explained(_changed(answer, outcome="offer", problem="no_timetable"))
        request = self._request(needs, referral, answer.urgency)
        try:
            diary = self.timetable.diary(request)
        except RecordsUnavailable:
            return self._explained(_changed(answer, problem="records"))
        found = diary.offers(request)
        if not found:
            return self._explained(_changed(answer, problem="full"))
        diary.take(found[0])
        facts = why(diary.board, request.id)
        answer = _changed(answer, outcome="offer", offers=found, request=request)
        return self._explained(answer, facts)

    def _request(self, needs: Needs, referral: Referral, urgency: Urgency) -> AppointmentRequest:
        """What one patient needs of the schedule."""
        best = referral.candidates[0].confidence
        fits = tuple(
            DepartmentFit(
                department=candidate.department,
                fit=candidate.confidence,
                minutes=self.catalogue.by_id[candidate.department].visit_minutes,
            )
            for candidate in referral.candidates
            if candidate.confidence >= best / 2
        )
        return self.timetable.request_for(fits, urgency.acuity, urgency.due_hours, needs)

    def _explained(self, answer: Answer, facts: WhySlot | None = None) -> Answer:
        said = {
            language: tuple(
                explain(_changed(answer, language=language), self.catalogue, self.red_flags, facts)
            )
            for language in LANGUAGES
        }
        return _changed(answer, reasons=said[answer.language], reasons_in=said)


def _changed(answer: Answer, **changes: object) -> Answer:
    return answer.model_copy(update=changes)


def _words_of_flags(urgency: Urgency) -> frozenset[str]:
    """Words in which a danger was recognised are words that we know, whatever the catalogue says."""
    mentions = (m for raised in (*urgency.raised, *urgency.questions) for m in raised.mentions)
    return frozenset(word for mention in mentions for word in mention.quote.lower().split())
