"""Moving visits that were promised, all of them or none, and telling the desk whom to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from scheduler.domain import Slot
from scheduler.errors import Outdated, UnknownRearrangement
from scheduler.records import audit, bookings, tables
from scheduler.records.values import Absence, Rearrangement, Relocation

MOVABLE = ("booked", "waitlist")
"""Whoever is here already, was seen or did not come is not moved."""
USUAL_ACUITY = 4


def rearrange(
    session: Session, moves: Sequence[Relocation], absence: Absence | None, actor: str
) -> Rearrangement:
    """Move visits to where they are to be; `absence` closes a practitioner's time from then on.

    Raises:
        Outdated: a visit is not where it was, or somebody sits in the time that is closed.
        SlotTaken: a new time is somebody else's; the transaction must be given up.
    """
    done = tables.Rearrangement(
        id=str(uuid4()),
        at=datetime.now(UTC),
        actor=actor,
        moves=[move.model_dump(mode="json") for move in moves],
        absence=absence and absence.model_dump(mode="json"),
    )
    session.add(done)
    _move(session, moves, actor)
    if absence:
        _close(session, absence, done.id)
    details = {"moves": done.moves, "absence": done.absence}
    audit.append(session, actor=actor, action="rearrange", subject=done.id, details=details)
    return rearrangement(done)


def undo(session: Session, rearrangement_id: str, actor: str) -> Rearrangement:
    """Everybody goes back to where they were.

    Raises:
        UnknownRearrangement: there is none with this id.
        Outdated: it was undone before, or somebody was moved again since.
        SlotTaken: an old time is somebody else's by now; the transaction must be given up.
    """
    done = session.get(tables.Rearrangement, rearrangement_id)
    if done is None:
        raise UnknownRearrangement(f"there is no rearrangement {rearrangement_id}")
    if done.undone_by is not None:
        raise Outdated(f"{done.undone_by} undid this before")
    done.undone_by = actor
    session.execute(delete(tables.Absence).where(tables.Absence.id == done.id))
    back = [
        Relocation(appointment=move.appointment, before=move.after, after=move.before)
        for move in rearrangement(done).moves
    ]
    _move(session, back, actor)
    audit.append(session, actor=actor, action="undo", subject=done.id, details={})
    return rearrangement(done)


def rearrangement(row: tables.Rearrangement) -> Rearrangement:
    """A row as a value."""
    return Rearrangement.model_validate(
        {name: getattr(row, name) for name in Rearrangement.model_fields}
    )


def slot_of(appointment: tables.Appointment) -> Slot | None:
    """Where a visit is; None on the waiting list."""
    if appointment.status == "waitlist":
        return None
    return Slot(**{name: getattr(appointment, name) for name in Slot.model_fields})


# --- one transaction's parts ----------------------------------------------------------------------


def _move(session: Session, moves: Sequence[Relocation], actor: str) -> None:
    """Everybody gets up before anybody sits down: two may change places."""
    found = [(_as_seen(session, move), move) for move in moves]
    for appointment, _ in found:
        bookings.free_time(session, appointment)
    for appointment, move in found:
        appointment.version += 1
        if move.after is None:
            appointment.status = "waitlist"
        else:
            _seat(session, appointment, move.after)
    session.flush()
    for appointment, move in found:
        if move.after is not None:
            bookings.take_time(session, appointment, bookings.grid_steps(move.after))
        _tell_the_desk(session, appointment, move, actor)


def _as_seen(session: Session, move: Relocation) -> tables.Appointment:
    appointment = session.get(tables.Appointment, move.appointment)
    if appointment is None or appointment.status not in MOVABLE:
        raise Outdated(f"appointment {move.appointment} cannot be moved any more")
    if slot_of(appointment) != move.before:
        raise Outdated(f"appointment {move.appointment} was moved by somebody else")
    return appointment


def _seat(session: Session, appointment: tables.Appointment, slot: Slot) -> None:
    """Another place in the table; another ticket only where the old one would name a wrong queue."""
    day, letters = slot.start.date(), bookings.ticket_letters(slot.department)
    if (day, letters) != (appointment.day, bookings.ticket_letters(appointment.department)):
        number = bookings.next_number(session, day, letters)
        appointment.number, appointment.ticket = number, f"{letters}-{number:03d}"
    appointment.day, appointment.status = day, "booked"
    for name in Slot.model_fields:
        setattr(appointment, name, getattr(slot, name))
    session.flush()  # the next visit that needs a number has to see this one


def _close(session: Session, absence: Absence, name: str) -> None:
    sits_there = select(tables.AppointmentTime.moment).where(
        tables.AppointmentTime.practitioner == absence.practitioner,
        tables.AppointmentTime.moment >= absence.start,
        tables.AppointmentTime.moment < absence.end,
    )
    if session.scalars(sits_there).first() is not None:
        raise Outdated(f"{absence.practitioner} has visits in the time that is to be closed")
    session.add(tables.Absence(id=name, **dict(absence)))


def _tell_the_desk(
    session: Session, appointment: tables.Appointment, move: Relocation, actor: str
) -> None:
    """A card for whoever has to be told; one that nobody has dealt with yet is brought up to date."""
    open_card = _open_card(session, appointment.id)
    known = open_card.details.get("moved") if open_card else None
    believed = known["before"] if isinstance(known, dict) else _plain(move.before)
    now = _plain(move.after)
    if open_card is not None and believed == now:
        open_card.status, open_card.closed_by = "closed", actor
        open_card.closed_at, open_card.outcome = datetime.now(UTC), {"back": appointment.ticket}
        return
    details: dict[str, object] = {
        "moved": {
            "appointment": appointment.id,
            "ticket": appointment.ticket,
            "before": believed,
            "after": now,
        },
        "departments": [{"id": appointment.department}],
    }
    reason = "moved" if move.after else "lost_time"
    if open_card is not None:
        open_card.reason, open_card.details = reason, details
        return
    acuity = (appointment.asked or {}).get("acuity", USUAL_ACUITY)
    session.add(
        tables.Handover(
            id=str(uuid4()),
            at=datetime.now(UTC),
            reason=reason,
            acuity=acuity,
            language=appointment.language,
            status="open",
            details=details,
        )
    )


def _open_card(session: Session, appointment_id: str) -> tables.Handover | None:
    about_moves = select(tables.Handover).where(
        tables.Handover.status == "open", tables.Handover.reason.in_(("moved", "lost_time"))
    )
    for card in session.scalars(about_moves):
        moved = card.details.get("moved")
        if isinstance(moved, dict) and moved.get("appointment") == appointment_id:
            return card
    return None


def _plain(slot: Slot | None) -> dict[str, object] | None:
    return None if slot is None else slot.model_dump(mode="json")
