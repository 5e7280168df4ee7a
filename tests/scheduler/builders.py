"""Small planning problems in a line or two. Everything happens on Monday 2 March 2026."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from scheduler.board import Board
from scheduler.construction import place_by_priority
from scheduler.domain import (
    AppointmentRequest,
    Assignment,
    Commitment,
    DepartmentFit,
    Equipment,
    Plan,
    Practitioner,
    Reserve,
    Room,
    Session,
    Slot,
    Unassigned,
    Wishes,
    Words,
)
from scheduler.instance import Instance
from scheduler.relaxation import Relaxation
from scheduler.rules import Weights
from scheduler.table import FORBIDDEN, Table

MONDAY = datetime(2026, 3, 2)
WISHES = ("sex", "language", "part_of_day", "practitioner")


def at(clock: str, *, day: int = 0) -> datetime:
    """A time of that Monday, or so many days after it."""
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def a_practitioner(who: str = "dr-li", **particulars: object) -> Practitioner:
    """A doctor who works wherever they have a session."""
    return Practitioner(id=who, names=Words(en=who), **particulars)


def a_session(
    start: str = "09:00",
    end: str = "10:00",
    *,
    who: str = "dr-li",
    department: str = "cardiology",
    location: str | None = None,
    day: int = 0,
) -> Session:
    """A clinic of one hour."""
    start_at, end_at = at(start, day=day), at(end, day=day)
    return Session(
        start=start_at, end=end_at, practitioner=who, department=department, location=location
    )


def a_slot(start: str = "09:00", end: str = "09:20", **where: object) -> Slot:
    """The first visit of that clinic."""
    return Slot(**a_session(start, end, **where).model_dump())


def a_commitment(start: str, end: str, *, who: str = "dr-li", day: int = 0) -> Commitment:
    """Time that is promised already."""
    return Commitment(start=at(start, day=day), end=at(end, day=day), practitioner=who)


def a_room(name: str = "room-1", **particulars: object) -> Room:
    """A place for one patient at a time."""
    return Room(id=name, **particulars)


def a_machine(name: str = "ecg", capacity: int = 1) -> Equipment:
    """One piece of equipment."""
    return Equipment(id=name, capacity=capacity)


def a_reserve(
    start: str = "09:00", end: str = "10:00", *, minutes: int, department: str = "cardiology"
) -> Reserve:
    """Minutes of that hour that are kept for the urgent."""
    return Reserve(start=at(start), end=at(end), department=department, minutes=minutes)


def a_request(
    name: str = "ann",
    *,
    acuity: int = 4,
    minutes: int = 20,
    earliest: str = "09:00",
    due_by: str = "18:00",
    fits: Iterable[tuple[str, float]] = (("cardiology", 1.0),),
    **particulars: object,
) -> AppointmentRequest:
    """Somebody who needs twenty minutes of a cardiologist. Wishes are given by their names."""
    wishes = {wish: particulars.pop(wish) for wish in WISHES if wish in particulars}
    return AppointmentRequest(
        id=name,
        departments=tuple(DepartmentFit(department=d, fit=fit, minutes=minutes) for d, fit in fits),
        acuity=acuity,
        earliest=at(earliest),
        due_by=at(due_by),
        wishes=Wishes(**wishes),
        **particulars,
    )


def pinned(
    name: str = "ann", slot: Slot | None = None, **particulars: object
) -> AppointmentRequest:
    """Somebody whose appointment nobody may move."""
    return a_request(name, held=slot or a_slot(), pinned=True, **particulars)


def an_instance(
    *requests: AppointmentRequest,
    sessions: Iterable[Session] = (a_session(),),
    practitioners: Iterable[Practitioner] = (),
    commitments: Iterable[Commitment] = (),
    rooms: Iterable[Room] = (),
    equipment: Iterable[Equipment] = (),
    reserves: Iterable[Reserve] = (),
    **weights: int,
) -> Instance:
    """One request and one clinic, and whoever holds the clinics."""
    sessions, people = tuple(sessions), {person.id: person for person in practitioners}
    for session in sessions:
        people.setdefault(session.practitioner, a_practitioner(session.practitioner))
    return Instance(
        requests=requests or (a_request(),),
        sessions=sessions,
        practitioners=tuple(people.values()),
        commitments=tuple(commitments),
        rooms=tuple(rooms),
        equipment=tuple(equipment),
        reserves=tuple(reserves),
        weights=Weights(**weights),
    )


def slots_of(table: Table, request: int = 0) -> list[Slot]:
    """The slots that the rules of one visit allow a request, in order of time."""
    slots = [
        table.slot(block.first + at)
        for block, price in table.rows(request)
        for at, points in enumerate(price.tolist())
        if points < FORBIDDEN
    ]
    return sorted(slots, key=lambda slot: (slot.start, slot.practitioner, slot.department))


def starts(instance: Instance) -> list[str]:
    """When the first request could be seen, in order of time."""
    return [f"{slot.start:%H:%M}" for slot in slots_of(Table(instance))]


def column(table: Table, slot: Slot, request: int = 0) -> int:
    """The column of a slot that a request may have."""
    found = table.column_of(request, slot)
    assert found is not None, slot
    return found


def board_with(instance: Instance, *slots: Slot | None) -> Board:
    """A board on which the first requests have these slots, and the others none."""
    board = Board(Table(instance))
    for request, slot in enumerate(slots):
        if slot is not None:
            board.place(request, column(board.table, slot, request))
    return board


def placed(slot: Slot, request: str = "ann") -> Assignment:
    """A request in a slot, with nothing said about costs."""
    return Assignment(request=request, slot=slot, costs={})


def a_plan(*assignments: Assignment, unassigned: Iterable[Unassigned] = ()) -> Plan:
    """A plan that claims no figures."""
    return Plan(
        objective=0, bound=0, by_rule={}, assignments=assignments, unassigned=tuple(unassigned)
    )


def plan_of(board: Board) -> Plan:
    """The plan that a board holds, with all that it claims."""
    return Plan(
        objective=board.cost,
        bound=0,
        by_rule=dict(board.by_rule()),
        assignments=tuple(board.assignments()),
        unassigned=tuple(board.unassigned()),
    )


def by_priority(table: Table) -> Board:
    """Everybody planned by priority."""
    board = Board(table)
    place_by_priority(board)
    return board


def state(board: Board) -> list[list[int]]:
    """All that a board keeps up to date."""
    kept = (board.left, board.at, board.paid, board.load, board.elective, board.waited)
    return [array.ravel().tolist() for array in kept]


def roughly_priced(instance: Instance) -> Relaxation:
    """After the first, rough search for prices."""
    relaxation = Relaxation(Table(instance))
    for _ in relaxation.improve(float("inf"), lambda: True):
        pass
    return relaxation
