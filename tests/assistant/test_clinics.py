"""What a scheduler does with whole days, on the tiny hospital and its real records."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from assistant.clinics import Clinics, Proposal
from assistant.reception import Reception
from assistant.rehearsal import rehearse
from scheduler.domain import Session, Slot
from scheduler.errors import InvalidInstance, Outdated, SlotTaken
from scheduler.reasons import WhySlot, WhyUnplaced
from scheduler.records import Booking, Records
from tests.builders import MONDAY
from tests.fakes import FrozenClock

TODAY = MONDAY.date()
NINE = datetime.combine(TODAY, datetime.min.time()).replace(hour=9)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def clinics(reception: Reception) -> Clinics:
    """The scheduler's work; a repair takes little time here."""
    return Clinics(reception.timetable, repair_seconds=0.6, trial_seconds=0.6)


def come(
    records: Records, reception: Reception, minutes: int = 0, who: str = "li", *, day: int = 0
) -> Booking:
    """Somebody has an appointment so many minutes after nine."""
    start = NINE + minutes * MINUTE + day * DAY
    slot = Slot(
        start=start,
        end=start + 20 * MINUTE,
        practitioner=who,
        department="gastroenterology",
        location="floor-2",
    )
    request = reception.timetable.request("gastroenterology", 3).model_copy(
        update={"earliest": NINE}
    )
    return records.book(slot, language="en", actor="kiosk", asked=request)


def ill(clinics: Clinics, who: str = "li") -> Proposal:
    """The doctor's whole morning is closed."""
    return clinics.close(clinics.planned(TODAY), who, NINE, NINE + 120 * MINUTE)


def test_the_promises_of_the_records_are_a_plan(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    booking = come(records, reception, 60)
    planned = clinics.planned(TODAY)
    (assignment,) = planned.plan.assignments
    assert (assignment.request, assignment.slot) == (booking.id, booking.slot)
    request = planned.instance.requests[0]
    assert request.acuity == 3
    assert request.held == booking.slot
    assert planned.astray == ()


def test_what_begins_too_soon_and_who_is_here_already_stay(
    clinics: Clinics, records: Records, reception: Reception, clock: FrozenClock
) -> None:
    soon, here, later = (come(records, reception, minutes) for minutes in (0, 60, 80))
    clock.advance(timedelta(minutes=5))
    records.move_on(here.id, "checked-in", actor="desk")
    pinned = {r.id: r.pinned for r in clinics.planned(TODAY).instance.requests}
    assert pinned == {soon.id: True, here.id: True, later.id: False}


def test_an_appointment_that_says_nothing_of_its_needs_can_still_be_planned(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    known = come(records, reception, 60).slot
    slot = known.model_copy(update={"start": known.end, "end": known.end + 20 * MINUTE})
    booking = records.book(slot, language="zh", actor="desk")
    assert booking.id in {a.request for a in clinics.planned(TODAY).plan.assignments}


def test_a_promise_outside_every_clinic_is_shown_and_not_planned(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    booking = come(records, reception, 600)
    planned = clinics.planned(TODAY)
    assert planned.astray == (booking,)
    assert planned.plan.assignments == ()


def test_a_slot_has_its_reasons_and_another_its_price(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    first, second = come(records, reception, 60), come(records, reception, 80)
    planned = clinics.planned(TODAY)
    facts = clinics.why(planned, first.id)
    assert isinstance(facts, WhySlot)
    assert facts.open_slots > 1
    found = clinics.why_not(planned, first.id, "li", second.slot.start)
    assert found.status == "possible"
    proposal = clinics.move(planned, found)
    assert {move.appointment for move in proposal.moves} == {first.id, second.id}
    price = sum(proposal.after.values()) - sum(proposal.before.values())
    assert price == found.price
    clinics.apply(proposal, actor="wang")
    assert records.appointment(first.id).slot.start == second.slot.start


def test_closing_a_session_moves_its_patients_and_changes_nothing_before_it_is_applied(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    theirs = [come(records, reception, minutes) for minutes in (60, 80)]
    other = come(records, reception, 60, "guo")
    proposal = ill(clinics)
    assert {move.appointment for move in proposal.moves} == {b.id for b in theirs}
    assert proposal.kept == 1
    assert proposal.lost == ()
    assert set(proposal.later) == {b.id for b in theirs}
    assert [records.appointment(b.id) for b in theirs] == theirs
    clinics.apply(proposal, actor="wang")
    assert {records.appointment(b.id).slot.practitioner for b in theirs} <= {"li", "guo"}
    assert clinics.look(TODAY).absences == (proposal.absence,)
    now = [records.appointment(b.id).slot for b in theirs]
    assert not any(slot.practitioner == "li" and slot.start.date() == TODAY for slot in now)
    assert records.appointment(other.id).slot == other.slot
    assert {card.reason for card in records.handovers()} == {"moved"}


def test_nobody_is_offered_the_time_of_who_is_away(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    clinics.apply(ill(clinics), actor="wang")
    offers = reception.timetable.offers(reception.timetable.request("gastroenterology", 3))
    taken = [offer.assignment.slot for offer in offers]
    assert taken
    assert not any(s.practitioner == "li" and s.start.date() == TODAY for s in taken)


def test_undoing_gives_everybody_their_time_back(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    booking = come(records, reception, 60)
    done = clinics.apply(ill(clinics), actor="wang")
    latest = clinics.latest()
    assert latest
    assert latest.id == done.id
    clinics.undo(done.id, actor="wang")
    assert records.appointment(booking.id).slot == booking.slot
    assert clinics.look(TODAY).absences == ()
    assert clinics.latest() is None
    assert records.handovers() == ()


def test_a_proposal_that_came_too_late_changes_nothing(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    proposal = ill(clinics)
    newcomer = come(records, reception, 60)
    with pytest.raises((Outdated, SlotTaken)):
        clinics.apply(proposal, actor="wang")
    assert records.appointment(newcomer.id).slot == newcomer.slot
    assert clinics.look(TODAY).absences == ()


def test_a_pinned_patient_of_who_is_away_is_left_to_a_person(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    booking = come(records, reception, 60)
    clinics.pin(booking.id, True, actor="wang")
    proposal = ill(clinics)
    assert [move.appointment for move in proposal.lost] == [booking.id]
    clinics.apply(proposal, actor="wang")
    facts = clinics.why(clinics.planned(TODAY), booking.id)
    assert isinstance(facts, WhyUnplaced)
    (card,) = records.handovers()
    assert card.reason == "lost_time"


def test_a_doctor_without_a_clinic_cannot_be_closed(clinics: Clinics) -> None:
    with pytest.raises(InvalidInstance):
        clinics.close(clinics.planned(TODAY), "nobody", NINE, NINE + 60 * MINUTE)


def test_what_if_a_doctor_were_away_or_another_clinic_open(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    bookings = [come(records, reception, minutes) for minutes in (0, 20)]
    planned = clinics.planned(TODAY)
    away = clinics.what_if(planned, without="li")
    assert {move.request for move in away.moved} == {b.id for b in bookings}
    assert away.points > 0
    extra = Session(
        start=NINE + DAY + 180 * MINUTE,
        end=NINE + DAY + 240 * MINUTE,
        practitioner="guo",
        department="gastroenterology",
    )
    more = clinics.what_if(planned, extra=extra)
    assert more.points <= 0
    overlapping = extra.model_copy(update={"start": NINE + DAY, "end": NINE + DAY + 60 * MINUTE})
    with pytest.raises(InvalidInstance, match="overlap"):
        clinics.what_if(planned, extra=overlapping)


def test_a_day_is_worth_what_it_costs_each_patient(
    clinics: Clinics, records: Records, reception: Reception
) -> None:
    assert clinics.worth(TODAY) is None
    come(records, reception, 100)
    come(records, reception, 0, day=-1)
    worth = clinics.worth(TODAY)
    assert worth
    assert (worth.patients, worth.before) == (1, TODAY - DAY)
    assert sum(worth.first_come.values()) < sum(worth.by_rule.values())


def test_a_rehearsal_books_patients_who_came_and_who_did_not(
    records: Records, reception: Reception
) -> None:
    booked = rehearse(reception.timetable, TODAY - 2 * DAY, 4, 40, seed=3)
    found = records.appointments(TODAY - 2 * DAY, 4)
    assert booked == len(found) > 20
    assert all(b.asked for b in found)
    over = {b.status for b in found if b.slot.start.date() < TODAY}
    assert over <= {"fulfilled", "noshow", "cancelled"}
    assert {b.status for b in found if b.slot.start.date() > TODAY} == {"booked"}
    assert date(2031, 3, 1) == TODAY - 2 * DAY
