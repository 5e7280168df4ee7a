"""The desk's page: built, wired and mounted."""

from __future__ import annotations

from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.access import Access
from assistant.desk import Desk
from assistant.messages import messages
from assistant.pages.desk.cards import DeskCards
from assistant.pages.desk.shift import Shift
from assistant.pages.desk.taps import DeskTaps, Parts
from assistant.pages.drawing import FORMS
from assistant.pages.mounting import mount
from assistant.pages.theme import staff_looks
from assistant.settings import Settings

LOOKS = staff_looks()
GLANCE = 3
"""Seconds between two looks at who waits."""


def mount_desk(application: FastAPI, desk: Desk, access: Access, settings: Settings) -> FastAPI:
    """Put the desk's page at `/desk`. `assistant.access.StaffOnly` has to stand before it."""
    return mount(application, build_desk(desk, access, settings), "/desk", looks=LOOKS)


def build_desk(desk: Desk, access: Access, settings: Settings) -> gr.Blocks:
    """The page as Gradio blocks."""
    page: gr.Blocks
    with gr.Blocks(
        title=messages("en").say("staff.desk"), analytics_enabled=False, fill_width=True
    ) as page:
        shift = gr.State(Shift(), time_to_live=3600)
        parts = Parts(
            gr.HTML(elem_id="dz-staff", js_on_load=FORMS),
            gr.HTML(elem_id="dz-alert"),
            gr.HTML(elem_id="dz-walk-in", js_on_load=FORMS),
            *_sides(),
        )
        taps = DeskTaps(desk, access, DeskCards(desk.catalogue, desk.red_flags, settings), parts)
        private: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "concurrency_limit": None,
            "outputs": list(parts),
        }
        page.load(taps.arrive, shift, **private)
        for part in parts:
            part.click(taps.act, shift, trigger_mode="multiple", **private)
        gr.Timer(GLANCE).tick(taps.look, shift, **private)
    page.queue(default_concurrency_limit=None, max_size=256)
    return page


def _sides() -> tuple[gr.HTML, gr.HTML]:
    """The list, and the open case beside it."""
    with gr.Row(elem_id="dz-sides"):
        with gr.Column(scale=2, min_width=340):
            waiting = gr.HTML(elem_id="dz-waiting", js_on_load=FORMS)
        with gr.Column(scale=3, min_width=340):
            panel = gr.HTML(elem_id="dz-panel", js_on_load=FORMS)
    return waiting, panel
