"""What one scheduler has in front of them. It lives in the page's session alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from assistant.clinics import Planned, Proposal, Worth
from scheduler.domain import Language
from scheduler.reasons import WhyNot, WhySlot, WhyUnplaced
from scheduler.records import Booking, Rearrangement
from scheduler.whatif import Outcome

Alert = Literal[
    "", "records", "gone", "outdated", "taken", "times", "no_clinic", "overlap", "applied", "undone",
    "signed_out",
]  # fmt: skip
ALERTS = tuple(filter(None, get_args(Alert)))
Busy = Literal["", "repair", "trial"]
BUSY = tuple(filter(None, get_args(Busy)))
Span = Literal["day", "week"]
SPANS = get_args(Span)


@dataclass(frozen=True)
class Opened:
    """A visit with its reasons; `found` is what another place for it would take."""

    booking: Booking
    planned: Planned
    facts: WhySlot | WhyUnplaced | None
    found: WhyNot | None = None


@dataclass
class View:
    """The state of an open page: which days, what lies open beside them, and what was shown last.

    At most one of `opened`, `doctor`, `proposal`, `outcome` and `worth` is on the panel; `asks` says
    that the form for trying something is. `tickets` name the patients of a proposal or a trial.
    """

    language: Language = "en"
    days_ahead: int = 0
    span: Span = "day"
    department: str = ""
    opened: Opened | None = None
    doctor: str = ""
    proposal: Proposal | None = None
    outcome: Outcome | None = None
    worth: Worth | None = None
    asks: bool = False
    latest: Rearrangement | None = None
    alert: Alert = ""
    told: int = 0
    tickets: dict[str, str] = field(default_factory=dict)
    busy: Busy = ""
    shown: str = ""

    def put_away(self) -> None:
        """Nothing lies open any more."""
        self.opened = self.proposal = self.outcome = self.worth = None
        self.doctor = self.alert = ""
        self.asks = False
