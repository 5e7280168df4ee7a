"""What the desk does with the cases that wait: it agrees, decides otherwise, books, or sees that
somebody else was faster."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.answer import Heard
from assistant.case import Case
from assistant.desk import Decision, Desk, Opened, corrections
from assistant.evaluation.cases import load_cases
from assistant.reception import Reception
from scheduler.domain import Disposition, Person
from scheduler.errors import AlreadyClosed, UnknownHandover
from scheduler.records import HandoverCard, Records

ACHE = "I have had a stomach ache after meals for two weeks, no fever"
HEART = "I have crushing chest pain"
ELSEWHERE = Decision(
    department="general_medicine", disposition=Disposition.CONSULTATION, why="department"
)


@pytest.fixture
def desk(reception: Reception) -> Desk:
    """The desk of the tiny hospital."""
    return Desk(reception)


def came(desk: Desk, words: str = ACHE) -> Opened:
    """Somebody came to the desk, and their case is open."""
    card = desk.walk_in(words, Person(age=40, sex="female"), "en")
    assert card
    return desk.open(card)


def only_closed(records: Records) -> HandoverCard:
    """The one case that was dealt with."""
    (card,) = records.handovers("closed")
    return card


def test_a_case_says_what_was_said_read_and_thought(desk: Desk) -> None:
    card, case = opened = came(desk)
    assert (card.reason, card.acuity) == ("walk_in", 4)
    assert case.words == ACHE
    assert case.findings["fever"] == "absent"
    assert all(quote in ACHE for quote in case.findings)
    assert case.person == Person(age=40, sex="female")
    best = case.departments[0]
    assert best.id == "gastroenterology"
    assert best.phrase == "stomach ache after meals"
    assert best.passages == ("stomach",)
    assert opened.thought == Decision(
        department="gastroenterology", disposition=Disposition.CONSULTATION
    )


def test_an_emergency_is_thought_to_belong_to_emergency_care(desk: Desk) -> None:
    opened = came(desk, HEART)
    assert opened.card.acuity == 1
    assert opened.thought.department == "emergency"
    assert opened.case.flags == ("heart",)


def test_what_was_asked_about_danger_is_told_to_the_desk(
    reception: Reception, records: Records
) -> None:
    heard = Heard(words="no crushing chest pain, I feel odd", unsure=frozenset({"heart"}))
    reception.receive(heard)
    (card,) = records.handovers()
    assert Case.read(card).asked == {"heart": "unknown"}


def test_words_that_cannot_be_read_make_no_card(desk: Desk) -> None:
    assert desk.walk_in("123 !!!", Person(), "en") is None
    assert desk.waiting() == ()


def test_agreeing_needs_no_reason(desk: Desk, records: Records) -> None:
    opened = came(desk)
    desk.decide(opened, opened.thought, "sent up", actor="mei")
    closed = only_closed(records)
    assert desk.waiting() == ()
    assert (closed.note, closed.closed_by) == ("sent up", "mei")
    assert closed.outcome
    assert closed.outcome["agreed"] is True


def test_deciding_otherwise_needs_one(desk: Desk, records: Records) -> None:
    opened = came(desk)
    with pytest.raises(ValueError, match="why"):
        desk.decide(opened, ELSEWHERE.model_copy(update={"why": None}), "", actor="mei")
    assert [card.id for card in desk.waiting()] == [opened.card.id]
    desk.decide(opened, ELSEWHERE, "", actor="mei")
    outcome = only_closed(records).outcome
    assert outcome
    assert outcome["agreed"] is False
    assert outcome["decided"] == ELSEWHERE.model_dump(mode="json")


def test_a_time_is_booked_for_a_case_and_the_case_is_closed(desk: Desk, records: Records) -> None:
    opened = came(desk)
    offers = desk.offers(opened, opened.thought)
    assert {offer.assignment.slot.department for offer in offers} == {"gastroenterology"}
    booking = desk.book(opened, opened.thought, offers[0], "", actor="mei")
    assert booking.slot == offers[0].assignment.slot
    outcome = only_closed(records).outcome
    assert outcome
    assert outcome["ticket"] == booking.ticket
    assert [each.id for each in desk.day(booking.slot.start.date())] == [booking.id]
    desk.move_on(booking.id, "checked-in", actor="mei")
    assert desk.day(booking.slot.start.date())[0].status == "checked-in"
    assert records.verify_audit().ok


def test_who_is_slower_books_nothing(desk: Desk, records: Records) -> None:
    opened = came(desk)
    offers = desk.offers(opened, opened.thought)
    desk.decide(opened, opened.thought, "", actor="lin")
    with pytest.raises(AlreadyClosed, match="lin"):
        desk.book(opened, opened.thought, offers[0], "", actor="mei")
    start = offers[0].assignment.slot.start
    assert records.commitments(start, start + timedelta(minutes=10)) == ()


def test_a_case_that_never_was_is_said_to_be_unknown(desk: Desk) -> None:
    with pytest.raises(UnknownHandover):
        desk.open("nobody")


def test_what_the_desk_decided_can_be_evaluated(
    desk: Desk, records: Records, tmp_path: Path
) -> None:
    desk.decide(came(desk), ELSEWHERE, "", actor="mei")
    emergency = came(desk, HEART)
    desk.decide(emergency, emergency.thought, "", actor="mei")
    records.close_handover(came(desk).card.id, actor="terminal", note="undecided")
    lines = [json.dumps(each) for each in corrections(records.handovers("closed"))]
    (tmp_path / "decided.jsonl").write_text("\n".join(lines))
    cases = {case.text: case for case in load_cases(tmp_path / "decided.jsonl")}
    assert cases.keys() == {ACHE, HEART}
    assert cases[ACHE].departments == ("general_medicine",)
    assert cases[ACHE].age == 40
    assert (cases[HEART].departments, cases[HEART].disposition) == (None, "emergency")


def test_a_card_of_another_version_still_shows_its_words(
    desk: Desk, records: Records, open_desk: Callable[..., Reception]
) -> None:
    details = {"words": "ache", "departments": ["dermatology"], "findings": {"ache": "present"}}
    old = records.hand_over(reason="unsure", acuity=3, language="en", details=details, actor="k")
    assert desk.open(old).case.departments[0].id == "dermatology"
    odd = {"words": "ache", "person": "somebody"}
    other = records.hand_over(reason="unsure", acuity=3, language="en", details=odd, actor="k")
    assert desk.open(other).case == Case(words="ache")
