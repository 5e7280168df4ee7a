"""The administrator's page in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from assistant.reception import Reception
from assistant.rehearsal import rehearse
from scheduler.records import Records
from tests.browser.conftest import PASSWORD, Open, Serve, photograph, serious_problems
from tests.browser.test_looks import CUT_OFF, PALE_TEXT, SMALL_TEXT

SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(
    visit: Open, serve: Serve, reception: Reception, records: Records, tmp_path: Path
) -> SignIn:
    """Ding, the administrator of a hospital that has had some patients."""
    today = reception.timetable.now().date()
    rehearse(reception.timetable, today - timedelta(days=3), 4, 25, seed=4)
    records.put_staff("ding", PASSWORD, "admin", actor="test")
    site = serve(reception, staff=True, home=str(tmp_path))

    def start(language: str = "en", **how: object) -> Page:
        page = visit(address=site, language=language, room="insight", member="ding", **how)
        page.wait_for_selector(f"html[lang={language}] .dz-insight")
        return page

    return start


def test_the_past_days_are_counted_and_the_trail_is_verified(
    sign_in: SignIn, records: Records, reception: Reception
) -> None:
    page = sign_in()
    last = reception.timetable.now().date()
    booked = len(records.appointments(last - timedelta(days=6), 7))
    assert booked > 0
    assert page.inner_text(".dz-tile strong") == str(booked)
    page.click('[data-act="verify"]')
    page.wait_for_selector(".dz-intact")
    assert str(records.verify_audit().events) in page.inner_text(".dz-intact")
    page.click('[data-act="days:28"]')
    page.wait_for_selector('[data-act="days:28"][aria-current]')


@pytest.mark.parametrize(
    ("width", "language", "dark"), [(1366, "en", False), (1366, "zh", True), (390, "zh", False)]
)
def test_it_can_be_read(sign_in: SignIn, width: int, language: str, dark: bool) -> None:
    page = sign_in(language, width=width, dark=dark)
    photograph(page, f"insight-{width}-{language}-{'dark' if dark else 'light'}")
    assert page.evaluate(PALE_TEXT) == []
    assert page.evaluate(SMALL_TEXT) == []
    if width > 390:  # on a phone the tables are scrolled
        assert page.evaluate(CUT_OFF) == []
    assert serious_problems(page) == []
