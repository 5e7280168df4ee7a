"""What an administrator sees of the past days: waits, use of time, triage as corrected, fairness.

Everything is counted from the records at that moment, without anybody's words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from assistant.evaluation.figures import Figure
from assistant.reception import Reception
from scheduler.domain import Disposition, Value
from scheduler.records import AuditReport, Booking, Event, HandoverCard, Records
from scheduler.records.values import FREED

HOUR = timedelta(hours=1)
ORDER = tuple(Disposition)
"""From the most urgent to the least."""


class Wait(Value):
    """How long patients wait, in hours, from when they could come; and how many are in time."""

    patients: int
    median: float
    p90: float
    in_time: Figure


class Use(Value):
    """A department's open time and how much of it was promised; how evenly over its doctors, 0 to 1:
    the Gini index of the doctors' shares, 0 where all are as busy."""

    open_hours: float
    taken_hours: float
    gini: float | None

    @property
    def share(self) -> float:
        """The part of the open time that was promised."""
        return self.taken_hours / self.open_hours if self.open_hours else 0.0


class Corrected(Value):
    """Triage as the desk corrected it: closed cases in which the machine had a thought."""

    agreed: Figure
    under: Figure
    over: Figure
    department: Figure
    whys: dict[str, int]


class Model(Value):
    """The latest readings since the start: by whom, how many fell back to rules, how long they took."""

    name: str
    readings: int
    fell_back: Figure
    median: float | None
    p95: float | None


class Insight(Value):
    """All of it, for the days from `first` up to `last`, both included."""

    first: date
    last: date
    appointments: dict[str, int]
    no_shows: Figure
    waits: dict[int, Wait]
    groups: dict[str, Wait]
    use: dict[str, Use]
    handed_over: dict[str, int]
    minutes_to_a_person: float | None
    corrected: Corrected
    model: Model
    events: tuple[Event, ...]


class Insights:
    """Counts what the records know."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self.catalogue = reception.catalogue

    @property
    def _records(self) -> Records:
        return self._reception.timetable.records

    def of(self, days: int) -> Insight:
        """The last `days` days, today included.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        last = self._reception.timetable.now().date()
        first = last - timedelta(days=days - 1)
        bookings = self._records.appointments(first, days)
        since = datetime.combine(first, datetime.min.time()).astimezone(UTC)
        closed = self._records.handovers("closed", since=since)
        cards = [*self._records.handovers(since=since), *closed]
        kept = [b for b in bookings if b.status not in FREED]
        answered = [
            (card.closed_at - card.at).total_seconds() / 60 for card in closed if card.closed_at
        ]
        return Insight(
            first=first,
            last=last,
            appointments=dict(Counter(b.status for b in bookings)),
            no_shows=Figure.count(
                b.status == "noshow" for b in bookings if b.status in ("noshow", "fulfilled")
            ),
            waits=_waits(kept, lambda b: b.asked.acuity if b.asked else None),
            groups=_waits(kept, lambda b: b.language),
            use=self._use(first, days, kept),
            handed_over=dict(Counter(card.reason for card in cards).most_common()),
            minutes_to_a_person=median(answered) if answered else None,
            corrected=_corrected(closed),
            model=self._model(),
            events=self._records.events(),
        )

    def verify(self) -> AuditReport:
        """Recompute the audit trail."""
        return self._records.verify_audit()

    def _use(self, first: date, days: int, bookings: Iterable[Booking]) -> dict[str, Use]:
        opened: dict[tuple[str, str], float] = defaultdict(float)
        taken: dict[tuple[str, str], float] = defaultdict(float)
        for session in self._reception.timetable.sessions(first, days):
            key = session.department, session.practitioner
            opened[key] += (session.end - session.start) / HOUR
        for booking in bookings:
            key = booking.slot.department, booking.slot.practitioner
            taken[key] += (booking.slot.end - booking.slot.start) / HOUR
        found = {}
        for name in sorted({name for name, _ in opened}):
            theirs = {key: hours for key, hours in opened.items() if key[0] == name}
            shares = [taken[key] / hours for key, hours in theirs.items()]
            found[name] = Use(
                open_hours=sum(theirs.values()),
                taken_hours=sum(taken[key] for key in theirs),
                gini=gini(shares) if len(shares) > 1 and any(shares) else None,
            )
        return found

    def _model(self) -> Model:
        readings = tuple(self._reception.readings)
        seconds = [each.seconds for each in readings if each.seconds is not None]
        model = self._reception.model
        return Model(
            name=(model.name or "model") if model else "rules",
            readings=len(readings),
            fell_back=Figure.count(each.fell_back for each in readings),
            median=median(seconds) if seconds else None,
            p95=_quantile(seconds, 95) if seconds else None,
        )


def gini(values: Sequence[float]) -> float:
    """How unequal shares are: 0 where all are the same, towards 1 where one has everything."""
    ordered, total, count = sorted(values), sum(values), len(values)
    if not total:
        return 0.0
    ranked = sum(rank * value for rank, value in enumerate(ordered, 1))
    return 2 * ranked / (count * total) - (count + 1) / count


def _waits(bookings: Iterable[Booking], group: Callable[[Booking], Any]) -> dict[Any, Wait]:
    hours: dict[Any, list[tuple[float, bool]]] = defaultdict(list)
    for booking in bookings:
        asked, name = booking.asked, group(booking)
        if asked is not None and name is not None:
            wait = max((booking.slot.start - asked.earliest) / HOUR, 0.0)
            hours[name].append((wait, booking.slot.start <= asked.due_by))
    return {
        name: Wait(
            patients=len(each),
            median=median(wait for wait, _ in each),
            p90=_quantile([wait for wait, _ in each], 90),
            in_time=Figure.count(in_time for _, in_time in each),
        )
        for name, each in sorted(hours.items())
    }


def _corrected(cards: Iterable[HandoverCard]) -> Corrected:
    under, over, agreed, department = [], [], [], []
    whys: Counter[str] = Counter()
    for card in cards:
        thought, decided = (_decision(card, name) for name in ("thought", "decided"))
        if not thought or not decided or not thought.get("department"):
            continue
        was, is_now = (ORDER.index(Disposition(d["disposition"])) for d in (thought, decided))
        agreed.append(thought["department"] == decided["department"] and was == is_now)
        under.append(is_now < was)
        over.append(is_now > was)
        department.append(thought["department"] == decided["department"])
        if decided.get("why"):
            whys[decided["why"]] += 1
    return Corrected(
        agreed=Figure.count(agreed),
        under=Figure.count(under),
        over=Figure.count(over),
        department=Figure.count(department),
        whys=dict(whys.most_common()),
    )


def _decision(card: HandoverCard, name: str) -> Mapping[str, str] | None:
    found = (card.outcome or {}).get(name)
    return found if isinstance(found, dict) and found.get("disposition") in set(ORDER) else None


def _quantile(values: Sequence[float], percent: int) -> float:
    return (
        quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
    )
