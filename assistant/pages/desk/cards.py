"""What the desk's page shows, as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

from assistant.access import rooms_for
from assistant.case import Case
from assistant.desk import Opened, Why
from assistant.explain import spoken_day
from assistant.messages import Messages, messages
from assistant.pages.desk.highlighting import Piece, highlighted
from assistant.pages.desk.shift import Shift
from assistant.pages.drawing import templates
from assistant.pages.understanding import kind_name
from assistant.pages.wording import place, slot_card, spoken_age, ticket_code
from assistant.settings import Settings
from assistant.triage import FOUR_LEVELS
from knowledge.catalogue import Catalogue
from knowledge.red_flags import RedFlags
from scheduler.domain import Disposition, Language, Slot
from scheduler.records import Booking, HandoverCard, StaffMember
from scheduler.records.values import NEXT

ROOM = Path(__file__).parent
FEWEST = 90
"""Characters of a patient's words that the list shows."""


class DeskCards:
    """Draws the parts of the page for a shift, in its language."""

    def __init__(self, catalogue: Catalogue, red_flags: RedFlags, settings: Settings) -> None:
        self._catalogue = catalogue
        self._flags = {flag.id: flag for flag in (*red_flags.flags, red_flags.similar)}
        self._signs = red_flags.signs
        self._phone = settings.emergency_phone
        self._templates = templates(ROOM)

    def header(self, shift: Shift, member: StaffMember | None) -> str:
        """Which page this is and who is signed in."""
        return self._draw("header", shift, member=member)

    def alert(self, shift: Shift) -> str:
        """What went wrong, or was done, last."""
        return self._draw("alert", shift)

    def walk_in(self, shift: Shift) -> str:
        """The form for somebody who stands at the desk."""
        return self._draw("walk_in", shift)

    def waiting(self, shift: Shift, cards: tuple[HandoverCard, ...]) -> str:
        """Who waits, the most urgent first."""
        now = datetime.now(UTC)
        rows = [
            (
                card,
                Case.read(card),
                FOUR_LEVELS[card.acuity],
                int((now - card.at).total_seconds() // 60),
            )
            for card in cards
        ]
        urgent = sum(card.acuity <= 2 for card in cards)
        return self._draw("waiting", shift, rows=rows, urgent=urgent, shorten=_shortened)

    def day(self, shift: Shift, day: date, bookings: tuple[Booking, ...]) -> str:
        """The appointments of a day, with what can be noted about each."""
        language = shift.language
        rows = [
            (each, slot_card(each.slot, self._catalogue, language), NEXT.get(each.status, ()))
            for each in bookings
            if each.slot.department in self._catalogue.by_id
            and each.slot.practitioner in self._catalogue.people
        ]
        return self._draw("day", shift, rows=rows, date=spoken_day(day, language))

    def panel(self, shift: Shift) -> str:
        """The open case, or the ticket of what was just booked."""
        if shift.booking is not None:
            card = slot_card(shift.booking.slot, self._catalogue, shift.language)
            return self._draw("ticket", shift, card=card, qr=ticket_code(shift.booking))
        if shift.opened is None:
            return self._draw("nothing", shift)
        return self._draw("case", shift, **self._case(shift, shift.opened))

    def _case(self, shift: Shift, opened: Opened) -> dict[str, object]:
        language, case, say = shift.language, opened.case, messages(shift.language)
        return {
            "card": opened.card,
            "case": case,
            "level": FOUR_LEVELS[opened.card.acuity],
            "pieces": _pieces(case),
            "legend": _legend(case),
            "moved": case.moved
            and [self._when(s, language) for s in (case.moved.before, case.moved.after)],
            "kind_name": lambda kind: kind_name(kind, say),
            "age": spoken_age(case.person, say),
            "flags": [self._flag(name, language) for name in case.flags],
            "asked": [(self._ask(name, language), said) for name, said in case.asked.items()],
            "answered": list(self._answered(case, language, say)),
            "considered": list(self._considered(case, language)),
            "decision": shift.decision or opened.thought,
            "departments": [
                (d.id, d.names.in_language(language)) for d in self._catalogue.departments
            ],
            "dispositions": [each.value for each in Disposition],
            "reasons": get_args(Why),
            "offers": shift.offers
            and [
                slot_card(each.assignment.slot, self._catalogue, language) for each in shift.offers
            ],
            "looked": shift.offers is not None,
        }

    def _when(self, slot: Slot | None, language: Language) -> str:
        if slot is None:
            return messages(language).say("board.no_time")
        card = slot_card(slot, self._catalogue, language)
        return f"{card.when} · {card.department} · {card.doctor}"

    def _considered(
        self, case: Case, language: Language
    ) -> Iterator[tuple[str, int | None, str, list[str], str]]:
        """Name, confidence in percent, phrase, passages' titles and place of each department."""
        for each in case.departments:
            department = self._catalogue.by_id.get(each.id)
            if department is None:
                continue
            titles = [
                passage.title.in_language(language)
                for passage in department.passages
                if passage.id in each.passages
            ]
            percent = None if each.confidence is None else round(100 * each.confidence)
            where = place(department.location, self._catalogue, language)
            yield department.names.in_language(language), percent, each.phrase, titles, where

    def _answered(self, case: Case, language: Language, say: Messages) -> Iterator[tuple[str, str]]:
        """Each other question and what was tapped."""
        for subject, chosen in case.answered.items():
            said = [self._option(subject, each, language, say) for each in chosen]
            none = say.say("button.none")
            yield say.say(f"question.{subject}"), say.say("list.separator").join(said) or none

    def _option(self, subject: str, option: str, language: Language, say: Messages) -> str:
        if option == "unknown":
            return say.say("button.unknown")
        if subject == "danger" and option in self._signs:
            return self._signs[option].names.in_language(language)
        message = f"{subject}.{option}"
        return say.say(message) if message in say.ids() else option

    def _flag(self, name: str, language: Language) -> str:
        return self._flags[name].names.in_language(language) if name in self._flags else name

    def _ask(self, name: str, language: Language) -> str:
        return self._flags[name].ask.in_language(language) if name in self._flags else name

    def _draw(self, template: str, shift: Shift, **facts: object) -> str:
        say = messages(shift.language)
        return self._templates.get_template(f"{template}.html").render(
            facts,
            shift=shift,
            say=say.say,
            language=shift.language,
            phone=self._phone,
            rooms_for=rooms_for,
        )


def _pieces(case: Case) -> list[Piece]:
    read = [(status, quote) for quote, status in case.findings.items()]
    return highlighted(case.words, [*read, *case.details])


def _legend(case: Case) -> list[str]:
    """The kinds that are marked, each once, findings first."""
    kinds = [*case.findings.values(), *(about for about, _ in case.details)]
    return list(dict.fromkeys(kinds))


def _shortened(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= FEWEST else f"{line[: FEWEST - 1]}…"
