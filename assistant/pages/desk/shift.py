"""What one member of staff has in front of them. It lives in the page's session alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from assistant.desk import Decision, Opened
from scheduler.domain import Language
from scheduler.online import Offer
from scheduler.records import Booking

Alert = Literal[
    "", "records", "gone", "closed_by", "taken", "incomplete", "why", "done", "noted", "age",
    "no_words", "unreadable", "signed_out",
]  # fmt: skip
ALERTS = tuple(filter(None, get_args(Alert)))


@dataclass
class Shift:
    """The state of an open page. `shown` is what the list showed last: unchanged, it is not sent again.

    `note` is what was written into the form, kept while times are looked for.
    """

    language: Language = "en"
    opened: Opened | None = None
    decision: Decision | None = None
    note: str = ""
    offers: tuple[Offer, ...] | None = None
    booking: Booking | None = None
    alert: Alert = ""
    alert_who: str = ""
    reading: bool = False
    wanted: str = ""
    shown: str = ""
    looks_at: str = "waiting"
    days_ahead: int = 0

    def put_away(self) -> None:
        """Nothing is open any more."""
        self.opened = self.decision = self.offers = self.booking = None
        self.note = self.alert = self.alert_who = ""
