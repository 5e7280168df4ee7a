"""The scheduler's board in a real browser: a doctor falls ill, and nothing moves before it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from assistant.reception import Reception
from scheduler.domain import Slot
from scheduler.records import Booking, Records
from tests.browser.conftest import PASSWORD, Open, Serve, photograph, serious_problems
from tests.browser.test_looks import CUT_OFF, PALE_TEXT, SMALL_TEXT
from tests.builders import MONDAY

NINE = datetime.combine(MONDAY.date(), datetime.min.time()).replace(hour=9)
SignIn = Callable[..., Page]


@pytest.fixture
def visits(records: Records, reception: Reception) -> list[Booking]:
    """Four patients of Dr Li this morning and one of Dr Guo."""
    return [
        records.book(
            Slot(
                start=NINE + timedelta(minutes=minutes),
                end=NINE + timedelta(minutes=minutes + 20),
                practitioner=who,
                department="gastroenterology",
                location="floor-2",
            ),
            language="en",
            actor="kiosk",
            asked=reception.timetable.request("gastroenterology", 3),
        )
        for who, minutes in (("li", 40), ("li", 60), ("li", 80), ("li", 100), ("guo", 60))
    ]


@pytest.fixture
def site(
    serve: Serve, reception: Reception, records: Records, visits: list[Booking], tmp_path: Path
) -> str:
    """A hospital where Wang plans the clinics and Mei works at the desk."""
    records.put_staff("wang", PASSWORD, "scheduler", actor="test")
    records.put_staff("mei", PASSWORD, "desk", actor="test")
    records.put_staff("ding", PASSWORD, "admin", actor="test")
    return serve(reception, staff=True, home=str(tmp_path))


@pytest.fixture
def sign_in(visit: Open, site: str) -> SignIn:
    """Wang before the board, in a window of their own."""

    def start(language: str = "en", name: str = "wang", room: str = "board", **how: object) -> Page:
        page = visit(address=site, language=language, room=room, member=name, **how)
        page.wait_for_selector(f"html[lang={language}] .dz-list")
        return page

    return start


def close(board: Page) -> None:
    """Ask what would change if Dr Li were away."""
    board.click('[data-act="doctor:li"]')
    board.click("[data-form=close] button")
    board.wait_for_selector(".dz-proposal")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_doctors_illness_is_seen_before_it_is_applied_and_can_be_undone(
    sign_in: SignIn, records: Records, visits: list[Booking], language: str
) -> None:
    board = sign_in(language)
    assert board.locator("button.dz-visit-mark").count() == len(visits)
    close(board)
    assert board.locator(".dz-proposal tbody tr").count() == 4
    assert board.locator("button.dz-visit-mark.dz-from").count() == 4
    photograph(board, f"board-proposal-{language}")
    assert serious_problems(board) == []
    assert [records.appointment(v.id).slot for v in visits] == [v.slot for v in visits]
    board.click('[data-act="apply"]')
    board.wait_for_selector('[data-act^="undo:"]')
    assert "4" in board.inner_text(".dz-alert")
    now = [records.appointment(v.id).slot for v in visits]
    assert not any(s.practitioner == "li" and s.start.date() == NINE.date() for s in now)
    assert len(records.handovers()) == 4
    board.click('[data-act^="undo:"]')
    board.wait_for_selector('[data-act^="undo:"]', state="detached")
    assert [records.appointment(v.id).slot for v in visits] == [v.slot for v in visits]
    assert records.handovers() == ()
    assert records.verify_audit().ok


def test_the_desk_tells_whoever_was_moved(sign_in: SignIn, records: Records) -> None:
    board = sign_in()
    close(board)
    board.click('[data-act="apply"]')
    board.wait_for_selector('[data-act^="undo:"]')
    desk = sign_in(name="mei", room="desk")
    desk.click(".dz-row")
    desk.wait_for_selector(".dz-case .dz-facts")
    photograph(desk, "desk-moved")
    assert "GAS-00" in desk.inner_text(".dz-case .dz-facts")
    desk.fill("input[name=note]", "told by telephone")
    desk.click('[value="decide"]')
    desk.wait_for_function("document.querySelectorAll('.dz-row').length === 3")
    (closed,) = records.handovers("closed")
    assert closed.note == "told by telephone"


def test_a_visit_says_why_it_is_there_and_what_another_time_would_take(
    sign_in: SignIn, records: Records, visits: list[Booking]
) -> None:
    board = sign_in()
    board.click(f'[data-act="visit:{visits[0].id}"]')
    board.wait_for_selector(".dz-points")
    board.fill("input[name=start]", visits[1].slot.start.strftime("%Y-%m-%dT%H:%M"))
    board.click("[data-form=why_not] button")
    board.wait_for_selector('[data-act="propose"]')
    photograph(board, "board-why-not")
    assert serious_problems(board) == []
    board.click('[data-act="propose"]')
    board.click('[data-act="apply"]')
    board.wait_for_selector('[data-act^="undo:"]')
    assert records.appointment(visits[0].id).slot.start == visits[1].slot.start
    assert records.appointment(visits[1].id).slot.start != visits[1].slot.start


def test_an_impossible_time_says_what_is_against_it(sign_in: SignIn, visits: list[Booking]) -> None:
    board = sign_in()
    board.click(f'[data-act="visit:{visits[0].id}"]')
    board.wait_for_selector("input[name=start]")
    board.fill("input[name=start]", (NINE + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"))
    board.click("[data-form=why_not] button")
    board.wait_for_selector(".dz-case ul li")
    assert "no clinic of this doctor" in board.inner_text(".dz-case ul")


def test_who_is_pinned_is_left_to_a_person(sign_in: SignIn, visits: list[Booking]) -> None:
    board = sign_in()
    board.click(f'[data-act="visit:{visits[0].id}"]')
    board.click('[data-act="pin"]')
    board.wait_for_selector('[data-act="unpin"]')
    close(board)
    assert board.locator(".dz-proposal tr.dz-bad").count() == 1
    board.click('[data-act="apply"]')
    board.wait_for_selector(".dz-without")


def test_a_proposal_that_somebody_else_overtook_changes_nothing(
    sign_in: SignIn, records: Records, visits: list[Booking]
) -> None:
    board = sign_in()
    close(board)
    records.cancel(visits[0].id, actor="desk")
    board.click('[data-act="apply"]')
    board.wait_for_selector(".dz-alert")
    assert records.rearrangements() == ()
    assert records.appointment(visits[1].id).slot == visits[1].slot


def test_another_doctor_more_is_tried_and_nothing_is_changed(
    sign_in: SignIn, records: Records, visits: list[Booking]
) -> None:
    board = sign_in()
    board.click('[data-act="ask"]')
    board.select_option("[data-form=trial_without] select", "guo")
    board.click("[data-form=trial_without] button")
    board.wait_for_selector('[data-card^="trial:"]')
    photograph(board, "board-trial")
    assert serious_problems(board) == []
    board.click('[data-act="ask"]')
    board.select_option("[data-form=trial_extra] select[name=practitioner]", "guo")
    board.select_option("[data-form=trial_extra] select[name=department]", "gastroenterology")
    board.fill("[data-form=trial_extra] input[name=since]", "09:00")
    board.fill("[data-form=trial_extra] input[name=until]", "10:00")
    board.click("[data-form=trial_extra] button")
    board.wait_for_selector(".dz-alert")  # he is in another clinic then
    assert [records.appointment(v.id).slot for v in visits] == [v.slot for v in visits]


def test_a_day_is_compared_with_first_come_first_served(sign_in: SignIn) -> None:
    board = sign_in()
    board.click('[data-act="worth"]')
    board.wait_for_selector(".dz-bars meter")
    assert "first come, first served" in board.inner_text(".dz-case")
    assert serious_problems(board) == []


def test_the_week_leads_to_a_day(sign_in: SignIn) -> None:
    board = sign_in()
    board.click('[data-act="span:week"]')
    board.wait_for_selector(".dz-week")
    assert serious_problems(board) == []
    board.click('[data-act="go:1:gastroenterology"]')
    board.wait_for_selector(".dz-line")
    assert "Tuesday" in board.inner_text(".dz-date")
    assert board.locator(".dz-group").count() == 1


def test_what_others_book_appears_by_itself(
    sign_in: SignIn, records: Records, visits: list[Booking]
) -> None:
    board = sign_in()
    slot = visits[4].slot
    later = slot.model_copy(
        update={
            "start": slot.start + timedelta(minutes=30),
            "end": slot.end + timedelta(minutes=30),
        }
    )
    booking = records.book(later, language="zh", actor="kiosk")
    board.wait_for_selector(f'[data-act="visit:{booking.id}"]', timeout=12_000)


def test_rooms_are_for_those_whose_work_they_are(visit: Open, site: str, sign_in: SignIn) -> None:
    board = sign_in()
    assert board.goto(f"{site}desk/").status == 403  # type: ignore[union-attr]
    desk = sign_in(name="mei", room="desk")
    assert desk.goto(f"{site}board/").status == 403  # type: ignore[union-attr]
    both = sign_in(name="ding")
    both.click('a[href="/desk/"]')
    both.wait_for_selector("#dz-waiting .dz-list")


@pytest.mark.parametrize(
    ("width", "language", "dark"),
    [(1366, "en", False), (1366, "zh", True), (390, "zh", False), (390, "en", True)],
)
def test_the_board_can_be_read(sign_in: SignIn, width: int, language: str, dark: bool) -> None:
    board = sign_in(language, width=width, dark=dark)
    photograph(board, f"board-{width}-{language}-{'dark' if dark else 'light'}")
    assert serious_problems(board) == []
    assert board.evaluate(PALE_TEXT) == []
    assert board.evaluate(SMALL_TEXT) == []
    if width > 390:  # on a phone the hours are scrolled to
        assert board.evaluate(CUT_OFF) == []
