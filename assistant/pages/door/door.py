"""Signing in and out: two small pages without Gradio, so that they work before anything else does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.access import COOKIE, ROOMS, SIGN_IN, Access, rooms_for
from assistant.messages import messages
from assistant.pages.drawing import templates
from assistant.pages.theme import theme_sheet
from scheduler.domain import Language
from scheduler.errors import RecordsUnavailable

ROOM = Path(__file__).parent
SIGN_OUT = "/sign-out"


def mount_door(application: FastAPI, access: Access) -> FastAPI:
    """Put the pages for signing in and out in front of the staff's rooms."""
    drawn = templates(ROOM)

    def page(request: Request, to: str, problem: str = "", status: int = 200) -> Response:
        language = _language(request)
        if not problem and not access.anybody:
            problem = "nobody"
        html = drawn.get_template("sign_in.html").render(
            say=messages(language).say,
            language=language,
            to=_room(to),
            problem=problem,
            sheet=Markup(theme_sheet()),  # ours: nothing in it needs escaping
        )
        return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})

    @application.get(SIGN_IN)
    def ask(request: Request, to: str = "") -> Response:
        return page(request, to)

    @application.post(SIGN_IN)
    def sign_in(
        request: Request,
        name: Annotated[str, Form(max_length=100)] = "",
        password: Annotated[str, Form(max_length=1000)] = "",
        to: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            token = access.sign_in(name.strip(), password)
        except RecordsUnavailable:
            return page(request, to, "records", 503)
        if token is None:
            return page(request, to, "refused", 401)
        member = access.who({COOKIE: token})
        rooms = rooms_for(member) if member else ()
        room = to if to in rooms or not rooms else rooms[0]
        response = RedirectResponse(_room(room), status_code=303)
        response.set_cookie(
            COOKIE,
            token,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @application.post(SIGN_OUT)
    def sign_out() -> Response:
        response = RedirectResponse(SIGN_IN, status_code=303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    return application


def _room(to: str) -> str:
    """Where to go afterwards: one of our rooms, whatever the address says."""
    return to if to in ROOMS else next(iter(ROOMS))


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "zh" if asked.lower().startswith("zh") else "en"
