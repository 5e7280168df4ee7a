"""The front desk in a real browser, with a real reception behind it: who waits, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from assistant.reception import Reception
from scheduler.records import Records
from tests.browser.conftest import PASSWORD, Open, Serve, photograph, say, serious_problems
from tests.browser.test_looks import CUT_OFF, PALE_TEXT, SMALL_TEXT

ACHE = {"en": "a stomach ache after meals for two weeks, no fever", "zh": "饭后胃痛两个星期了"}
VAGUE = {"en": "I feel odd and strange these days", "zh": "这几天说不上来哪里难受"}
HEART = "crushing chest pain"
SignIn = Callable[..., Page]


@pytest.fixture
def site(serve: Serve, reception: Reception, records: Records, tmp_path: Path) -> str:
    """A hospital where Mei works at the desk."""
    records.put_staff("mei", PASSWORD, "desk", actor="test")
    return serve(reception, staff=True, home=str(tmp_path))


@pytest.fixture
def sign_in(visit: Open, site: str) -> SignIn:
    """Mei at the desk, in a window of her own."""

    def start(language: str = "en", **how: object) -> Page:
        page = visit(address=site, language=language, room="desk", member="mei", **how)
        page.wait_for_selector(f"html[lang={language}] .dz-list")
        return page

    return start


def patient(visit: Open, site: str, words: str, language: str = "en") -> Page:
    """Somebody at a kiosk, who has said this."""
    page = visit(address=site, language=language)
    say(page, words)
    page.wait_for_selector(".dz-card")
    return page


def test_an_emergency_at_a_kiosk_is_on_the_desk_at_once(
    visit: Open, site: str, sign_in: SignIn
) -> None:
    desk = sign_in()
    assert "0 waiting" in desk.inner_text(".dz-list")
    patient(visit, site, HEART)
    desk.wait_for_selector(".dz-row.dz-level-1", timeout=10_000)
    assert "Emergencies among them: 1" in (desk.text_content('[role="status"]') or "")
    desk.click(".dz-row")
    desk.wait_for_selector(".dz-said mark.dz-kind-present")
    assert "crushing chest pain" in desk.inner_text(".dz-said")
    assert desk.input_value("select[name=department]") == "emergency"
    photograph(desk, "desk-emergency")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_case_handed_over_is_finished_at_the_desk(
    visit: Open, site: str, sign_in: SignIn, records: Records, language: str
) -> None:
    kiosk = patient(visit, site, ACHE[language], language)
    kiosk.click("#dz-person")
    kiosk.wait_for_selector(".dz-alert")
    desk = sign_in(language)
    desk.click(".dz-row")
    desk.wait_for_selector(".dz-decide")
    desk.select_option("select[name=department]", "general_medicine")
    desk.click('[value="times"]')
    desk.wait_for_selector(".dz-times li")
    desk.click('[data-act="book:0"]')
    desk.wait_for_selector(".dz-alert")  # why otherwise?
    desk.select_option("select[name=why]", "department")
    desk.fill("input[name=note]", "knows Dr Sun")
    desk.click('[value="times"]')
    desk.wait_for_selector(".dz-alert", state="detached")
    photograph(desk, f"desk-case-{language}")
    assert serious_problems(desk) == []
    desk.click('[data-act="book:0"]')
    desk.wait_for_selector(".dz-number")
    photograph(desk, f"desk-ticket-{language}")
    desk.wait_for_selector(".dz-row", state="detached")
    (closed,) = records.handovers("closed")
    assert (closed.closed_by, closed.note) == ("mei", "knows Dr Sun")
    assert closed.outcome
    assert closed.outcome["ticket"] == desk.inner_text(".dz-number")


def test_a_walk_in_is_booked_by_keyboard_alone(sign_in: SignIn, records: Records) -> None:
    desk = sign_in()
    desk.keyboard.press("/")
    desk.keyboard.type(ACHE["en"])
    desk.keyboard.press("Tab")
    desk.keyboard.type("34")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".dz-times li")
    desk.wait_for_function("document.activeElement.matches('.dz-case h2')")
    for _ in range(30):
        if desk.evaluate("document.activeElement.dataset.act") == "book:0":
            break
        desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".dz-number")
    assert len(records.handovers("closed")) == 1
    desk.click('[data-act="look:day"]')
    desk.wait_for_selector(".dz-days")


def test_what_is_typed_stays_while_others_come(visit: Open, site: str, sign_in: SignIn) -> None:
    desk = sign_in()
    desk.fill(".dz-walk-in input[name=words]", "my knee")
    patient(visit, site, HEART)
    desk.wait_for_selector(".dz-row")
    assert desk.input_value(".dz-walk-in input[name=words]") == "my knee"


@pytest.mark.parametrize(("words", "alert"), [("", "Write what"), ("123 !!!", "cannot be read")])
def test_what_cannot_be_read_is_said_so_and_stays(sign_in: SignIn, words: str, alert: str) -> None:
    desk = sign_in()
    desk.fill(".dz-walk-in input[name=words]", words)
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".dz-alert")
    assert alert in desk.inner_text(".dz-alert")
    assert desk.input_value(".dz-walk-in input[name=words]") == words


def test_two_at_the_desk_do_not_do_the_same_twice(
    visit: Open, site: str, sign_in: SignIn, records: Records
) -> None:
    patient(visit, site, HEART)
    first, second = sign_in(), sign_in()
    for desk in (first, second):
        desk.click(".dz-row")
        desk.wait_for_selector(".dz-decide")
    first.click('[value="decide"]')
    first.wait_for_selector("text=Done. The case is closed.")
    second.click('[value="decide"]')
    second.wait_for_selector("text=mei has dealt with this case already.")
    assert len(records.handovers("closed")) == 1


def test_a_patient_is_checked_in(sign_in: SignIn, records: Records, reception: Reception) -> None:
    offer = reception.timetable.offers(reception.timetable.request("gastroenterology", 4))[0]
    booking = records.book(offer.assignment.slot, language="en", actor="test")
    days = (booking.slot.start.date() - reception.timetable.now().date()).days
    desk = sign_in()
    desk.click('[data-act="look:day"]')
    for _ in range(days):
        desk.click('[data-act="day:1"]')
    desk.wait_for_selector(f"text={booking.ticket}")
    photograph(desk, "desk-day")
    assert serious_problems(desk) == []
    desk.click(f'[data-act="move:{booking.id}:checked-in"]')
    desk.wait_for_selector(".dz-status-checked-in")
    assert records.appointments(booking.slot.start.date())[0].status == "checked-in"


def test_who_is_sent_away_can_do_nothing_more(
    visit: Open, site: str, sign_in: SignIn, records: Records
) -> None:
    patient(visit, site, HEART)
    desk = sign_in()
    desk.click(".dz-row")
    desk.wait_for_selector(".dz-decide")
    records.stop_staff("mei", actor="test")
    desk.click('[value="decide"]')
    desk.wait_for_timeout(1000)
    assert len(records.handovers()) == 1


def test_signing_out_leads_to_the_door(sign_in: SignIn) -> None:
    desk = sign_in()
    desk.click("[data-sign-out]")
    desk.wait_for_selector("input[name=password]")
    photograph(desk, "door")
    assert serious_problems(desk) == []
    desk.go_back()
    desk.wait_for_selector("input[name=password]")
    for password in ("another password", PASSWORD):
        desk.fill("input[name=name]", "mei")
        desk.fill("input[name=password]", password)
        desk.keyboard.press("Enter")
        desk.wait_for_selector(".dz-list" if password == PASSWORD else ".dz-alert")


@pytest.mark.parametrize(
    ("width", "language", "dark"),
    [(1366, "en", False), (1366, "zh", True), (390, "zh", False), (390, "en", True)],
)
def test_the_desk_can_be_read(
    visit: Open, site: str, sign_in: SignIn, width: int, language: str, dark: bool
) -> None:
    patient(visit, site, VAGUE[language], language).click("#dz-person")
    desk = sign_in(language, width=width, dark=dark)
    desk.wait_for_selector(".dz-row")
    desk.click(".dz-row")
    desk.wait_for_selector(".dz-decide")
    desk.wait_for_timeout(300)
    photograph(desk, f"desk-{width}-{language}-{'dark' if dark else 'light'}")
    assert desk.evaluate(PALE_TEXT) == []
    assert desk.evaluate(SMALL_TEXT) == []
    assert desk.evaluate(CUT_OFF) == []
    assert serious_problems(desk) == []


def test_no_event_of_the_desk_is_a_public_endpoint(sign_in: SignIn) -> None:
    desk = sign_in()
    info = desk.evaluate("async () => (await fetch('/desk/gradio_api/info')).json()")
    assert info["named_endpoints"] == {}
    assert info["unnamed_endpoints"] == {}


def test_the_kiosk_has_no_serious_problem_either(visit: Open, site: str) -> None:
    page = visit(address=site)
    assert serious_problems(page) == []
    say(page, ACHE["en"])
    page.wait_for_selector(".dz-card")
    page.wait_for_timeout(400)
    assert serious_problems(page) == []
