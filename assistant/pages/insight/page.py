"""The page: built, wired and mounted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from fastapi import FastAPI

from assistant.access import Access
from assistant.insight import Insights
from assistant.messages import messages
from assistant.pages.drawing import FORMS
from assistant.pages.insight.cards import InsightCards
from assistant.pages.mounting import mount
from assistant.pages.signed_in import language_asked, member_of
from assistant.pages.theme import staff_looks
from scheduler.domain import LANGUAGES, Language
from scheduler.errors import RecordsUnavailable
from scheduler.records import AuditReport, StaffMember

LOOKS = staff_looks(Path(__file__).parent / "insight.css")
PERIODS = (1, 7, 28, 90)
"""Days, today included, that can be looked at."""
Painting = dict[Any, Any]


@dataclass
class Reading:
    """The state of an open page."""

    language: Language = "en"
    days: int = 7
    audit: AuditReport | None = None
    verifying: bool = False


class Parts(NamedTuple):
    """The components of the page, from top to bottom."""

    header: gr.HTML
    audit: gr.HTML
    body: gr.HTML


class InsightTaps:
    """What the page does for each tap."""

    def __init__(
        self, insights: Insights, access: Access, cards: InsightCards, parts: Parts
    ) -> None:
        self._insights = insights
        self._access = access
        self._cards = cards
        self._parts = parts

    def arrive(self, reading: Reading, request: gr.Request) -> Painting:
        """A page opens."""
        reading.language = language_asked(request)
        return self._everything(reading, member_of(self._access, request, "admin"))

    def act(self, reading: Reading, event: gr.EventData, request: gr.Request) -> Iterator[Painting]:
        """A tap, by whoever is signed in."""
        what, _, which = str(event.act).partition(":")
        member = member_of(self._access, request, "admin")
        if member and what == "speak" and which in LANGUAGES:
            reading.language = which
        elif member and what == "days" and which.isdigit() and int(which) in PERIODS:
            reading.days = int(which)
        elif member and what == "verify":
            reading.verifying = True
            yield {self._parts.audit: self._cards.audit(reading.language, None, verifying=True)}
            reading.verifying = False
            try:
                reading.audit = self._insights.verify()
            except RecordsUnavailable:
                reading.audit = None
        yield self._everything(reading, member)

    def _everything(self, reading: Reading, member: StaffMember | None) -> Painting:
        language = reading.language
        header = self._cards.header(language, member, reading.days, PERIODS)
        if member is None:
            return {self._parts.header: header, self._parts.audit: "", self._parts.body: ""}
        try:
            body = self._cards.body(language, self._insights.of(reading.days))
        except RecordsUnavailable:
            body = self._cards.unavailable(language)
        return {
            self._parts.header: header,
            self._parts.audit: self._cards.audit(language, reading.audit, verifying=False),
            self._parts.body: body,
        }


def mount_insight(application: FastAPI, insights: Insights, access: Access) -> FastAPI:
    """Put the page at `/insight`. `assistant.access.StaffOnly` has to stand before it."""
    return mount(application, build_insight(insights, access), "/insight", looks=LOOKS)


def build_insight(insights: Insights, access: Access) -> gr.Blocks:
    """The page as Gradio blocks."""
    page: gr.Blocks
    with gr.Blocks(
        title=messages("en").say("staff.insight"), analytics_enabled=False, fill_width=True
    ) as page:
        reading = gr.State(Reading(), time_to_live=3600)
        parts = Parts(
            gr.HTML(elem_id="dz-staff", js_on_load=FORMS),
            gr.HTML(elem_id="dz-audit", js_on_load=FORMS),
            gr.HTML(elem_id="dz-insight"),
        )
        taps = InsightTaps(insights, access, InsightCards(insights.catalogue), parts)
        private: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "concurrency_limit": None,
            "outputs": list(parts),
        }
        page.load(taps.arrive, reading, **private)
        for part in parts[:2]:
            part.click(taps.act, reading, trigger_mode="multiple", **private)
    page.queue(default_concurrency_limit=None, max_size=256)
    return page
