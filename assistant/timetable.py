"""When the hospital's clinics are open and what is free in them: for patients, the desk and the board."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

from assistant.triage import DUE_HOURS
from knowledge.catalogue import Catalogue
from scheduler.domain import GRID, AppointmentRequest, DepartmentFit, Needs, Session, Wishes
from scheduler.errors import RecordsUnavailable
from scheduler.instance import Instance, outside, sessions_between
from scheduler.online import Diary, Offer
from scheduler.records import Records
from scheduler.rules import Weights


class Timetable:
    """The weekly clinics of a catalogue, less who is away, less what is promised."""

    def __init__(
        self,
        catalogue: Catalogue,
        records: Records | None,
        *,
        horizon_days: int = 14,
        notice: timedelta = timedelta(minutes=20),
        weights: Weights | None = None,
        clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.catalogue = catalogue
        self.weights = weights or Weights()
        self._records = records
        self._horizon_days = horizon_days
        self._notice = notice
        self._clock = clock

    @property
    def records(self) -> Records:
        """The records.

        Raises:
            RecordsUnavailable: there are none.
        """
        if self._records is None:
            raise RecordsUnavailable("there is no database")
        return self._records

    def now(self) -> datetime:
        """The hospital's time, without a zone."""
        return self._clock()

    def earliest(self) -> datetime:
        """The first time for which anybody can still be asked to come."""
        moment = self._clock() + self._notice
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        steps = -(-(moment - midnight) // GRID)
        return midnight + steps * GRID

    def sessions(self, first: date, days: int) -> tuple[Session, ...]:
        """The clinics of `days` days from `first`, without the time of those who are away.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        midnight = datetime.combine(first, datetime.min.time())
        sessions = sessions_between(self.catalogue.schedules, first, days)
        for absence in self.records.absences(midnight, midnight + timedelta(days)):
            sessions = tuple(
                part
                for session in sessions
                for part in (
                    outside(session, absence.start, absence.end)
                    if session.practitioner == absence.practitioner
                    else (session,)
                )
            )
        return sessions

    def request(self, department: str, acuity: int) -> AppointmentRequest:
        """What somebody needs whom a person sends to one department."""
        fit = DepartmentFit(
            department=department,
            fit=1.0,
            minutes=self.catalogue.by_id[department].visit_minutes,
        )
        return self.request_for((fit,), acuity, DUE_HOURS[acuity], None)

    def request_for(
        self,
        fits: tuple[DepartmentFit, ...],
        acuity: int,
        due_hours: int,
        needs: Needs | None,
    ) -> AppointmentRequest:
        """What somebody needs, from the first time on at which they can come."""
        earliest = self.earliest()
        return AppointmentRequest(
            id=f"request-{uuid.uuid4().hex[:8]}",
            departments=fits,
            acuity=acuity,
            earliest=earliest,
            due_by=earliest + timedelta(hours=due_hours),
            wishes=needs.wishes if needs else Wishes(),
            # Where the hospital says of no room whether a wheelchair gets in, nothing can be promised.
            wheelchair=needs is not None and needs.wheelchair and bool(self.catalogue.rooms),
        )

    def offers(self, request: AppointmentRequest) -> tuple[Offer, ...]:
        """Times for a request, best first; none where its departments are full.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        return self.diary(request).offers(request)

    def diary(self, request: AppointmentRequest) -> Diary:
        """Everything promised so far, by the doctors who could see this patient.

        Raises:
            RecordsUnavailable: the database cannot be reached.
        """
        first, wanted = request.earliest.date(), {fit.department for fit in request.departments}
        sessions = tuple(
            session
            for session in self.sessions(first, self._horizon_days)
            if session.department in wanted
        )
        people = {session.practitioner for session in sessions}
        midnight = datetime.combine(first, datetime.min.time())
        until = midnight + timedelta(days=self._horizon_days)
        promised = self.records.commitments(midnight, until)
        return Diary(
            Instance(
                requests=(),
                sessions=sessions,
                practitioners=self.catalogue.practitioners,
                rooms=self.catalogue.rooms if request.wheelchair else (),
                commitments=tuple(c for c in promised if c.practitioner in people),
                weights=self.weights,
            )
        )
