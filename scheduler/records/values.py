"""What the records hand out: plain values that outlive the transaction they were read in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from scheduler.domain import AppointmentRequest, Interval, Language, Slot, Value

AppointmentStatus = Literal[
    "booked", "arrived", "checked-in", "fulfilled", "cancelled", "noshow", "waitlist"
]
"""The FHIR codes that are in use here. On the waiting list is who lost their time and needs another."""

Role = Literal["desk", "scheduler", "admin"]
"""What a member of staff may do. An administrator may do everything."""

HandoverStatus = Literal["open", "closed"]

FREED: tuple[AppointmentStatus, ...] = ("cancelled", "noshow", "waitlist")
"""Appointments that no longer hold a practitioner's time."""

OVER: tuple[AppointmentStatus, ...] = (*FREED, "fulfilled")
"""Appointments that nobody waits for any more."""


class Booking(Value):
    """A promised appointment, and how many patients the practitioner sees first.

    `asked` is what it asked of the schedule, `version` what somebody who changes it has to have seen.
    """

    id: str
    ticket: str
    slot: Slot
    status: AppointmentStatus
    people_ahead: int = Field(ge=0)
    language: Language = "en"
    created: datetime | None = None
    asked: AppointmentRequest | None = Field(default=None, repr=False)
    pinned: bool = False
    version: int = 1


class Absence(Interval):
    """Time in which a practitioner sees nobody."""

    practitioner: str


class Relocation(Value):
    """A visit that goes from where it was to another slot, or onto the waiting list."""

    appointment: str
    before: Slot | None
    after: Slot | None


class Rearrangement(Value):
    """Visits that were moved together, and who was away. `undone_by` took all of it back."""

    id: str
    at: datetime
    actor: str
    moves: tuple[Relocation, ...]
    absence: Absence | None = None
    undone_by: str | None = None


NEXT: dict[AppointmentStatus, tuple[AppointmentStatus, ...]] = {
    "booked": ("arrived", "checked-in", "cancelled", "noshow"),
    "arrived": ("checked-in", "fulfilled", "cancelled", "noshow"),
    "checked-in": ("fulfilled", "cancelled"),
    "waitlist": ("cancelled",),
}
"""Which status an appointment may take after which; what is not here is final."""


class StaffMember(Value):
    """Somebody who works with the pages: `name` is what they sign in with."""

    name: str
    role: Role
    active: bool = True

    def may_act_as(self, role: Role) -> bool:
        """True where this person's role includes `role`."""
        return self.role in (role, "admin")


class HandoverCard(Value):
    """A case for a person at the desk. Acuity runs from 1 (now) to 5; times carry their zone.

    `outcome` is what the desk decided: codes and ids, never a patient's words.
    """

    id: str
    at: datetime
    reason: str
    acuity: int = Field(ge=1, le=5)
    language: Language
    status: HandoverStatus
    details: dict[str, object] = Field(repr=False)
    note: str | None = Field(default=None, repr=False)
    outcome: dict[str, object] | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None


class Event(Value):
    """Something that was done, as the audit trail has it."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str


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
