"""Moving promised visits: all or none, told to the desk, taken back; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scheduler.domain import AppointmentRequest, DepartmentFit, Slot
from scheduler.errors import Outdated, SlotTaken, UnknownAppointment, UnknownRearrangement
from scheduler.records import Absence, Booking, HandoverCard, Records, Relocation
from tests.scheduler.test_records import MONDAY, book, slot

AWAY = Absence(
    practitioner="dr-li", start=MONDAY + timedelta(hours=8), end=MONDAY + timedelta(hours=12)
)
TUESDAY = MONDAY + timedelta(days=1)


def asked(acuity: int = 3) -> AppointmentRequest:
    """What somebody needed of the schedule."""
    return AppointmentRequest(
        id="request-1",
        departments=(DepartmentFit(department="cardiology", fit=0.8),),
        acuity=acuity,
        earliest=MONDAY,
        due_by=MONDAY + timedelta(days=3),
    )


def to(booking: Booking, after: Slot | None) -> Relocation:
    """A visit goes from where it is."""
    return Relocation(appointment=booking.id, before=booking.slot, after=after)


def place(records: Records, booking: Booking) -> tuple[str, datetime, str]:
    """Where a visit is now."""
    now = records.appointment(booking.id)
    return now.slot.practitioner, now.slot.start, now.status


def moved_cards(records: Records) -> list[HandoverCard]:
    """Whom the desk has to tell."""
    return [card for card in records.handovers() if card.reason in ("moved", "lost_time")]


def test_a_booking_keeps_what_it_asked_for(records: Records) -> None:
    booking = records.book(slot(), language="en", actor="kiosk-1", asked=asked())
    assert booking.asked == asked()
    assert records.appointment(booking.id) == booking
    assert book(records, slot("10:00")).asked is None


def test_visits_move_together_and_may_change_places(records: Records) -> None:
    first, second = book(records, slot("09:00")), book(records, slot("09:20"))
    records.rearrange([to(first, second.slot), to(second, first.slot)], actor="wang")
    assert place(records, first) == ("dr-li", second.slot.start, "booked")
    assert place(records, second) == ("dr-li", first.slot.start, "booked")
    assert records.appointment(first.id).version == 2
    assert records.verify_audit().ok


def test_where_one_cannot_move_nobody_does(records: Records) -> None:
    first, second = book(records, slot("09:00")), book(records, slot("09:20"))
    other = book(records, slot("11:00"))
    with pytest.raises(SlotTaken):
        records.rearrange([to(first, slot("10:00")), to(second, other.slot)], actor="wang")
    assert place(records, first) == ("dr-li", first.slot.start, "booked")
    assert records.rearrangements() == ()
    assert moved_cards(records) == []


def test_a_plan_made_before_somebody_else_moved_is_outdated(records: Records) -> None:
    booking = book(records, slot())
    records.rearrange([to(booking, slot("10:00"))], actor="wang")
    with pytest.raises(Outdated):
        records.rearrange([to(booking, slot("11:00"))], actor="li")
    records.cancel(booking.id, actor="desk")
    with pytest.raises(Outdated):
        records.rearrange(
            [Relocation(appointment=booking.id, before=slot("10:00"), after=slot())], actor="li"
        )


def test_whoever_is_here_already_is_not_moved(records: Records) -> None:
    booking = book(records, slot())
    records.move_on(booking.id, "arrived", actor="desk")
    with pytest.raises(Outdated):
        records.rearrange([to(booking, slot("10:00"))], actor="wang")


def test_the_ticket_changes_with_the_queue_only(records: Records) -> None:
    booking = book(records, slot())
    records.rearrange([to(booking, slot("10:00", who="dr-sun"))], actor="wang")
    assert records.appointment(booking.id).ticket == booking.ticket
    book(records, slot("10:00", department="neurology", who="dr-wu"))
    there = slot("11:00", department="neurology", who="dr-wu")
    records.rearrange([to(records.appointment(booking.id), there)], actor="wang")
    assert records.appointment(booking.id).ticket == "NEU-002"


def test_nobody_is_booked_with_who_is_away(records: Records) -> None:
    records.rearrange([], absence=AWAY, actor="wang")
    with pytest.raises(SlotTaken, match="away"):
        book(records, slot("11:50"))
    assert book(records, slot("12:00")).status == "booked"
    assert records.absences(MONDAY, TUESDAY) == (AWAY,)
    assert records.absences(AWAY.end, TUESDAY) == ()


def test_time_in_which_somebody_still_sits_is_not_closed(records: Records) -> None:
    book(records, slot("11:50"))
    with pytest.raises(Outdated):
        records.rearrange([], absence=AWAY, actor="wang")
    assert records.absences(MONDAY, TUESDAY) == ()


def test_whoever_loses_their_time_waits_and_the_desk_is_told(records: Records) -> None:
    first = records.book(slot(), language="en", actor="kiosk-1", asked=asked(acuity=2))
    second = book(records, slot("09:20"))
    later = slot("13:00")
    records.rearrange([to(first, None), to(second, later)], absence=AWAY, actor="wang")
    assert records.appointment(first.id).status == "waitlist"
    assert records.commitments(MONDAY, TUESDAY)[0].start == later.start
    lost, moved = moved_cards(records)
    assert (lost.reason, lost.acuity, lost.language) == ("lost_time", 2, "en")
    assert (moved.reason, moved.acuity, moved.language) == ("moved", 4, "zh")
    told = moved.details["moved"]
    assert isinstance(told, dict)
    assert told["ticket"] == second.ticket
    assert Slot.model_validate(told["before"]) == second.slot
    assert Slot.model_validate(told["after"]) == later


def test_whoever_waits_can_be_given_a_time_again(records: Records) -> None:
    booking = book(records, slot())
    records.rearrange([to(booking, None)], actor="wang")
    again = Relocation(appointment=booking.id, before=None, after=slot("10:00"))
    records.rearrange([again], actor="wang")
    assert place(records, booking) == ("dr-li", slot("10:00").start, "booked")
    (card,) = moved_cards(records)
    assert card.reason == "moved"
    told = card.details["moved"]
    assert isinstance(told, dict)
    assert Slot.model_validate(told["before"]) == booking.slot, "it is what the patient knows"


def test_undoing_puts_everybody_back_and_leaves_nothing_to_tell(records: Records) -> None:
    first, second = book(records, slot("09:00")), book(records, slot("09:20"))
    done = records.rearrange(
        [to(first, None), to(second, slot("13:00"))], absence=AWAY, actor="wang"
    )
    records.undo(done.id, actor="li")
    assert place(records, first) == ("dr-li", first.slot.start, "booked")
    assert place(records, second) == ("dr-li", second.slot.start, "booked")
    assert records.absences(MONDAY, TUESDAY) == ()
    assert moved_cards(records) == []
    (known,) = records.rearrangements()
    assert known.undone_by == "li"
    with pytest.raises(Outdated):
        records.undo(done.id, actor="li")
    assert records.verify_audit().ok


def test_whoever_was_told_already_is_told_again_after_undoing(records: Records) -> None:
    booking = book(records, slot())
    done = records.rearrange([to(booking, slot("10:00"))], actor="wang")
    (card,) = moved_cards(records)
    records.close_handover(card.id, actor="mei", note="told")
    records.undo(done.id, actor="wang")
    (again,) = moved_cards(records)
    assert again.id != card.id


def test_what_cannot_go_back_stays(records: Records) -> None:
    booking = book(records, slot())
    done = records.rearrange([to(booking, slot("10:00"))], actor="wang")
    book(records, slot())
    with pytest.raises(SlotTaken):
        records.undo(done.id, actor="wang")
    assert place(records, booking) == ("dr-li", slot("10:00").start, "booked")
    with pytest.raises(UnknownRearrangement):
        records.undo("nothing", actor="wang")


def test_a_pin_is_kept_and_recorded_once(records: Records) -> None:
    booking = book(records, slot())
    for _ in range(2):
        records.pin(booking.id, True, actor="wang")
    assert records.appointment(booking.id).pinned
    assert records.appointment(booking.id).version == 2
    records.pin(booking.id, False, actor="wang")
    assert not records.appointment(booking.id).pinned
    with pytest.raises(UnknownAppointment):
        records.pin("nobody", True, actor="wang")
