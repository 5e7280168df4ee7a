"""What was promised, to whom it was handed and what happened: in SQLite or PostgreSQL.

`Records` is the way in. Each of its methods is one transaction that also writes its audit event.
"""

from scheduler.records.migrations import migrate
from scheduler.records.store import Records
from scheduler.records.values import (
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

__all__ = [
    "Absence",
    "AppointmentStatus",
    "AuditReport",
    "Booking",
    "Event",
    "HandoverCard",
    "HandoverStatus",
    "Rearrangement",
    "Records",
    "Relocation",
    "Role",
    "StaffMember",
    "migrate",
]
