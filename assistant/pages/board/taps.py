"""What each tap on the board does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, cast

import gradio as gr

from assistant.access import Access
from assistant.clinics import AHEAD, Clinics, Planned
from assistant.pages.board.cards import BoardCards
from assistant.pages.board.view import SPANS, Opened, Span, View
from assistant.pages.signed_in import language_asked, member_of
from scheduler.domain import LANGUAGES, Session
from scheduler.errors import (
    InvalidInstance,
    Outdated,
    RecordsUnavailable,
    SlotTaken,
    UnknownAppointment,
    UnknownRearrangement,
)
from scheduler.records import StaffMember

Painting = dict[Any, Any]
Filled = Mapping[str, str]
FARTHEST = 366
"""Days from today that can be looked at."""


class Parts(NamedTuple):
    """The components of the page, from top to bottom."""

    header: gr.HTML
    alert: gr.HTML
    panel: gr.HTML
    days: gr.HTML


class BoardTaps:
    """What the page does for each tap. Every method changes the view and paints it."""

    def __init__(self, clinics: Clinics, access: Access, cards: BoardCards, parts: Parts) -> None:
        self._clinics = clinics
        self._access = access
        self._cards = cards
        self._parts = parts

    def arrive(self, view: View, request: gr.Request) -> Painting:
        """A page opens."""
        view.language = language_asked(request)
        return self._everything(view, member_of(self._access, request, "scheduler"))

    def look(self, view: View) -> Painting:
        """Whether anything is otherwise by now."""
        try:
            drawn = self._drawn(view)
        except RecordsUnavailable:
            if view.alert == "records":
                return self._nothing()
            view.alert = "records"
            return {self._parts.alert: self._cards.alert(view)}
        painting: Painting = {}
        if view.alert == "records":
            view.alert = ""
            painting[self._parts.alert] = self._cards.alert(view)
        if drawn != view.shown:
            view.shown = drawn
            painting[self._parts.days] = drawn
        return painting or self._nothing()

    def act(self, view: View, event: gr.EventData, request: gr.Request) -> Iterator[Painting]:
        """A tap or a form that was sent, by whoever is signed in."""
        what, _, which = str(event.act).partition(":")
        filled = cast("Filled", getattr(event, "filled", None) or {})
        member = member_of(self._access, request, "scheduler")
        if member is None:
            view.put_away()
            view.alert = "signed_out"
            yield self._everything(view, None)
            return
        view.alert = ""
        try:
            yield from self._act(view, member, what, which, filled)
        except RecordsUnavailable:
            view.alert = "records"
        except (UnknownAppointment, UnknownRearrangement):
            view.put_away()
            view.alert = "gone"
        except Outdated:
            view.put_away()
            view.alert = "outdated"
        except SlotTaken:
            view.put_away()
            view.alert = "taken"
        finally:
            view.busy = ""
        yield self._everything(view, member)

    def _act(
        self, view: View, member: StaffMember, what: str, which: str, filled: Filled
    ) -> Iterator[Painting]:
        match what:
            case "speak" if which in LANGUAGES:
                view.language = which
            case "span" if which in SPANS:
                view.span = cast("Span", which)
            case "day" if which in ("1", "-1"):
                step = int(which) * (AHEAD if view.span == "week" else 1)
                self._go(view, view.days_ahead + step)
            case "today":
                self._go(view, 0)
            case "department" if not which or which in self._clinics.catalogue.by_id:
                view.department = which
            case "go":
                self._go_to(view, which)
            case "visit":
                self._open(view, which)
            case "doctor" if which in self._clinics.catalogue.people:
                view.put_away()
                view.doctor = which
            case "ask":
                view.put_away()
                view.asks = True
            case "worth":
                view.put_away()
                view.worth = self._clinics.worth(self._day(view))
                view.alert = "" if view.worth else "no_clinic"
            case "pin" | "unpin" if view.opened:
                name = view.opened.booking.id
                self._clinics.pin(name, what == "pin", actor=member.name)
                self._open(view, name)
            case "why_not":
                self._why_not(view, filled)
            case "propose" if view.opened and view.opened.found:
                planned = view.opened.planned
                proposal = self._clinics.move(planned, view.opened.found)
                view.put_away()
                view.proposal, view.tickets = proposal, _tickets(planned)
            case "close":
                yield from self._close(view, filled)
            case "trial_without" | "trial_extra":
                yield from self._try(view, what, filled)
            case "apply" if view.proposal:
                view.told = len(view.proposal.moves)
                self._clinics.apply(view.proposal, actor=member.name)
                view.put_away()
                view.alert = "applied"
            case "undo":
                self._clinics.undo(which, actor=member.name)
                view.put_away()
                view.alert = "undone"
            case "away":
                view.put_away()

    # --- days -------------------------------------------------------------------------------------

    def _day(self, view: View) -> date:
        return self._clinics.today() + timedelta(days=view.days_ahead)

    def _go(self, view: View, days_ahead: int) -> None:
        view.put_away()
        view.days_ahead = max(-FARTHEST, min(FARTHEST, days_ahead))

    def _go_to(self, view: View, where: str) -> None:
        """From a cell of the week to its day."""
        ahead, _, department = where.partition(":")
        if ahead.isdigit() and department in self._clinics.catalogue.by_id:
            self._go(view, view.days_ahead + int(ahead))
            view.span, view.department = "day", department

    def _moment(self, view: View, clock: str | None) -> datetime:
        return datetime.combine(self._day(view), time.fromisoformat(clock or ""))

    # --- what lies open ---------------------------------------------------------------------------

    def _open(self, view: View, name: str) -> None:
        view.put_away()
        planned = self._clinics.planned(self._day(view))
        booking = planned.bookings.get(name)
        if booking is None:
            raise UnknownAppointment(f"there is no appointment {name} in these days")
        try:
            facts = self._clinics.why(planned, name)
        except InvalidInstance:  # it is over, or outside every clinic
            facts = None
        view.opened = Opened(booking, planned, facts)

    def _why_not(self, view: View, filled: Filled) -> None:
        if view.opened is None:
            return
        who = filled.get("practitioner", "")
        try:
            start = datetime.fromisoformat(filled.get("start", ""))
            found = self._clinics.why_not(view.opened.planned, view.opened.booking.id, who, start)
        except (ValueError, InvalidInstance):
            view.alert = "times"
            return
        view.opened = Opened(view.opened.booking, view.opened.planned, view.opened.facts, found)

    def _close(self, view: View, filled: Filled) -> Iterator[Painting]:
        try:
            since, until = (self._moment(view, filled.get(name)) for name in ("since", "until"))
            if not view.doctor or until <= since:
                raise ValueError("ends before it starts")
        except ValueError:
            view.alert = "times"
            return
        doctor = view.doctor
        view.busy = "repair"
        yield {self._parts.panel: self._cards.panel(view, self._day(view))}
        try:
            planned = self._clinics.planned(self._day(view))
            proposal = self._clinics.close(planned, doctor, since, until)
        except InvalidInstance:
            view.alert = "no_clinic"
            return
        view.put_away()
        view.proposal, view.tickets = proposal, _tickets(planned)

    def _try(self, view: View, what: str, filled: Filled) -> Iterator[Painting]:
        people, departments = self._clinics.catalogue.people, self._clinics.catalogue.by_id
        without, extra = "", None
        try:
            if what == "trial_without":
                without = filled.get("practitioner", "")
                if without not in people:
                    raise ValueError("nobody has this name")
            else:
                if filled.get("department") not in departments:
                    raise ValueError("there is no such department")
                extra = Session(
                    start=self._moment(view, filled.get("since")),
                    end=self._moment(view, filled.get("until")),
                    practitioner=filled.get("practitioner", ""),
                    department=filled.get("department", ""),
                )
        except ValueError:
            view.alert = "times"
            return
        view.busy = "trial"
        yield {self._parts.panel: self._cards.panel(view, self._day(view))}
        try:
            planned = self._clinics.planned(self._day(view))
            outcome = self._clinics.what_if(planned, without=without, extra=extra)
        except InvalidInstance:
            view.alert = "no_clinic" if without else "overlap"
            return
        view.put_away()
        view.outcome, view.tickets = outcome, _tickets(planned)

    # --- painting ---------------------------------------------------------------------------------

    def _everything(self, view: View, member: StaffMember | None) -> Painting:
        day = self._day(view)
        try:
            view.latest = self._clinics.latest() if member else None
            view.shown = self._drawn(view) if member else ""
        except RecordsUnavailable:
            view.alert = "records"
        return {
            self._parts.header: self._cards.header(view, member, day),
            self._parts.alert: self._cards.alert(view),
            self._parts.panel: self._cards.panel(view, day) if member else "",
            self._parts.days: view.shown,
        }

    def _drawn(self, view: View) -> str:
        days = self._clinics.look(self._day(view), AHEAD if view.span == "week" else 1)
        draw: Callable[..., str] = self._cards.week if view.span == "week" else self._cards.day
        return draw(view, days)

    def _nothing(self) -> Painting:
        return {self._parts.alert: gr.skip()}


def _tickets(planned: Planned) -> dict[str, str]:
    return {name: booking.ticket for name, booking in planned.bookings.items()}
