"""Who may see which page. Staff sign in; every request to a room of theirs is checked anew.

The cookie is signed, leaves with the browser's session, and is worth nothing after a shift, after the
password has changed, or once somebody no longer works here.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scheduler.errors import RecordsUnavailable
from scheduler.records import Records, Role, StaffMember

COOKIE = "daozhen_staff"
SHIFT_SECONDS = 10 * 60 * 60
SIGN_IN = "/sign-in"
ROOMS: Mapping[str, Role] = {"/desk": "desk", "/board": "scheduler", "/insight": "admin"}
"""The staff's pages, and whom each is for."""


class Access:
    """Signs people in and knows them again."""

    def __init__(self, records: Records, secret: str) -> None:
        self._records = records
        self._signer = URLSafeTimedSerializer(secret, salt="staff")

    def sign_in(self, name: str, password: str) -> str | None:
        """What the cookie is to hold; None for whoever is not let in.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        member = self._records.sign_in(name, password)
        known = self._records.staff_stamp(name) if member else None
        return str(self._signer.dumps([name, known[1]])) if known else None

    def who(self, cookies: Mapping[str, str]) -> StaffMember | None:
        """Who sent these cookies; None where nobody is signed in.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        try:
            name, stamp = self._signer.loads(cookies.get(COOKIE, ""), max_age=SHIFT_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return None
        known = self._records.staff_stamp(str(name))
        return known[0] if known and known[1] == stamp else None

    @property
    def anybody(self) -> bool:
        """Whether anybody could sign in at all."""
        return any(member.active for member in self._records.staff())


class StaffOnly:
    """Middleware before everything: nothing below a room answers to whoever may not enter it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        role = required_role(scope["path"]) if scope["type"] in ("http", "websocket") else None
        if role is not None and (refusal := await self._refusal(HTTPConnection(scope), role)):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, _unstored(send) if role else send)

    async def _refusal(self, asked: HTTPConnection, role: Role) -> Response | None:
        if not _same_origin(asked):
            return PlainTextResponse("this comes from another site", status_code=403)
        try:
            member = await run_in_threadpool(self._access.who, asked.cookies)
        except RecordsUnavailable:
            return PlainTextResponse("the records cannot be reached", status_code=503)
        if member is None:
            if "text/html" in asked.headers.get("accept", ""):
                return RedirectResponse(f"{SIGN_IN}?to={room_of(asked.url.path)}", status_code=303)
            return PlainTextResponse("sign in first", status_code=401)
        if not member.may_act_as(role):
            return PlainTextResponse("this page is not for your role", status_code=403)
        return None


def _unstored(send: Send) -> Send:
    """No page of a room stays in the browser for whoever sits there next."""

    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                headers["cache-control"] = "no-store"
        await send(message)

    return forward


def rooms_for(member: StaffMember) -> tuple[str, ...]:
    """The rooms that somebody may enter."""
    return tuple(room for room, role in ROOMS.items() if member.may_act_as(role))


def room_of(path: str) -> str | None:
    """The staff's room that a path lies in."""
    return next((room for room in ROOMS if path == room or path.startswith(f"{room}/")), None)


def required_role(path: str) -> Role | None:
    """Whom a path is for; None for what everybody may see."""
    room = room_of(path)
    return ROOMS[room] if room else None


def _same_origin(asked: HTTPConnection) -> bool:
    """False where another site's page sends the request: a browser says so by itself."""
    origin = asked.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == asked.headers.get("host")


def secret_in(home: Path) -> str:
    """The key that cookies are signed with, made on first use; only this user may read it."""
    path = home / "secret"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(48)
    partial = path.with_name(f"secret.{os.getpid()}.partial")
    partial.touch(mode=0o600)
    partial.write_text(made, encoding="ascii")
    try:
        os.link(partial, path)  # whoever is first makes it
    except FileExistsError:
        made = path.read_text(encoding="ascii")
    finally:
        partial.unlink()
    return made
