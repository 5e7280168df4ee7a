"""The board: built, wired and mounted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.access import Access
from assistant.clinics import Clinics
from assistant.messages import messages
from assistant.pages.board.cards import BoardCards
from assistant.pages.board.taps import BoardTaps, Parts
from assistant.pages.board.view import View
from assistant.pages.drawing import FORMS
from assistant.pages.mounting import mount
from assistant.pages.theme import staff_looks

LOOKS = staff_looks(Path(__file__).parent / "board.css")
GLANCE = 5
"""Seconds between two looks at whether anything is otherwise."""


def mount_board(application: FastAPI, clinics: Clinics, access: Access) -> FastAPI:
    """Put the board at `/board`. `assistant.access.StaffOnly` has to stand before it."""
    return mount(application, build_board(clinics, access), "/board", looks=LOOKS)


def build_board(clinics: Clinics, access: Access) -> gr.Blocks:
    """The page as Gradio blocks."""
    page: gr.Blocks
    with gr.Blocks(
        title=messages("en").say("staff.board"), analytics_enabled=False, fill_width=True
    ) as page:
        view = gr.State(View(), time_to_live=3600)
        parts = Parts(
            gr.HTML(elem_id="dz-staff", js_on_load=FORMS),
            gr.HTML(elem_id="dz-alert"),
            gr.HTML(elem_id="dz-panel", js_on_load=FORMS),
            gr.HTML(elem_id="dz-board", js_on_load=FORMS),
        )
        taps = BoardTaps(clinics, access, BoardCards(clinics.catalogue), parts)
        private: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "concurrency_limit": None,
            "outputs": list(parts),
        }
        page.load(taps.arrive, view, **private)
        for part in parts:
            part.click(taps.act, view, trigger_mode="multiple", **private)
        gr.Timer(GLANCE).tick(taps.look, view, **private)
    page.queue(default_concurrency_limit=None, max_size=256)
    return page
