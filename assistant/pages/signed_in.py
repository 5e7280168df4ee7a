"""Who sits before one of the staff's pages, and in which language it begins."""

from __future__ import annotations

import gradio as gr

from assistant.access import Access
from scheduler.domain import Language
from scheduler.errors import RecordsUnavailable
from scheduler.records import Role, StaffMember


def member_of(access: Access, request: gr.Request, role: Role) -> StaffMember | None:
    """Who is signed in and may act as `role`; None for everybody else."""
    try:
        member = access.who(dict(request.cookies))
    except RecordsUnavailable:
        return None
    return member if member and member.may_act_as(role) else None


def language_asked(request: gr.Request) -> Language:
    """The language that the address asks for, else the browser's."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language") or ""
    return "zh" if asked.lower().startswith("zh") else "en"
