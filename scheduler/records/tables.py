"""The tables, by their FHIR nouns.

A visit's times are hospital-local and carry no zone; when something was recorded is an instant.
Dropping or renaming anything here needs a revision under ``migrations/versions``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from scheduler.domain import Language
from scheduler.records.values import AppointmentStatus, HandoverStatus, Role


class LocalTime(TypeDecorator[datetime]):
    """A hospital-local time. One with a zone is a mistake, and neither database would notice it."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time with a zone."""
        if value is not None and value.tzinfo is not None:
            raise ValueError("hospital-local times carry no zone")
        return value


class Instant(TypeDecorator[datetime]):
    """A moment in the world: any zone in, UTC in the table and out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn it into UTC, which is what the column means."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        return value and value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What all tables share: predictable names for constraints, so that migrations find them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class Appointment(Base):
    """A promised visit. `number` is the running number that the ticket of that day ends in.

    `asked` is the `AppointmentRequest` behind it. `version` rises with every move and every pin.
    """

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("day", "ticket"),)

    id: Mapped[str] = mapped_column(String, primary_key=True)
    day: Mapped[date]
    ticket: Mapped[str]
    number: Mapped[int]
    department: Mapped[str]
    practitioner: Mapped[str]
    location: Mapped[str | None]
    start: Mapped[datetime] = mapped_column(LocalTime, index=True)
    end: Mapped[datetime] = mapped_column(LocalTime)
    status: Mapped[AppointmentStatus] = mapped_column(String)
    language: Mapped[Language] = mapped_column(String)
    created: Mapped[datetime] = mapped_column(Instant)
    asked: Mapped[dict[str, object] | None] = mapped_column(JSON)
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class AppointmentTime(Base):
    """One grid step of one practitioner, held by one active appointment.

    The primary key is what makes a double booking impossible, whatever the program does.
    """

    __tablename__ = "appointment_time"

    practitioner: Mapped[str] = mapped_column(String, primary_key=True)
    moment: Mapped[datetime] = mapped_column(LocalTime, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(ForeignKey("appointment.id"), index=True)


class Absence(Base):
    """A practitioner's time in which they see nobody, whatever the weekly timetable says."""

    __tablename__ = "absence"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    practitioner: Mapped[str]
    start: Mapped[datetime] = mapped_column(LocalTime, index=True)
    end: Mapped[datetime] = mapped_column(LocalTime)


class Rearrangement(Base):
    """Visits that were moved together: where each was and is, so that all can go back."""

    __tablename__ = "rearrangement"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor: Mapped[str]
    moves: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    absence: Mapped[dict[str, object] | None] = mapped_column(JSON)
    undone_by: Mapped[str | None]


class Handover(Base):
    """A case for a person. `details` and `note` may hold a patient's words; no other table does."""

    __tablename__ = "handover"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str]
    acuity: Mapped[int]
    language: Mapped[Language] = mapped_column(String)
    status: Mapped[HandoverStatus] = mapped_column(String, index=True)
    details: Mapped[dict[str, object]] = mapped_column(JSON)
    note: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[dict[str, object] | None] = mapped_column(JSON)
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Staff(Base):
    """Somebody who may sign in. `failures` in a row lock the account until `locked_until`."""

    __tablename__ = "staff"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    role: Mapped[Role] = mapped_column(String)
    password: Mapped[str]
    active: Mapped[bool]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    created: Mapped[datetime] = mapped_column(Instant)


class AuditEvent(Base):
    """Something that was done, chained to what was done before it. Never a patient's words."""

    __tablename__ = "audit_event"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, object]] = mapped_column(JSON)
    previous_hash: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """The one row that knows how long the trail is: without it, a cut-off end would not show."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str]
