"""What each tap on the desk's page does."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple, cast, get_args

import gradio as gr
from pydantic import ValidationError

from assistant.access import Access
from assistant.desk import Decision, Desk
from assistant.pages.desk.cards import DeskCards
from assistant.pages.desk.shift import Shift
from assistant.pages.patient.visit import read_age
from assistant.pages.signed_in import language_asked, member_of
from scheduler.domain import LANGUAGES, Person, Sex
from scheduler.errors import (
    AlreadyClosed,
    RecordsUnavailable,
    SlotTaken,
    UnknownAppointment,
    UnknownHandover,
    WrongStatus,
)
from scheduler.records import AppointmentStatus, StaffMember

Painting = dict[Any, Any]
Filled = Mapping[str, str]
MOST_WORDS = 1500
logger = logging.getLogger(__name__)


class Parts(NamedTuple):
    """The components of the page, from top to bottom."""

    header: gr.HTML
    alert: gr.HTML
    walk_in: gr.HTML
    waiting: gr.HTML
    panel: gr.HTML


class DeskTaps:
    """What the page does for each tap. Every method changes the shift and paints it."""

    def __init__(self, desk: Desk, access: Access, cards: DeskCards, parts: Parts) -> None:
        self._desk = desk
        self._access = access
        self._cards = cards
        self._parts = parts

    def arrive(self, shift: Shift, request: gr.Request) -> Painting:
        """A page opens: in the language that its address asks for, else the browser's."""
        shift.language = language_asked(request)
        return self._everything(shift, self._who(request))

    def look(self, shift: Shift) -> Painting:
        """Whether anybody else waits by now."""
        try:
            listed = self._list(shift)
        except RecordsUnavailable:
            if shift.alert == "records":
                return self._nothing()
            shift.alert = "records"
            return {self._parts.alert: self._cards.alert(shift)}
        painting: Painting = {}
        if shift.alert == "records":
            shift.alert = ""
            painting[self._parts.alert] = self._cards.alert(shift)
        if listed != shift.shown:
            shift.shown = listed
            painting[self._parts.waiting] = listed
        return painting or self._nothing()

    def act(self, shift: Shift, event: gr.EventData, request: gr.Request) -> Iterator[Painting]:
        """A tap or a form that was sent, by whoever is signed in."""
        what, _, which = str(event.act).partition(":")
        filled = cast("Filled", getattr(event, "filled", None) or {})
        member = self._who(request)
        if member is None:  # the shift is over: the next page load asks to sign in
            shift.put_away()
            shift.alert = "signed_out"
            yield self._everything(shift, None)
            return
        shift.alert = shift.alert_who = ""
        try:
            yield from self._act(shift, member, what, which, filled)
        except RecordsUnavailable:
            shift.reading, shift.alert = False, "records"
        except (UnknownHandover, UnknownAppointment, WrongStatus):
            shift.put_away()
            shift.alert = "gone"
        except AlreadyClosed:
            who = shift.opened and self._desk.open(shift.opened.card.id).card.closed_by
            shift.put_away()
            shift.alert, shift.alert_who = "closed_by", who or ""
        except SlotTaken:
            shift.offers, shift.alert = None, "taken"
        yield self._everything(shift, member)

    def _act(
        self, shift: Shift, member: StaffMember, what: str, which: str, filled: Filled
    ) -> Iterator[Painting]:
        match what:
            case "speak" if which in LANGUAGES:
                shift.language = which
            case "look" if which in ("waiting", "day"):
                shift.looks_at, shift.days_ahead = which, 0
            case "day" if which in ("1", "-1"):
                shift.days_ahead += int(which)
            case "open":
                shift.put_away()
                shift.opened = self._desk.open(which)
            case "away":
                shift.put_away()
            case "decide" | "times":
                self._decide(shift, member, what, filled)
            case "book" if shift.opened and shift.decision and which.isdigit():
                self._book(shift, member, int(which))
            case "walk_in":
                yield from self._walk_in(shift, filled)
            case "move":
                booking, _, status = which.partition(":")
                if status in get_args(AppointmentStatus):
                    self._desk.move_on(
                        booking, cast("AppointmentStatus", status), actor=member.name
                    )
                    shift.alert = "noted"

    def _decide(self, shift: Shift, member: StaffMember, what: str, filled: Filled) -> None:
        if shift.opened is None:
            return
        try:
            decision = Decision.model_validate(
                {name: filled.get(name) or None for name in Decision.model_fields}
            )
        except ValidationError:
            shift.alert = "incomplete"
            return
        shift.decision, shift.note = decision, filled.get("note", "")[:MOST_WORDS]
        if decision.department not in self._desk.catalogue.by_id:
            shift.alert = "incomplete"
            return
        try:
            if what == "times":
                shift.offers = self._desk.offers(shift.opened, decision)
                return
            self._desk.decide(shift.opened, decision, shift.note, actor=member.name)
        except ValueError:
            shift.alert = "why"
            return
        shift.put_away()
        shift.alert = "done"

    def _book(self, shift: Shift, member: StaffMember, number: int) -> None:
        assert shift.opened is not None
        assert shift.decision is not None
        if not shift.offers or number >= len(shift.offers):
            return
        try:
            booking = self._desk.book(
                shift.opened,
                shift.decision,
                shift.offers[number],
                shift.note,
                actor=member.name,
            )
        except ValueError:
            shift.alert = "why"
            return
        shift.put_away()
        shift.booking = booking

    def _walk_in(self, shift: Shift, filled: Filled) -> Iterator[Painting]:
        words = filled.get("words", "").strip()
        if not words or shift.reading:
            shift.alert = "" if shift.reading else "no_words"
            return
        try:
            age = read_age(filled.get("age"))
        except ValueError:
            shift.alert, shift.wanted = "age", words
            return
        sex = cast("Sex", filled["sex"]) if filled.get("sex") in get_args(Sex) else None
        shift.put_away()
        shift.reading, shift.wanted = True, words
        yield {self._parts.walk_in: self._cards.walk_in(shift)}
        card = self._desk.walk_in(words[:MOST_WORDS], Person(age=age, sex=sex), shift.language)
        shift.reading = False
        if card is None:
            shift.alert = "unreadable"
            return
        shift.wanted = ""
        shift.opened = self._desk.open(card)
        shift.decision = shift.opened.thought
        if shift.decision.department and not shift.decision.disposition.is_emergency:
            shift.offers = self._desk.offers(shift.opened, shift.decision)

    def _everything(self, shift: Shift, member: StaffMember | None) -> Painting:
        try:
            shift.shown = self._list(shift) if member else ""
        except RecordsUnavailable:
            shift.alert = "records"
        painting = {
            self._parts.header: self._cards.header(shift, member),
            self._parts.alert: self._cards.alert(shift),
            self._parts.waiting: shift.shown,
            self._parts.panel: self._cards.panel(shift) if member else "",
        }
        # What was begun there stays until it has been read.
        if not shift.reading:
            painting[self._parts.walk_in] = self._cards.walk_in(shift) if member else ""
        return painting

    def _list(self, shift: Shift) -> str:
        if shift.looks_at == "day":
            day = self._desk.today() + timedelta(days=shift.days_ahead)
            return self._cards.day(shift, day, self._desk.day(day))
        return self._cards.waiting(shift, self._desk.waiting())

    def _nothing(self) -> Painting:
        return {self._parts.alert: gr.skip()}

    def _who(self, request: gr.Request) -> StaffMember | None:
        return member_of(self._access, request, "desk")
