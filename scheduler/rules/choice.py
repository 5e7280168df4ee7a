"""What a rule looks at: one request in one slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scheduler.domain import (
        AppointmentRequest,
        Commitment,
        DepartmentFit,
        Practitioner,
        Slot,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A request placed in a slot, with what the rules need to know about both."""

    request: AppointmentRequest
    slot: Slot
    fit: DepartmentFit
    practitioner: Practitioner
    session_load: float
    busy: tuple[Commitment, ...] = ()
