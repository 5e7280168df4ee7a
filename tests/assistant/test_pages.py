"""The patient's page without a browser: what a visit remembers, and what is drawn of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

import gradio as gr
import pytest
from fastapi import FastAPI

from assistant.answer import Ground
from assistant.dialogue import Reply
from assistant.messages import messages
from assistant.pages.desk.desk import LOOKS as DESK_LOOKS
from assistant.pages.patient import build_kiosk, mount_kiosk
from assistant.pages.patient.answering import answering
from assistant.pages.patient.cards import Cards, card_name, rests_on, spoken_difference, ticket_code
from assistant.pages.patient.kiosk import LOOKS as KIOSK_LOOKS
from assistant.pages.patient.layout import Layout
from assistant.pages.patient.questions import chosen_from, named
from assistant.pages.patient.taps import Taps
from assistant.pages.patient.visit import Visit, may_be_pregnant, read_age
from assistant.settings import Settings
from scheduler.domain import Language, Person
from scheduler.online import Difference
from scheduler.records import Booking
from tests.fake_reception import QUESTIONS, FakeReception, prepared
from tests.small_hospital import CATALOGUE, slot

T = TypeVar("T")
TAPPED_AGE = Reply(subject="age", offered=("40_to_64",), chosen=("40_to_64",))
NASTY = "<script>alert(1)</script> \" onload='x' <b>ache</b> {{ 7 * 7 }}"


@pytest.fixture
def cards() -> Cards:
    """Cards of the small hospital."""
    return Cards(CATALOGUE, Settings(emergency_phone="120"))


def a_visit(words: str, language: Language = "en") -> Visit:
    """A visit that has its answer."""
    visit = Visit(language=language)
    visit.say(words)
    visit.begin()
    visit.finish(prepared(visit.heard()))
    return visit


@pytest.mark.parametrize(
    ("typed", "years"),
    [
        ("", None), (" ", None), (None, None), ("34", 34), ("0", 0), ("120", 120), ("3.5", 3.5),
        ("34 years", 34), ("34岁", 34), ("8 months", 0.667), ("8个月", 0.667), ("2 weeks old", 0.038),
        ("5天", 0.014),
    ],
)  # fmt: skip
def test_ages_as_people_type_them(typed: str | None, years: float | None) -> None:
    assert read_age(typed) == years


@pytest.mark.parametrize("typed", ["-3", "300", "abc", "12 apples", "1e3", "nan", "34; 35", "三十"])
def test_what_is_no_age_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=re.escape(typed)):
        read_age(typed)


@pytest.mark.parametrize(
    ("sex", "age", "asked"),
    [("female", "", True), ("female", "34", True), ("female", "8", False), ("female", "70", False),
     ("male", "34", False), (None, "34", False)],
)  # fmt: skip
def test_pregnancy_is_asked_about_only_where_it_can_be(
    sex: str | None, age: str, asked: bool
) -> None:
    assert may_be_pregnant(sex, age) is asked  # type: ignore[arg-type]


def test_all_messages_of_a_visit_count() -> None:
    visit = a_visit("stomach ache")
    visit.say("and fever")
    assert visit.heard().words == "stomach ache\nand fever"


def test_answers_to_questions_stay_with_later_messages() -> None:
    visit = a_visit("headache, no stiff neck")
    assert visit.open_questions == ("meningitis", "heart_attack")
    visit.reply("meningitis", "no")
    visit.reply("heart_attack", "yes")
    visit.reply("never asked", "yes")
    visit.say("it started today")
    assert visit.heard().denied == {"meningitis"}
    assert visit.heard().confirmed == {"heart_attack"}
    assert visit.open_questions == ()


def test_answers_to_the_dialogue_stay_with_the_visit(cards: Cards) -> None:
    visit = a_visit("danger and age", "zh")
    assert visit.question is not None
    visit.reply_to_question(("stiff_neck", "rash"))
    (reply,) = visit.heard().replies
    assert (reply.subject, reply.chosen) == ("danger", ("stiff_neck", "rash"))
    assert reply.offered == ("stiff_neck", "rash", "drowsy")
    asked, said = (line.text for line in visit.told.lines[-2:])
    assert asked.en.startswith("Do you also have")
    assert (said.en, said.zh) == (
        "a stiff neck, a rash that stays when pressed",
        "脖子发硬、压了不褪色的皮疹",
    )


@pytest.mark.parametrize(("words", "answers"), [("complaint", True), ("danger", False)])
def test_more_words_answer_the_question_about_the_complaint_and_no_other(
    cards: Cards, words: str, answers: bool
) -> None:
    visit = a_visit(words)
    visit.say("and it itches")
    assert visit.heard().words.endswith("and it itches")
    assert [(r.subject, r.in_words) for r in visit.heard().replies] == (
        [("complaint", True)] if answers else []
    )
    spoken = [line.text.en for line in visit.told.lines]
    assert spoken[-1] == "and it itches"
    assert any("nearest to what troubles you" in line for line in spoken) is answers


@pytest.mark.parametrize(
    ("subject", "tapped", "chosen"),
    [
        ("danger", "0,2", ("stiff_neck", "drowsy")),
        ("danger", "none", ()),
        ("danger", "unknown", ("unknown",)),
        ("danger", "9", None),
        ("danger", "", None),
        ("danger", "0,x", None),
        ("age", "0", ("under_3_months",)),
        ("age", "0,1", None),
        ("age", "none", None),
        ("age", "unknown", ("unknown",)),
        ("complaint", "1", ("lump",)),
        ("complaint", "none", ()),
    ],
)
def test_only_what_was_offered_can_be_answered(
    subject: str, tapped: str, chosen: tuple[str, ...] | None
) -> None:
    question = next(each for each in QUESTIONS if each.subject == subject)
    assert chosen_from(question, tapped) == chosen


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("subject", ["danger", "age", "complaint"])
def test_a_question_shows_all_its_answers_and_that_one_may_not_know(
    cards: Cards, subject: str, language: Language
) -> None:
    visit = a_visit(subject)
    visit.language = language
    drawn = cards.panel(visit)
    say = messages(language).say
    assert visit.question is not None
    for option in visit.question.options:
        assert named(visit.question, option, language) in drawn
    assert say(f"question.{subject}") in drawn
    assert say("button.unknown") in drawn
    assert (say("button.none") in drawn) is (subject != "age")
    assert ("checkbox" in drawn) is (subject == "danger")


def test_an_age_that_was_tapped_is_shown_as_the_range_that_it_is(cards: Cards) -> None:
    visit = a_visit("ache")
    visit.told = replace(visit.told, replies=(TAPPED_AGE,))
    assert visit.answer is not None
    assert visit.answer.needs is not None
    needs = visit.answer.needs
    for age, shown in ((60.0, "40 to 64 years"), (61.0, "61 years")):
        told = needs.model_copy(update={"person": Person(age=age)})
        visit.answer = visit.answer.model_copy(update={"needs": told})
        assert shown in cards.panel(visit)


@pytest.mark.parametrize("ending", ["unreadable", "stopped"])
def test_words_that_were_not_answered_go_back_into_the_box(ending: str) -> None:
    visit = a_visit("stomach ache")
    lines = visit.told.lines
    visit.say("123")
    visit.begin()
    if ending == "stopped":
        back = visit.give_up("alert.stopped")
    else:
        unreadable = prepared(Visit(told=type(visit.told)(said=("123",))).heard())
        back = visit.finish(unreadable)
    assert back == "123"
    assert visit.told.said == ("stomach ache",)
    assert visit.told.lines == lines


def test_the_page_follows_the_language_of_the_words_until_one_is_chosen() -> None:
    assert a_visit("胃痛", "en").language == "zh"
    visit = Visit(language="en", language_chosen=True)
    visit.say("胃痛")
    visit.finish(prepared(visit.heard()))
    assert visit.language == "en"


def test_a_cleared_visit_remembers_nothing_and_stops_its_work() -> None:
    visit = a_visit("stomach ache")
    turn = visit.begin()
    visit.clear()
    assert visit == Visit(turn=visit.turn)
    assert visit.turn != turn
    assert not visit.working


def test_sessions_get_visits_of_their_own() -> None:
    first = Visit()
    second = deepcopy(first)
    first.say("mine")
    assert second.told.said == ()


@pytest.mark.parametrize("words", ["stomach ache", "crushing pain", "no stiff neck", "unsure"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_patients_words_are_never_markup(cards: Cards, words: str, language: Language) -> None:
    visit = a_visit(f"{words} ache")
    assert visit.answer is not None
    nasty = visit.answer.model_copy(update={"words": NASTY})
    reasons = [r.model_copy(update={"text": NASTY}) for r in nasty.reasons]
    visit.answer = nasty.model_copy(update={"reasons": tuple(reasons), "reasons_in": {}})
    visit.language = language
    drawn = cards.panel(visit)
    assert "<script" not in drawn
    assert "<b>" not in drawn
    assert drawn


def test_an_emergency_offers_nothing_to_book(cards: Cards) -> None:
    drawn = cards.panel(a_visit("crushing pain"))
    assert "data-act" not in drawn
    assert "Possible heart attack" in drawn
    assert "follow the red signs" in drawn
    assert "could not be told" in drawn  # this answer did not come from `receive`


def test_an_emergency_goes_before_a_booking(cards: Cards) -> None:
    visit = a_visit("stomach ache")
    visit.booking = a_booking()
    assert card_name(visit) == "ticket"
    visit.raise_alarm()
    assert card_name(visit) == "emergency"
    assert "GAS-007" not in cards.panel(visit)


def test_offers_say_how_they_differ(cards: Cards) -> None:
    drawn = cards.panel(a_visit("stomach ache"))
    assert "40 minutes later, but with a woman doctor" in drawn
    assert "1 day later, with the same doctor" in drawn


@pytest.mark.parametrize(
    ("minutes", "practitioner", "text"),
    [(0, True, "At the same time, x"), (40, True, "40 minutes later, but x"),
     (-20, True, "20 minutes earlier, x"), (120, False, "2 h later, x"),
     (135, False, "2 h 15 min later, x"), (1440, False, "1 day later, x"),
     (2870, False, "2 days later, x")],
)  # fmt: skip
def test_differences_in_words_and_numbers(minutes: int, practitioner: bool, text: str) -> None:
    difference = Difference(
        minutes_later=minutes, practitioner=practitioner, department=False, sex=False, cost=0
    )
    assert spoken_difference(difference, "x", messages("en")) == text


def test_a_language_changes_the_whole_card(cards: Cards) -> None:
    visit = a_visit("stomach ache")
    english = cards.panel(visit)
    visit.language = "zh"
    chinese = cards.panel(visit)
    assert "消化内科接诊这类情况" in chinese
    assert "Here is what I suggest" in english
    assert "Here is what I suggest" not in chinese


def test_rules_are_marked_as_such(cards: Cards) -> None:
    assert "fixed rules" in cards.panel(a_visit("rules ache"))
    assert "fixed rules" not in cards.panel(a_visit("stomach ache"))


@pytest.mark.parametrize(
    ("ground", "text"),
    [
        (Ground(kind="rule", id="waiting", text="12"), "the sooner the better (12 points)"),
        (Ground(kind="rule", id="sees:paediatrics:age"), "whom this department sees"),
        (Ground(kind="rule", id="something_new"), "something_new"),
        (Ground(kind="quote", id="finding:0", text="ache"), "“ache”"),
        (Ground(kind="source", id="nhs", text="https://example.org"), "https://example.org"),
        (Ground(kind="red_flag", id="stroke"), "stroke"),
    ],
)
def test_what_a_reason_rests_on_is_named(ground: Ground, text: str) -> None:
    assert rests_on(ground, messages("en"))[1] == text


def test_a_ticket_code_scales_and_holds_nothing_of_the_patient() -> None:
    code = ticket_code(a_booking())
    assert "viewBox" in code
    assert code == ticket_code(a_booking())


def test_work_that_is_no_longer_wanted_changes_nothing() -> None:
    desk, visit = FakeReception(), Visit()
    visit.say("slowly growing pain")

    async def run() -> None:
        with ThreadPoolExecutor(1) as threads:
            work = answering(desk, visit, threads)  # type: ignore[arg-type]
            await anext(work)
            visit.clear()
            assert [shown async for shown in work] == []

    at_once(run())
    assert desk.abandoned.is_set()
    assert visit.answer is None


def test_a_page_that_is_left_cancels_its_work() -> None:
    desk, visit = FakeReception(), Visit()
    visit.say("slowly growing pain")

    async def run() -> None:
        with ThreadPoolExecutor(1) as threads:
            work = answering(desk, visit, threads)  # type: ignore[arg-type]
            await anext(work)
            await work.aclose()  # type: ignore[attr-defined]

    at_once(run())
    assert desk.abandoned.is_set()


def test_a_ticket_that_comes_after_starting_over_is_shown_to_nobody(cards: Cards) -> None:
    desk, visit = FakeReception(), a_visit("stomach ache")
    visit.chosen = 0

    async def run() -> None:
        with gr.Blocks():
            layout = Layout(cards, visit, reset_seconds=60, checklist=False)
        taps = Taps(desk, layout)  # type: ignore[arg-type]
        booking = asyncio.create_task(
            anext(taps.act(visit, gr.EventData(None, {"act": "confirm"})))
        )
        await asyncio.sleep(0.02)
        taps.start_over(visit)
        await booking

    at_once(run())
    assert desk.booked
    assert visit.booking is None
    assert visit == Visit(turn=visit.turn)


def test_a_failure_is_logged_without_the_patients_words(caplog: pytest.LogCaptureFixture) -> None:
    visit = Visit()
    visit.say("a broken heart")

    async def run() -> list[str | None]:
        with ThreadPoolExecutor(1) as threads:
            return [shown async for shown in answering(FakeReception(), visit, threads)]  # type: ignore[arg-type]

    assert at_once(run())[-1] == "a broken heart"
    assert "RuntimeError" in caplog.text
    assert "a broken heart" not in caplog.text


def test_no_event_is_public_and_every_limit_is_explicit() -> None:
    page = build_kiosk(FakeReception(), Settings())  # type: ignore[arg-type]
    events = [event for event in page.fns.values() if event.fn and not _is(event, "unload")]
    assert len(events) > 10
    assert {event.api_visibility for event in events} == {"private"}
    assert all(event.concurrency_limit in (None, 32) for event in events)


def test_nothing_of_gradios_own_is_shown_or_kept() -> None:
    application = mount_kiosk(FastAPI(), FakeReception(), Settings())  # type: ignore[arg-type]
    page = application.routes[-1].app.get_blocks()  # type: ignore[attr-defined]
    assert isinstance(page, gr.Blocks)
    assert page.footer_links == []
    assert page.run_history is False
    assert page.analytics_enabled is False


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a loop of its own; the main thread may have one (Playwright's) already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def a_booking() -> Booking:
    """A booking of the small hospital."""
    return Booking(id="b", ticket="GAS-007", slot=slot(0, "p1"), status="booked", people_ahead=0)


def _is(event: object, name: str) -> bool:
    return any(target[1] == name for target in event.targets)  # type: ignore[attr-defined]


def test_style_sheets_and_scripts_are_served_as_they_are_written() -> None:
    for looks in (KIOSK_LOOKS, DESK_LOOKS):
        for sheet in looks.sheets:
            assert sheet.read_text(encoding="utf-8") in looks.style_sheet()
        assert looks.script.read_text(encoding="utf-8") in looks.head()
