"""What a clinic scheduler does with whole days: look, ask why, try, close a session, undo.

Nothing here changes a promise but `apply`, `undo` and `pin`; everything else is asked of a plan that is
read from the records at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import ValidationError

from assistant.timetable import Timetable
from scheduler import whatif
from scheduler.board import Board
from scheduler.domain import (
    AppointmentRequest,
    Commitment,
    DepartmentFit,
    Plan,
    Session,
    Slot,
    Value,
)
from scheduler.errors import InvalidInstance
from scheduler.first_come import first_come
from scheduler.instance import DAY, Instance, sessions_between
from scheduler.reasons import WhyNot, WhySlot, WhyUnplaced, why, why_not, why_unplaced
from scheduler.records import Absence, Booking, Rearrangement, Records, Relocation
from scheduler.repair import Change, repair
from scheduler.solver import Progress
from scheduler.table import Table
from scheduler.whatif import Outcome

AHEAD = 7
"""Days, the one looked at included, to which somebody may be moved."""
USUAL_ACUITY = 4
REPAIR_SECONDS, TRIAL_SECONDS = 2.0, 5.0
HERE = ("arrived", "checked-in")
PLANNED = ("booked", "waitlist", *HERE)


@dataclass(frozen=True)
class Days:
    """What is to be seen of some days: clinics as the timetable has them, who is away, who comes."""

    first: date
    days: int
    sessions: tuple[Session, ...]
    absences: tuple[Absence, ...]
    bookings: tuple[Booking, ...]


@dataclass(frozen=True)
class Planned:
    """The promises of some days as a planning problem and its plan. Requests have the ids of their
    appointments; `astray` are promises that no open clinic holds: nobody plans those."""

    board: Board
    plan: Plan
    bookings: Mapping[str, Booking]
    astray: tuple[Booking, ...]

    @property
    def instance(self) -> Instance:
        """The problem."""
        return self.board.table.instance


class Proposal(Value):
    """Moves that nobody has made yet: who goes where, what the plan costs by rule before and after,
    how many stay, and who waits how many minutes longer."""

    moves: tuple[Relocation, ...]
    absence: Absence | None = None
    kept: int
    before: dict[str, int]
    after: dict[str, int]

    @property
    def later(self) -> dict[str, int]:
        """Minutes that each moved patient is seen later; negative where earlier."""
        return {
            move.appointment: (move.after.start - move.before.start) // timedelta(minutes=1)
            for move in self.moves
            if move.before and move.after
        }

    @property
    def lost(self) -> tuple[Relocation, ...]:
        """Those who have no time afterwards."""
        return tuple(move for move in self.moves if move.after is None)


class Worth(Value):
    """What a day's plan costs a patient by rule; beside it the last day with patients before it, and
    first come, first served for the same patients."""

    day: date
    patients: int
    by_rule: dict[str, float]
    before: date | None
    before_by_rule: dict[str, float]
    first_come: dict[str, float]
    first_come_unplaced: int


class Clinics:
    """The scheduler's work on one timetable. `actor` is the name of whoever does it."""

    def __init__(
        self,
        timetable: Timetable,
        *,
        repair_seconds: float = REPAIR_SECONDS,
        trial_seconds: float = TRIAL_SECONDS,
    ) -> None:
        self._timetable = timetable
        self._repair_seconds = repair_seconds
        self._trial_seconds = trial_seconds
        self.catalogue = timetable.catalogue

    @property
    def _records(self) -> Records:
        return self._timetable.records

    def today(self) -> date:
        """The day, as the hospital counts it."""
        return self._timetable.now().date()

    def look(self, first: date, days: int = 1) -> Days:
        """What is to be seen of some days."""
        midnight = datetime.combine(first, datetime.min.time())
        return Days(
            first=first,
            days=days,
            sessions=sessions_between(self.catalogue.schedules, first, days),
            absences=self._records.absences(midnight, midnight + days * DAY),
            bookings=self._records.appointments(first, days),
        )

    def planned(self, first: date, days: int = AHEAD) -> Planned:
        """The promises of some days as a plan."""
        return self._planned(first, days, earliest=self._timetable.earliest())

    def why(self, planned: Planned, appointment: str) -> WhySlot | WhyUnplaced:
        """Why a patient has this slot, or none.

        Raises:
            InvalidInstance: it is not planned here.
        """
        number = planned.board.table.number.get(appointment)
        if number is not None and planned.board.slot(number) is None:
            return why_unplaced(planned.board, appointment)
        return why(planned.board, appointment)

    def why_not(
        self, planned: Planned, appointment: str, practitioner: str, start: datetime
    ) -> WhyNot:
        """What it would take to give a patient another doctor or time.

        Raises:
            InvalidInstance: it is not planned here, or nobody knows this doctor.
        """
        return why_not(planned.board, appointment, practitioner, start)

    def move(self, planned: Planned, found: WhyNot) -> Proposal:
        """What `why_not` found possible, as something to apply."""
        before = dict(planned.plan.by_rule)
        after = {
            rule: before.get(rule, 0) + found.by_rule.get(rule, 0)
            for rule in {*before, *found.by_rule}
        }
        moves = tuple(
            Relocation(appointment=payer.request, before=payer.before, after=payer.after)
            for payer in found.pays
        )
        kept = len(planned.plan.assignments) - len(moves)
        return Proposal(moves=moves, kept=kept, before=before, after=after)

    def close(
        self, planned: Planned, practitioner: str, since: datetime, until: datetime
    ) -> Proposal:
        """What would change if a doctor saw nobody from `since` to `until`: the plan that disturbs
        least, over the days that are planned.

        Raises:
            InvalidInstance: the doctor has no clinic in these days, or the times make no sense.
        """
        absence = Absence(practitioner=practitioner, start=since, end=until)
        change = Change(without=(practitioner,), since=since, until=until)
        done = repair(planned.instance, planned.plan, change, seconds=self._repair_seconds)
        found = done.difference
        was = {a.request: a.slot for a in planned.plan.assignments}
        moves = (
            *(
                Relocation(appointment=m.request, before=m.before, after=m.after)
                for m in found.moved
            ),
            *(
                Relocation(appointment=u.request, before=was[u.request], after=None)
                for u in found.unplaced
            ),
            *(Relocation(appointment=a.request, before=None, after=a.slot) for a in found.placed),
        )
        return Proposal(
            moves=moves,
            absence=absence,
            kept=found.kept,
            before=dict(planned.plan.by_rule),
            after=dict(done.plan.by_rule),
        )

    def apply(self, proposal: Proposal, *, actor: str) -> Rearrangement:
        """Make a proposal true, all of it or nothing.

        Raises:
            Outdated: a patient is no longer where the proposal found them, or one was booked since.
            SlotTaken: a new time is somebody else's by now.
        """
        return self._records.rearrange(proposal.moves, absence=proposal.absence, actor=actor)

    def latest(self) -> Rearrangement | None:
        """What was applied last and not undone."""
        done = self._records.rearrangements()
        return next((each for each in done if each.undone_by is None), None)

    def undo(self, rearrangement: str, *, actor: str) -> None:
        """Take an applied proposal back.

        Raises:
            UnknownRearrangement, Outdated, SlotTaken: it cannot be taken back (any more).
        """
        self._records.undo(rearrangement, actor=actor)

    def pin(self, appointment: str, pinned: bool, *, actor: str) -> None:
        """Let no plan move a patient, or let plans move them again.

        Raises:
            UnknownAppointment: there is none with this id.
        """
        self._records.pin(appointment, pinned, actor=actor)

    def what_if(
        self,
        planned: Planned,
        *,
        without: str = "",
        extra: Session | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Outcome:
        """How the plan would differ without a doctor, or with one more session. Nobody is asked to
        move who would not gain more than a move costs.

        Raises:
            InvalidInstance: the doctor has no clinic in these days, or is in another one then.
        """
        other = planned.instance
        if without:
            other = whatif.without(other, (without,))
        if extra:
            # A copy is not validated again: the whole of it is built anew.
            facts = {name: getattr(other, name) for name in Instance.model_fields}
            try:
                other = Instance(**facts | {"sessions": (*other.sessions, extra)})
            except ValidationError as error:
                raise InvalidInstance(error.errors()[0]["msg"]) from error
        return whatif.what_if(
            planned.plan, other, seconds=self._trial_seconds, on_progress=on_progress
        )

    def worth(self, day: date) -> Worth | None:
        """What the plan of a day is worth; None where nobody comes."""
        here = self._asked_anew(day)
        if here is None:
            return None
        instance, plan = here
        before = next(
            (
                (earlier, found)
                for earlier in (day - n * DAY for n in range(1, AHEAD + 1))
                if (found := self._asked_anew(earlier))
            ),
            None,
        )
        queue = first_come(instance)
        return Worth(
            day=day,
            patients=len(instance.requests),
            by_rule=_each(plan.by_rule, instance),
            before=before and before[0],
            before_by_rule=_each(before[1][1].by_rule, before[1][0]) if before else {},
            first_come=_each(queue.by_rule, instance),
            first_come_unplaced=len(queue.unassigned),
        )

    # --- from promises to a plan ------------------------------------------------------------------

    def _planned(self, first: date, days: int, *, earliest: datetime) -> Planned:
        bookings = self._records.appointments(first, days)
        wanted = [b for b in bookings if b.status in PLANNED]
        sessions = self._timetable.sessions(first, days)
        astray = [b for b in wanted if b.status != "waitlist" and not _is_held(b.slot, sessions)]
        seen = [b for b in bookings if b.status == "fulfilled"]
        instance = self._instance(
            sessions,
            [_request(b, earliest) for b in wanted if b not in astray],
            [*seen, *astray],
        )
        board = Board(Table(instance))
        for number, request in enumerate(instance.requests):
            if request.held and not board.fixed[number]:
                column = board.table.column_of(number, request.held)
                if column is not None and board.may(number, column):
                    board.place(number, column)
        return Planned(board, board.plan(), {b.id: b for b in bookings}, tuple(astray))

    def _asked_anew(self, day: date) -> tuple[Instance, Plan] | None:
        """A day's patients as they came to ask, promised nothing, and the plan that came of it."""
        bookings = [
            b
            for b in self._records.appointments(day)
            if b.status in (*PLANNED, "fulfilled") and b.status != "waitlist"
        ]
        sessions = sessions_between(self.catalogue.schedules, day, 1)
        bookings = [b for b in bookings if _is_held(b.slot, sessions)]
        if not bookings:
            return None
        asked = [_asked(b) for b in bookings]
        instance = self._instance(sessions, asked, ())
        board = Board(Table(instance))
        for number, booking in enumerate(bookings):
            column = board.table.column_of(number, booking.slot)
            if column is not None and board.may(number, column):
                board.place(number, column)
        return instance, board.plan()

    def _instance(
        self,
        sessions: tuple[Session, ...],
        requests: Iterable[AppointmentRequest],
        promised: Iterable[Booking],
    ) -> Instance:
        return Instance(
            requests=tuple(requests),
            sessions=sessions,
            practitioners=self.catalogue.practitioners,
            rooms=self.catalogue.rooms,
            commitments=tuple(
                Commitment(start=b.slot.start, end=b.slot.end, practitioner=b.slot.practitioner)
                for b in promised
            ),
            weights=self._timetable.weights,
        )


def _is_held(slot: Slot, sessions: Iterable[Session]) -> bool:
    return any(
        (session.practitioner, session.department, session.location)
        == (slot.practitioner, slot.department, slot.location)
        and session.start <= slot.start
        and slot.end <= session.end
        for session in sessions
    )


def _asked(booking: Booking) -> AppointmentRequest:
    """What a patient asked of the schedule; of an appointment that does not say so, the least."""
    slot, known = booking.slot, booking.asked
    minutes = (slot.end - slot.start) // timedelta(minutes=1)
    here = DepartmentFit(department=slot.department, fit=1.0, minutes=minutes)
    if known is None:
        day = datetime.combine(slot.start.date(), datetime.min.time())
        return AppointmentRequest(
            id=booking.id,
            departments=(here,),
            acuity=USUAL_ACUITY,
            earliest=day,
            due_by=day + AHEAD * DAY,
        )
    fits = {fit.department: fit for fit in known.departments}
    fits[slot.department] = fits.get(slot.department, here).model_copy(update={"minutes": minutes})
    # Somebody may have been sent to a time earlier than they asked for.
    earliest = min(known.earliest, slot.start)
    return known.model_copy(
        update={"id": booking.id, "departments": tuple(fits.values()), "earliest": earliest}
    )


def _request(booking: Booking, earliest: datetime) -> AppointmentRequest:
    """The same, with what was promised, from now on."""
    asked = _asked(booking)
    if booking.status == "waitlist":
        return asked.model_copy(update={"earliest": max(asked.earliest, earliest)})
    begun = booking.status in HERE or booking.slot.start < earliest
    return asked.model_copy(
        update={
            "earliest": asked.earliest if begun else max(asked.earliest, earliest),
            "held": booking.slot,
            "pinned": booking.pinned or begun,
        }
    )


def _each(by_rule: Mapping[str, int], instance: Instance) -> dict[str, float]:
    return {rule: points / len(instance.requests) for rule, points in by_rule.items()}
