"""Made-up patients in the records of the reference hospital, to try the staff's pages with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from assistant.timetable import Timetable
from assistant.triage import DUE_HOURS
from scheduler.domain import LANGUAGES, AppointmentRequest, DepartmentFit, Wishes
from scheduler.instance import DAY, Instance
from scheduler.online import Diary

ACTOR = "rehearsal"
ACUITIES = {2: 4, 3: 22, 4: 60, 5: 14}
"""How many of a hundred patients are of which urgency."""
ELSEWHERE, OF_A_SEX, IN_THE_AFTERNOON = 0.25, 0.15, 0.15
ARRIVALS = (7 * 6, 16 * 6)
"""When patients ask for a time, in steps of ten minutes since midnight."""
CAME, STAYED_AWAY = 0.88, 0.07


def rehearse(
    timetable: Timetable,
    first: date,
    days: int,
    patients: int,
    *,
    seed: int = 0,
    on_patient: Callable[[], None] = lambda: None,
) -> int:
    """Book `patients` made-up patients on `days` days from `first`; returns how many found a time.
    On days that are over, most of them have been seen and some never came.

    Raises:
        RecordsUnavailable: the database cannot be reached.
    """
    chance, records = Random(seed), timetable.records
    catalogue, midnight = timetable.catalogue, datetime.combine(first, datetime.min.time())
    sessions = timetable.sessions(first, days)
    diary = Diary(
        Instance(
            requests=(),
            sessions=sessions,
            practitioners=catalogue.practitioners,
            rooms=catalogue.rooms,
            commitments=records.commitments(midnight, midnight + days * DAY),
            weights=timetable.weights,
        )
    )
    open_here = {session.department for session in sessions}
    departments = [d for d in catalogue.departments if d.id in open_here]
    shares = [d.usual_share for d in departments]
    booked = 0
    for number in range(patients if departments else 0):
        chosen = chance.choices(departments, shares)[0]
        fits = [DepartmentFit(department=chosen.id, fit=0.9, minutes=chosen.visit_minutes)]
        other = chance.choice(departments)
        if chance.random() < ELSEWHERE and other != chosen:
            fits.append(DepartmentFit(department=other.id, fit=0.4, minutes=other.visit_minutes))
        acuity = chance.choices(list(ACUITIES), list(ACUITIES.values()))[0]
        came = chance.randrange(*ARRIVALS)
        earliest = midnight + chance.randrange(days) * DAY + timedelta(minutes=10 * came)
        request = AppointmentRequest(
            id=f"rehearsal-{number}",
            departments=tuple(fits),
            acuity=acuity,
            earliest=earliest,
            due_by=earliest + timedelta(hours=DUE_HOURS[acuity]),
            wishes=Wishes(
                sex="female" if chance.random() < OF_A_SEX else None,
                part_of_day="afternoon" if chance.random() < IN_THE_AFTERNOON else None,
            ),
        )
        # Offers with moves would move visits that are in the records already.
        found = next((offer for offer in diary.offers(request) if not offer.moves), None)
        on_patient()
        if found is None:
            continue
        diary.take(found)
        slot = found.assignment.slot
        booking = records.book(slot, language=chance.choice(LANGUAGES), actor=ACTOR, asked=request)
        booked += 1
        if slot.end < timetable.now():
            fate = chance.random()
            if fate < CAME:
                records.move_on(booking.id, "checked-in", actor=ACTOR)
                records.move_on(booking.id, "fulfilled", actor=ACTOR)
            else:
                missed = fate < CAME + STAYED_AWAY
                records.move_on(booking.id, "noshow" if missed else "cancelled", actor=ACTOR)
    return booked
