"""A page gets its address and its looks; it keeps no history and tells nobody of itself."""

from __future__ import annotations

from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.responses import RedirectResponse

from assistant.pages import theme


def mount(
    application: FastAPI, page: gr.Blocks, path: str, *, looks: theme.Looks, **options: Any
) -> FastAPI:
    """Serve `page` at `path`; `options` go to Gradio."""
    if path != "/":
        # A mount answers below its path only, and the patients' page would answer for it.
        application.add_api_route(path, lambda: RedirectResponse(f"{path}/"))
    gr.mount_gradio_app(
        application,
        page,
        path=path,
        theme=theme.theme(),
        css=looks.style_sheet(),
        head=looks.head(),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        **options,
    )
    return application
