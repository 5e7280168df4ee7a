"""What the records hand out: plain values that outlive the transaction they were read in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from scheduler.domain import Language, Slot, Value

AppointmentStatus = Literal["booked", "arrived", "checked-in", "fulfilled", "cancelled", "noshow"]
"""The FHIR codes that are in use here."""

HandoverStatus = Literal["open", "closed"]

FREED: tuple[AppointmentStatus, ...] = ("cancelled", "noshow")
"""Appointments that no longer hold a practitioner's time."""

OVER: tuple[AppointmentStatus, ...] = (*FREED, "fulfilled")
"""Appointments that nobody waits for any more."""


class Booking(Value):
    """A promised appointment, and how many patients the practitioner sees first."""

    id: str
    ticket: str
    slot: Slot
    status: AppointmentStatus
    people_ahead: int = Field(ge=0)


class HandoverCard(Value):
    """A case for a person at the desk. Acuity runs from 1 (now) to 5; `at` carries its zone."""

    id: str
    at: datetime
    reason: str
    acuity: int = Field(ge=1, le=5)
    language: Language
    status: HandoverStatus
    details: dict[str, object] = Field(repr=False)
    note: str | None = Field(default=None, repr=False)


class AuditReport(Value):
    """Whether the audit trail is whole.

    `events` counts what is on record. `first_bad` is the sequence number at which the chain breaks:
    an altered event, or the place of a missing or surplus one; None where all is well. `head` is
    the newest hash: whoever keeps a copy elsewhere can later prove that the trail is still the same
    one, even against somebody who could rewrite the whole database.
    """

    ok: bool
    events: int
    first_bad: int | None = None
    head: str
