"""What front-desk staff do with the cases that wait for a person: each step one short use case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from assistant.answer import Heard
from assistant.case import Case, Moved
from assistant.intake import never
from assistant.reception import OnStep, Reception, silent
from knowledge.catalogue import EMERGENCY
from scheduler.domain import AppointmentRequest, Disposition, Language, Person, Value
from scheduler.errors import AlreadyClosed
from scheduler.online import Offer
from scheduler.records import AppointmentStatus, Booking, HandoverCard, Records, Relocation

Why = Literal["department", "more_urgent", "less_urgent", "misread", "other"]
"""What the machine had got wrong, where the desk decides otherwise."""
ACUITY: Mapping[Disposition, int] = {
    Disposition.EMERGENCY_AMBULANCE: 1,
    Disposition.EMERGENCY: 2,
    Disposition.CONSULTATION_24: 3,
    Disposition.CONSULTATION: 4,
    Disposition.SELF_CARE: 5,
}
"""The urgency that a place of care stands for where a person chooses one."""


class Decision(Value):
    """Where the desk sends somebody, and why otherwise than the machine thought, if so."""

    department: str
    disposition: Disposition
    why: Why | None = None


class Opened(NamedTuple):
    """A card and the case on it."""

    card: HandoverCard
    case: Case

    @property
    def thought(self) -> Decision:
        """What the machine thought."""
        disposition = self.case.disposition or Disposition.CONSULTATION
        first = self.case.departments[0].id if self.case.departments else ""
        return Decision(
            department=EMERGENCY if disposition.is_emergency else first, disposition=disposition
        )


class Desk:
    """The desk's work on one reception. `actor` is the name of whoever does it."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self.catalogue = reception.catalogue
        self.red_flags = reception.red_flags

    @property
    def _records(self) -> Records:
        return self._reception.timetable.records

    def waiting(self) -> tuple[HandoverCard, ...]:
        """Who waits, the most urgent first, then the longest waiting."""
        return self._records.handovers()

    def open(self, card_id: str) -> Opened:
        """A case with everything about it.

        Raises:
            UnknownHandover: there is none with this id.
        """
        card = self._records.handover(card_id)
        return Opened(card, Case.read(card))

    def decide(self, opened: Opened, decision: Decision, note: str, *, actor: str) -> None:
        """Close a case: as the machine thought, or otherwise.

        Raises:
            AlreadyClosed: somebody else did.
            ValueError: it is decided otherwise and nothing says why.
        """
        self._close(opened, decision, note, actor, {})

    def offers(self, opened: Opened, decision: Decision) -> tuple[Offer, ...]:
        """Times for this case in the department decided on, best first."""
        return self._reception.timetable.offers(self._request(decision))

    def book(
        self, opened: Opened, decision: Decision, offer: Offer, note: str, *, actor: str
    ) -> Booking:
        """Book a time for a case and close it.

        Raises:
            SlotTaken: somebody else was faster.
            AlreadyClosed: somebody else dealt with the case; nothing stays booked then.
            ValueError: it is decided otherwise and nothing says why.
        """
        _require_why(opened, decision)
        if moved := opened.case.moved:
            return self._book_again(opened, moved, decision, offer, note, actor)
        booking = self._records.book(
            offer.assignment.slot,
            language=opened.card.language,
            actor=actor,
            reasons=[f"handover:{opened.card.id}"],
            asked=self._request(decision),
        )
        try:
            self._close(opened, decision, note, actor, {"ticket": booking.ticket})
        except AlreadyClosed:
            self._records.cancel(booking.id, actor=actor)
            raise
        return booking

    def _book_again(
        self,
        opened: Opened,
        moved: Moved,
        decision: Decision,
        offer: Offer,
        note: str,
        actor: str,
    ) -> Booking:
        """Another time for an appointment that a plan had moved: it stays one appointment."""
        again = Relocation(
            appointment=moved.appointment, before=moved.after, after=offer.assignment.slot
        )
        self._records.rearrange([again], actor=actor)
        booking = self._records.appointment(moved.appointment)
        if self._records.handover(opened.card.id).status == "open":
            self._close(opened, decision, note, actor, {"ticket": booking.ticket})
        return booking

    def walk_in(
        self, words: str, person: Person, language: Language, *, on_step: OnStep = silent
    ) -> str | None:
        """Read what somebody says at the desk; the id of a card for it, None where it cannot be read."""
        heard = Heard(words=words, person=person, language=language)
        answer = self._reception.decide(heard, on_step=on_step, cancelled=never)
        if answer.outcome == "unreadable":
            return None
        return self._reception.call_person(answer, reason="walk_in", language=answer.language)

    def today(self) -> date:
        """The day, as the hospital counts it."""
        return self._reception.timetable.now().date()

    def day(self, day: date) -> tuple[Booking, ...]:
        """All appointments of a day, by time."""
        return self._records.appointments(day)

    def move_on(self, booking_id: str, status: AppointmentStatus, *, actor: str) -> None:
        """Note that a patient came, did not come, or cancels.

        Raises:
            UnknownAppointment, WrongStatus: that cannot be.
        """
        self._records.move_on(booking_id, status, actor=actor)

    def _request(self, decision: Decision) -> AppointmentRequest:
        return self._reception.timetable.request(decision.department, ACUITY[decision.disposition])

    def _close(
        self,
        opened: Opened,
        decision: Decision,
        note: str,
        actor: str,
        more: Mapping[str, object],
    ) -> None:
        _require_why(opened, decision)
        agreed = _agrees(opened.thought, decision)
        outcome = {
            "agreed": agreed,
            "thought": opened.thought.model_dump(mode="json", exclude_none=True),
            "decided": decision.model_dump(mode="json", exclude_none=True),
            **more,
        }
        self._records.close_handover(opened.card.id, actor=actor, note=note, outcome=outcome)


def corrections(cards: tuple[HandoverCard, ...]) -> Iterator[dict[str, object]]:
    """Closed cases as triage cases (docs/formats.md): what the desk decided is what is right."""
    for card in cards:
        case, outcome = Case.read(card), card.outcome or {}
        decided = outcome.get("decided")
        if not case.words or not isinstance(decided, dict):
            continue
        decision = Decision.model_validate(decided)
        is_emergency = decision.disposition.is_emergency
        level = {Disposition.SELF_CARE: "self_care"}.get(decision.disposition, "consultation")
        yield {
            "id": card.id,
            "lang": card.language,
            "text": case.words,
            **case.person.model_dump(include={"age", "sex", "pregnant"}),
            "departments": None if is_emergency else [decision.department],
            "disposition": "emergency" if is_emergency else level,
            "why": decision.why,
        }


def _agrees(thought: Decision, decision: Decision) -> bool:
    return (thought.department, thought.disposition) == (decision.department, decision.disposition)


def _require_why(opened: Opened, decision: Decision) -> None:
    # Where the machine had no department, whichever is chosen contradicts nothing.
    thought = opened.thought
    if thought.department and decision.why is None and not _agrees(thought, decision):
        raise ValueError("say why this is decided otherwise")
