"""The patient's page: built, wired and mounted."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.messages import messages
from assistant.pages.mounting import mount
from assistant.pages.patient.cards import Cards
from assistant.pages.patient.layout import Layout
from assistant.pages.patient.taps import MOST_READERS, Taps
from assistant.pages.patient.visit import Visit
from assistant.pages.theme import Looks
from assistant.reception import Reception
from assistant.settings import Settings

KEEP_SECONDS = 20
"""How often an open page says that it is still there; a closed one is forgotten soon after."""
ROOM = Path(__file__).parent
LOOKS = Looks(sheets=(ROOM / "kiosk.css",), script=ROOM / "kiosk.js")
LARGER = "() => window.daozhen.larger()"
RELOAD = "() => window.daozhen.reload()"


def mount_kiosk(application: FastAPI, reception: Reception, settings: Settings) -> FastAPI:
    """Put the patient's page at `/`."""
    return mount(application, build_kiosk(reception, settings), "/", looks=LOOKS)


def build_kiosk(reception: Reception, settings: Settings) -> gr.Blocks:
    """The page as Gradio blocks; `mount_kiosk` serves it as it is meant to look."""
    first = Visit()
    cards = Cards(reception.catalogue, settings)
    page: gr.Blocks
    with gr.Blocks(
        title=messages(first.language).say("app.title"),
        analytics_enabled=False,
        delete_cache=(600, 600),
        fill_width=True,
    ) as page:
        visit = gr.State(
            first,
            time_to_live=settings.reset_seconds + 3 * KEEP_SECONDS,
            delete_callback=Visit.clear,
        )
        layout = Layout(
            cards,
            first,
            reset_seconds=settings.reset_seconds,
            checklist=reception.model is None,
        )
        _wire(page, visit, layout, Taps(reception, layout))
    page.queue(default_concurrency_limit=MOST_READERS, max_size=256)
    return page


def _wire(page: gr.Blocks, visit: gr.State, layout: Layout, taps: Taps) -> None:
    """Which tap does what. Nothing is a public endpoint, and only reading words has a limit."""
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    quick = private | {"outputs": layout.everything(), "concurrency_limit": None}
    reading = quick | {"concurrency_limit": MOST_READERS, "concurrency_id": "reading"}
    about = [layout.age, layout.sex]

    page.load(taps.arrive, visit, **quick)
    layout.english.click(partial(taps.speak, language="en"), visit, **quick)
    layout.chinese.click(partial(taps.speak, language="zh"), visit, **quick)
    layout.larger.click(None, js=LARGER, **private)
    layout.person.click(taps.call, visit, **quick)
    layout.alarm.click(taps.alarm, visit, **quick)
    noticed = [layout.who.change, layout.age.blur, layout.sex.change]
    gr.on(noticed, taps.look_at_person, [visit, layout.who, *about], **quick)
    layout.examples.click(taps.suggest, [visit, layout.words], **quick)
    message = [visit, layout.words, *about, layout.pregnant]
    gr.on([layout.send.click, layout.words.submit], taps.send, message, **reading)
    # Two questions may be answered in quick succession: no tap is dropped.
    layout.panel.click(taps.act, visit, trigger_mode="multiple", **reading)
    layout.stop.click(taps.stop, visit, **quick)
    layout.start_over.click(taps.start_over, visit, **quick).then(None, js=RELOAD, **private)
    _forget_who_left(page, visit, private)


def _forget_who_left(page: gr.Blocks, visit: gr.State, private: dict[str, Any]) -> None:
    """Keep a visit while its page is open; of one that is closed keep nothing at all.

    Left alone, Gradio keeps a closed session's state for an hour, and what its components showed
    until ten thousand other sessions have followed.
    """

    def keep(visit: Visit) -> Visit:
        return visit

    def forget(request: gr.Request) -> None:
        sessions, session = page.state_holder, request.session_hash
        if session and session in sessions:
            sessions.delete_state(session)
            sessions.session_data.pop(session, None)
            sessions.time_last_used.pop(session, None)

    page.load(keep, visit, visit, concurrency_limit=None, **private)
    gr.Timer(KEEP_SECONDS).tick(keep, visit, visit, concurrency_limit=None, **private)
    page.unload(forget)
