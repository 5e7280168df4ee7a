"""What the board shows, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from assistant.access import rooms_for
from assistant.clinics import Days, Proposal, Worth
from assistant.explain import spoken_day, spoken_time
from assistant.messages import messages
from assistant.pages.board.timeline import loads, timeline
from assistant.pages.board.view import Opened, View
from assistant.pages.drawing import templates
from assistant.pages.wording import spoken_minutes
from assistant.triage import FOUR_LEVELS
from knowledge.catalogue import Catalogue
from scheduler.domain import WEEKDAYS, Language, Slot
from scheduler.obstacles import Obstacle
from scheduler.reasons import WhySlot, WhyUnplaced
from scheduler.records import Booking, StaffMember

ROOM = Path(__file__).parent
MOVABLE = ("booked", "waitlist")
MOST_NAMED = 4
USUAL_ACUITY = 4


class BoardCards:
    """Draws the parts of the page for a view, in its language."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._templates = templates(ROOM)

    def header(self, view: View, member: StaffMember | None, day: date) -> str:
        """Which days these are, who is signed in, and what was applied last."""
        return self._draw("header", view, member=member, date=spoken_day(day, view.language))

    def alert(self, view: View) -> str:
        """What went wrong, or was done, last."""
        return self._draw("alert", view)

    def day(self, view: View, days: Days) -> str:
        """One day, doctor by doctor."""
        line = timeline(days, view.department, view.proposal)
        opened = view.opened.booking.id if view.opened else ""
        return self._draw("day", view, line=line, opened=opened, levels=FOUR_LEVELS, acuity=_acuity)

    def week(self, view: View, days: Days) -> str:
        """Seven days, department by department."""
        shown = [days.first + timedelta(days=n) for n in range(days.days)]
        rows = {
            name: cells
            for name, cells in loads(days).items()
            if not view.department or name == view.department
        }
        headings = [spoken_day(each, view.language) for each in shown]
        return self._draw("week", view, rows=rows, headings=headings)

    def panel(self, view: View, day: date) -> str:
        """What lies open: a visit, a doctor, a proposal, a trial, a day's worth."""
        language = view.language
        if view.busy:
            return self._draw("busy", view)
        if view.proposal:
            return self._draw("proposal", view, **self._proposal(view.proposal, language))
        if view.opened:
            return self._draw("visit", view, **self._visit(view.opened, language))
        if view.doctor:
            sessions = [s for s in self._catalogue.schedules if s.practitioner == view.doctor]
            today = [s for s in sessions if s.weekday == WEEKDAYS[day.weekday()]]
            return self._draw("doctor", view, sessions=today)
        if view.outcome:
            return self._draw("trial", view, outcome=view.outcome)
        if view.worth:
            return self._draw("worth", view, **_worth(view.worth, language))
        if view.asks:
            here = view.department
            doctors = [p for p in self._catalogue.practitioners if here in ("", *p.departments)]
            return self._draw("ask", view, doctors=doctors)
        return ""

    # --- facts ------------------------------------------------------------------------------------

    def _visit(self, opened: Opened, language: Language) -> dict[str, object]:
        booking, facts = opened.booking, opened.facts
        asked = booking.asked
        wanted = {fit.department for fit in asked.departments} if asked else set()
        wanted.add(booking.slot.department)
        doctors = [p for p in self._catalogue.practitioners if wanted & set(p.departments)]
        return {
            "booking": booking,
            "asked": asked,
            "acuity": _acuity(booking),
            "level": FOUR_LEVELS[_acuity(booking)],
            "due": asked and spoken_time(asked.due_by, language),
            "movable": booking.status in MOVABLE,
            "here": facts if isinstance(facts, WhySlot) else None,
            "without": facts if isinstance(facts, WhyUnplaced) else None,
            "reasons": [r for r in facts.reasons if r.points or r.alternative or r.best]
            if isinstance(facts, WhySlot)
            else [],
            "doctors": doctors,
            "found": opened.found,
            "told": lambda by: self._obstacles(by, opened, language),
            "bookings": opened.planned.bookings,
        }

    def _obstacles(
        self, by: Iterable[Obstacle], opened: Opened, language: Language
    ) -> list[tuple[str, str]]:
        """The rule of each obstacle, and who or what that is, by ticket or by name."""
        separator = messages(language).say("list.separator")
        return [
            (
                one.rule,
                separator.join(self._named(who, opened, language) for who in one.who[:MOST_NAMED]),
            )
            for one in by
        ]

    def _named(self, who: str, opened: Opened, language: Language) -> str:
        if who in opened.planned.bookings:
            return opened.planned.bookings[who].ticket
        if who in self._catalogue.by_id:
            return self._catalogue.by_id[who].names.in_language(language)
        return who

    def _proposal(self, proposal: Proposal, language: Language) -> dict[str, object]:
        later = sorted(minutes for minutes in proposal.later.values() if minutes > 0)
        changed = {
            rule: (proposal.before.get(rule, 0), points)
            for rule, points in proposal.after.items()
            if points != proposal.before.get(rule, 0)
        }
        return {
            "proposal": proposal,
            "changed": sorted(changed.items(), key=lambda one: -abs(one[1][1] - one[1][0])),
            "price": sum(proposal.after.values()) - sum(proposal.before.values()),
            "longer": len(later),
            "median": self._shift(language)(round(median(later))) if later else "",
            "shift": self._shift(language),
            "absence": proposal.absence
            and (
                spoken_time(proposal.absence.start, language),
                f"{proposal.absence.end:%H:%M}",
            ),
        }

    def _shift(self, language: Language) -> Callable[[int], str]:
        say = messages(language).say

        def shift(minutes: int) -> str:
            if not minutes:
                return say("board.same_time")
            much = spoken_minutes(abs(minutes), messages(language))
            return say("board.later" if minutes > 0 else "board.earlier", much=much)

        return shift

    def _draw(self, template: str, view: View, **facts: object) -> str:
        language, people, departments = view.language, self._catalogue.people, self._catalogue.by_id

        def doctor(name: str) -> str:
            return people[name].names.in_language(language) if name in people else name

        def department(name: str) -> str:
            return departments[name].names.in_language(language) if name in departments else name

        def place(slot: Slot | None) -> str:
            if slot is None:
                return messages(language).say("board.no_time")
            when = f"{spoken_time(slot.start, language)}–{slot.end:%H:%M}"
            return f"{when} · {doctor(slot.practitioner)}"

        return self._templates.get_template(f"{template}.html").render(
            facts,
            view=view,
            say=messages(language).say,
            language=language,
            doctor=doctor,
            department=department,
            place=place,
            catalogue=self._catalogue,
            rooms_for=rooms_for,
        )


def _worth(worth: Worth, language: Language) -> dict[str, object]:
    """Rules that cost anything in any of the three, the dearest first; and the sums."""
    compared: list[tuple[str, Mapping[str, float]]] = [("day", worth.by_rule)]
    if worth.before:
        compared.append(("before", worth.before_by_rule))
    compared.append(("first_come", worth.first_come))
    rules = [
        (rule, [by_rule.get(rule, 0.0) for _, by_rule in compared])
        for rule in worth.by_rule
        if any(by_rule.get(rule, 0.0) >= 0.05 for _, by_rule in compared)
    ]
    sums = [sum(by_rule.values()) for _, by_rule in compared]
    return {
        "worth": worth,
        "compared": [name for name, _ in compared],
        "rules": sorted(rules, key=lambda one: -max(one[1])),
        "sums": sums,
        "most": max([*sums, 1.0]),
        "before": worth.before and spoken_day(worth.before, language),
    }


def _acuity(booking: Booking) -> int:
    return booking.asked.acuity if booking.asked else USUAL_ACUITY
