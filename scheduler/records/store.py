"""The use cases of the records. Each is one transaction, its audit event included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from types import TracebackType
from typing import Self
from uuid import uuid4

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from scheduler.domain import AppointmentRequest, Commitment, Language, Slot
from scheduler.errors import (
    AlreadyClosed,
    UnknownAppointment,
    UnknownHandover,
    UnknownStaff,
    WrongStatus,
)
from scheduler.records import audit, bookings, rearranging, staff, tables
from scheduler.records.database import open_engine, parse, told_plainly
from scheduler.records.migrations import migrate
from scheduler.records.tables import Appointment, Handover, Staff
from scheduler.records.values import (
    FREED,
    NEXT,
    Absence,
    AppointmentStatus,
    AuditReport,
    Booking,
    Event,
    HandoverCard,
    HandoverStatus,
    Rearrangement,
    Relocation,
    Role,
    StaffMember,
)


class Records:
    """The hospital's promises and their history; open with `Records.open`, from any thread.

    Every method may raise RecordsUnavailable; then nothing of that step was kept (unless it was the
    answer to the commit itself that was lost). An `actor` is who did it: ``kiosk-3``, a member of
    staff, a program. It is an id, not a patient's name.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._readers = sessionmaker(engine)
        self._writers = sessionmaker(engine.execution_options(writes=True))

    @classmethod
    def open(cls, url: str) -> Self:
        """Open ``sqlite:///file`` or ``postgresql://…``, made or brought up to date if need be.

        Raises:
            RecordsUnavailable: the address is wrong, or the database cannot be used.
        """
        migrate(url)
        return cls(open_engine(parse(url)))

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self, sessions: sessionmaker[Session]) -> Iterator[Session]:
        with told_plainly(self._engine.url), sessions.begin() as session:
            yield session

    # --- appointments ---------------------------------------------------------------------------

    def commitments(self, since: datetime, until: datetime) -> tuple[Commitment, ...]:
        """All that is promised between `since` and `until` (hospital-local), by time."""
        promised = (
            select(Appointment)
            .where(Appointment.start < until, Appointment.end > since)
            .where(Appointment.status.not_in(FREED))
            .order_by(Appointment.start, Appointment.practitioner)
        )
        with self._transaction(self._readers) as session:
            return tuple(
                Commitment(start=each.start, end=each.end, practitioner=each.practitioner)
                for each in session.scalars(promised)
            )

    def book(
        self,
        slot: Slot,
        *,
        language: Language,
        actor: str,
        reasons: Sequence[str] = (),
        asked: AppointmentRequest | None = None,
    ) -> Booking:
        """Promise the slot. `reasons` go into the audit trail: codes, never a patient's words.
        `asked` is what the patient needs of the schedule, kept in case it must be planned anew.

        Raises:
            SlotTaken: any part of that time is promised already, or the practitioner is away.
        """
        steps = bookings.grid_steps(slot)
        with self._transaction(self._writers) as session:
            appointment = _appointment(session, slot, language)
            if asked is not None:
                appointment.asked = asked.model_dump(mode="json", exclude_defaults=True)
            session.add(appointment)
            session.flush()
            bookings.take_time(session, appointment, steps)
            details = {
                **slot.model_dump(mode="json"),
                "ticket": appointment.ticket,
                "reasons": list(reasons),
            }
            audit.append(
                session, actor=actor, action="book", subject=appointment.id, details=details
            )
            return _booking(appointment, bookings.people_ahead(session, appointment))

    def cancel(self, appointment_id: str, *, actor: str) -> None:
        """Give the time back. Cancelling twice changes nothing, and is recorded once.

        Raises:
            UnknownAppointment: there is none with this id.
        """
        with self._transaction(self._writers) as session:
            appointment = _find(session, appointment_id)
            if appointment.status == "cancelled":
                return
            appointment.status = "cancelled"
            bookings.free_time(session, appointment)
            audit.append(session, actor=actor, action="cancel", subject=appointment_id, details={})

    def move_on(self, appointment_id: str, status: AppointmentStatus, *, actor: str) -> None:
        """Note that a patient came, was seen, or did not come. The time of who did not is free.

        Raises:
            UnknownAppointment: there is none with this id.
            WrongStatus: an appointment in its state cannot become that.
        """
        with self._transaction(self._writers) as session:
            appointment = _find(session, appointment_id)
            before = appointment.status
            if status not in NEXT.get(before, ()):
                raise WrongStatus(f"an appointment that is {before} cannot become {status}")
            appointment.status = status
            if status in FREED:
                bookings.free_time(session, appointment)
            details = {"before": before, "after": status}
            audit.append(
                session, actor=actor, action="status", subject=appointment_id, details=details
            )

    def appointments(self, day: date, days: int = 1) -> tuple[Booking, ...]:
        """All of a day, or of several from it on, by time."""
        of_the_days = (
            select(Appointment)
            .where(Appointment.day >= day, Appointment.day < day + timedelta(days=days))
            .order_by(Appointment.start, Appointment.ticket)
        )
        with self._transaction(self._readers) as session:
            found = session.scalars(of_the_days).all()
            queues = bookings.queues(found)
            return tuple(_booking(each, queues[each.id]) for each in found)

    def appointment(self, appointment_id: str) -> Booking:
        """One appointment, whatever became of it.

        Raises:
            UnknownAppointment: there is none with this id.
        """
        with self._transaction(self._readers) as session:
            found = _find(session, appointment_id)
            return _booking(found, bookings.people_ahead(session, found))

    def people_ahead(self, appointment_id: str) -> int:
        """How many patients the same practitioner sees earlier in the same part of that day.

        Raises:
            UnknownAppointment: there is none with this id.
        """
        with self._transaction(self._readers) as session:
            return bookings.people_ahead(session, _find(session, appointment_id))

    # --- the scheduler's work -------------------------------------------------------------------

    def pin(self, appointment_id: str, pinned: bool, *, actor: str) -> None:
        """Let no plan move this appointment, or let plans move it again.

        Raises:
            UnknownAppointment: there is none with this id.
        """
        with self._transaction(self._writers) as session:
            appointment = _find(session, appointment_id)
            if appointment.pinned == pinned:
                return
            appointment.pinned = pinned
            appointment.version += 1
            action = "pin" if pinned else "unpin"
            audit.append(session, actor=actor, action=action, subject=appointment_id, details={})

    def absences(self, since: datetime, until: datetime) -> tuple[Absence, ...]:
        """When practitioners are away between `since` and `until` (hospital-local), by time."""
        away = (
            select(tables.Absence)
            .where(tables.Absence.start < until, tables.Absence.end > since)
            .order_by(tables.Absence.start, tables.Absence.practitioner)
        )
        with self._transaction(self._readers) as session:
            return tuple(
                Absence(practitioner=each.practitioner, start=each.start, end=each.end)
                for each in session.scalars(away)
            )

    def rearrange(
        self, moves: Sequence[Relocation], *, absence: Absence | None = None, actor: str
    ) -> Rearrangement:
        """Move appointments, all or none, and close a practitioner's time. The desk gets a card for
        each patient who has to be told.

        Raises:
            Outdated: an appointment is no longer where it was, or one is in the closed time.
            SlotTaken: a new time is somebody else's by now.
        """
        with self._transaction(self._writers) as session:
            return rearranging.rearrange(session, moves, absence, actor)

    def undo(self, rearrangement_id: str, *, actor: str) -> Rearrangement:
        """Take a rearrangement back, the closed time included.

        Raises:
            UnknownRearrangement: there is none with this id.
            Outdated: it was taken back before, or an appointment is no longer where it put it.
            SlotTaken: an old time is somebody else's by now.
        """
        with self._transaction(self._writers) as session:
            return rearranging.undo(session, rearrangement_id, actor)

    def rearrangements(self, most: int = 20) -> tuple[Rearrangement, ...]:
        """The latest, newest first."""
        latest = select(tables.Rearrangement).order_by(tables.Rearrangement.at.desc()).limit(most)
        with self._transaction(self._readers) as session:
            return tuple(map(rearranging.rearrangement, session.scalars(latest)))

    # --- cases for a person ---------------------------------------------------------------------

    def hand_over(
        self,
        *,
        reason: str,
        acuity: int,
        language: Language,
        details: Mapping[str, object],
        actor: str,
        instead_of: str | None = None,
    ) -> str:
        """Put a case on the desk and return its id.

        Where the card `instead_of` is still open, it is that card which changes: one patient is one
        card, which keeps its time and never becomes less urgent.

        `details` is JSON, as little as the desk needs; the patient's words belong here and nowhere
        else. `reason` is a code. Acuity runs from 1 (now) to 5; another one is a ValueError.
        """
        card = HandoverCard(
            id=str(uuid4()),
            at=datetime.now(UTC),
            reason=reason,
            acuity=acuity,
            language=language,
            status="open",
            details=audit.plain(details),
        )
        about: dict[str, object] = {"reason": reason, "acuity": acuity, "language": language}
        with self._transaction(self._writers) as session:
            open_card = session.get(Handover, instead_of) if instead_of else None
            if open_card is None or open_card.status == "closed":
                session.add(Handover(**card.model_dump()))
                name = card.id
            else:
                name = open_card.id
                open_card.reason, open_card.language = reason, language
                open_card.acuity = about["acuity"] = min(acuity, open_card.acuity)
                open_card.details = card.details
            audit.append(session, actor=actor, action="hand_over", subject=name, details=about)
        return name

    def handovers(
        self, status: HandoverStatus = "open", *, since: datetime | None = None
    ) -> tuple[HandoverCard, ...]:
        """The cases for a person, most urgent first, the oldest first among equals; where `since` is
        given (with its zone), only those that came later."""
        waiting = (
            select(Handover)
            .where(Handover.status == status)
            .order_by(Handover.acuity, Handover.at, Handover.id)
        )
        if since is not None:
            waiting = waiting.where(Handover.at >= since)
        with self._transaction(self._readers) as session:
            return tuple(_card(handover) for handover in session.scalars(waiting))

    def handover(self, handover_id: str) -> HandoverCard:
        """One case, open or closed.

        Raises:
            UnknownHandover: there is none with this id.
        """
        with self._transaction(self._readers) as session:
            return _card(_find_handover(session, handover_id))

    def close_handover(
        self,
        handover_id: str,
        *,
        actor: str,
        note: str,
        outcome: Mapping[str, object] | None = None,
    ) -> None:
        """Take a case off the desk; note and outcome stay with it. The first to close it is kept.

        `note` may hold words, `outcome` only codes and ids: it goes into the audit trail.

        Raises:
            UnknownHandover: there is none with this id.
            AlreadyClosed: somebody else closed it.
        """
        decided = audit.plain(outcome or {})
        with self._transaction(self._writers) as session:
            handover = _find_handover(session, handover_id)
            if handover.status == "closed":
                raise AlreadyClosed(f"handover {handover_id} was closed by {handover.closed_by}")
            handover.status, handover.note = "closed", note
            handover.outcome, handover.closed_by = decided, actor
            handover.closed_at = datetime.now(UTC)
            audit.append(
                session, actor=actor, action="close_handover", subject=handover_id, details=decided
            )

    # --- staff ----------------------------------------------------------------------------------

    def put_staff(self, name: str, password: str, role: Role, *, actor: str) -> None:
        """Add somebody who may sign in, or give them a new password and role.

        Raises:
            ValueError: the password is too short.
        """
        with self._transaction(self._writers) as session:
            staff.put(session, name, password, role)
            details = {"role": role}
            audit.append(session, actor=actor, action="put_staff", subject=name, details=details)

    def stop_staff(self, name: str, *, actor: str) -> None:
        """From now on this person cannot sign in, nor do anything where they are signed in.

        Raises:
            UnknownStaff: nobody has this name.
        """
        with self._transaction(self._writers) as session:
            member = session.get(Staff, name)
            if member is None:
                raise UnknownStaff(f"nobody is called {name}")
            member.active = False
            audit.append(session, actor=actor, action="stop_staff", subject=name, details={})

    def sign_in(self, name: str, password: str) -> StaffMember | None:
        """Who this is; None where name and password do not fit, or where the account is locked."""
        with self._transaction(self._readers) as session:
            known = session.get(Staff, name)
            password_hash = known.password if known else None
        # Hashing is slow on purpose: not while others wait for the writer's turn.
        fitted = staff.fits(password_hash, password)
        with self._transaction(self._writers) as session:
            member = session.get(Staff, name)
            if member is None:
                return None
            admitted = staff.admit(member, fitted=fitted and member.password == password_hash)
            action = "sign_in" if admitted else "sign_in_refused"
            audit.append(session, actor=name, action=action, subject=name, details={})
            return _member(member) if admitted else None

    def staff(self) -> tuple[StaffMember, ...]:
        """Everybody who may sign in or once could, by name."""
        with self._transaction(self._readers) as session:
            return tuple(map(_member, session.scalars(select(Staff).order_by(Staff.name))))

    def staff_stamp(self, name: str) -> tuple[StaffMember, str] | None:
        """Who this is while they may sign in, and what changes with their password."""
        with self._transaction(self._readers) as session:
            member = session.get(Staff, name)
            if member is None or not member.active:
                return None
            return _member(member), sha256(member.password.encode()).hexdigest()[:16]

    # --- the audit trail ------------------------------------------------------------------------

    def audit(self, actor: str, action: str, subject: str, details: Mapping[str, object]) -> None:
        """Record something that was done elsewhere. Details are JSON, never a patient's words."""
        with self._transaction(self._writers) as session:
            audit.append(session, actor=actor, action=action, subject=subject, details=details)

    def events(self, most: int = 50) -> tuple[Event, ...]:
        """The latest events of the trail, newest first."""
        latest = select(tables.AuditEvent).order_by(tables.AuditEvent.sequence.desc()).limit(most)
        with self._transaction(self._readers) as session:
            return tuple(
                Event(**{name: getattr(event, name) for name in Event.model_fields})
                for event in session.scalars(latest)
            )

    def verify_audit(self) -> AuditReport:
        """Recompute the trail: was anything edited, removed, added or reordered?"""
        with self._transaction(self._readers) as session:
            return audit.verify(session)


def _appointment(session: Session, slot: Slot, language: Language) -> Appointment:
    day = slot.start.date()
    letters = bookings.ticket_letters(slot.department)
    number = bookings.next_number(session, day, letters)
    return Appointment(
        id=str(uuid4()),
        day=day,
        ticket=f"{letters}-{number:03d}",
        number=number,
        status="booked",
        language=language,
        created=datetime.now(UTC),
        **dict(slot),
    )


def _find(session: Session, appointment_id: str) -> Appointment:
    appointment = session.get(Appointment, appointment_id)
    if appointment is None:
        raise UnknownAppointment(f"there is no appointment {appointment_id}")
    return appointment


def _find_handover(session: Session, handover_id: str) -> Handover:
    handover = session.get(Handover, handover_id)
    if handover is None:
        raise UnknownHandover(f"there is no handover {handover_id}")
    return handover


def _booking(appointment: Appointment, people_ahead: int) -> Booking:
    return Booking(
        id=appointment.id,
        ticket=appointment.ticket,
        slot=Slot(**{name: getattr(appointment, name) for name in Slot.model_fields}),
        status=appointment.status,
        people_ahead=people_ahead,
        language=appointment.language,
        created=appointment.created,
        asked=appointment.asked and AppointmentRequest.model_validate(appointment.asked),
        pinned=appointment.pinned,
        version=appointment.version,
    )


def _member(member: Staff) -> StaffMember:
    return StaffMember(name=member.name, role=member.role, active=member.active)


def _card(handover: Handover) -> HandoverCard:
    fields = {name: getattr(handover, name) for name in HandoverCard.model_fields}
    return HandoverCard(**fields)
