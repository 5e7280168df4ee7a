"""What booking needs inside its transaction: the grid, the ticket, the queue."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scheduler.domain import GRID, Interval
from scheduler.errors import SlotTaken
from scheduler.records.tables import Absence, Appointment, AppointmentTime
from scheduler.records.values import OVER
from scheduler.rules.soft import part_of_day


def grid_steps(interval: Interval) -> list[datetime]:
    """Every step of the grid that the interval touches, so that no visit slips between two."""
    first = interval.start - (interval.start - datetime.min) % GRID
    count = -((first - interval.end) // GRID)
    return [first + step * GRID for step in range(count)]


def take_time(session: Session, appointment: Appointment, steps: list[datetime]) -> None:
    """Give the steps to an appointment that is in the database already.

    Raises:
        SlotTaken: one of them is somebody else's, or the practitioner is away; the transaction must
            be given up.
    """
    when = f"{appointment.start:%Y-%m-%d %H:%M}–{appointment.end:%H:%M}"
    away = select(Absence.id).where(
        Absence.practitioner == appointment.practitioner,
        Absence.start < appointment.end,
        Absence.end > appointment.start,
    )
    if session.scalars(away).first() is not None:
        raise SlotTaken(f"{appointment.practitioner} is away {when}")
    rows = [
        {"practitioner": appointment.practitioner, "moment": step, "appointment_id": appointment.id}
        for step in steps
    ]
    try:
        session.execute(insert(AppointmentTime), rows)
    except IntegrityError as error:
        raise SlotTaken(f"{appointment.practitioner} is not free {when}") from error


def free_time(session: Session, appointment: Appointment) -> None:
    """Give back what the appointment held."""
    held = AppointmentTime.appointment_id == appointment.id
    session.execute(delete(AppointmentTime).where(held))


def next_number(session: Session, day: date, letters: str) -> int:
    """The running number that follows the last ticket of the day with these letters."""
    of_these = Appointment.ticket.startswith(f"{letters}-", autoescape=True)
    last = session.scalar(
        select(func.max(Appointment.number)).where(Appointment.day == day, of_these)
    )
    return (last or 0) + 1


def ticket_letters(department: str) -> str:
    """Letters to call a department by: CAR for cardiology, GS for general_surgery.

    Departments that share letters (two with GM) share one running number a day.
    """
    words = re.findall(r"[^\W_]+", department) or ["X"]
    letters = words[0][:3] if len(words) == 1 else "".join(word[0] for word in words)
    return letters.upper()


def people_ahead(session: Session, appointment: Appointment) -> int:
    """How many patients the same practitioner is to see earlier, in the same part of that day.

    Those who have been seen, have cancelled or did not come no longer count. Morning, afternoon and
    evening are the scheduler's own (`part_of_day`).
    """
    starts = session.scalars(
        select(Appointment.start).where(
            Appointment.practitioner == appointment.practitioner,
            Appointment.day == appointment.day,
            Appointment.start < appointment.start,
            Appointment.status.not_in(OVER),
        )
    )
    part = part_of_day(appointment.start)
    return sum(part_of_day(start) == part for start in starts)


def queues(appointments: Iterable[Appointment]) -> dict[str, int]:
    """`people_ahead` for each of whole days' appointments, which come in order of their starts."""
    waiting: dict[tuple[str, date, str], list[datetime]] = defaultdict(list)
    ahead = {}
    for each in appointments:
        queue = waiting[each.practitioner, each.day, part_of_day(each.start)]
        ahead[each.id] = sum(start < each.start for start in queue)
        if each.status not in OVER:
            queue.append(each.start)
    return ahead
