"""Small random planning problems. `tests/conftest.py` sees to it that every run has the same.

What does not depend on an earlier draw is built once, here: it makes drawing several times faster.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import strategies as st

from scheduler.board import UNPLACED, Board
from scheduler.domain import (
    GRID,
    AppointmentRequest,
    Commitment,
    DepartmentFit,
    Equipment,
    Reserve,
    Room,
    Session,
    Slot,
    Wishes,
)
from scheduler.instance import Instance
from scheduler.rules import Weights
from scheduler.table import FORBIDDEN, Table
from tests.scheduler.builders import a_practitioner, at

DOCTORS = ("dr-0", "dr-1", "dr-2", "dr-3")
MACHINES = ("ecg", "endoscope")


def one_of(*values: object) -> st.SearchStrategy:
    """One of a few values; those that stand here more often come more often."""
    return st.sampled_from(values)


def minutes(longest: int, *, step: int = 5) -> st.SearchStrategy[timedelta]:
    """A length of time in steps, off the grid too."""
    return st.integers(0, longest // step).map(lambda steps: timedelta(minutes=steps * step))


PRACTITIONERS = st.tuples(  # of whom some are known to work in certain departments only
    *(
        st.builds(
            a_practitioner,
            st.just(doctor),
            sex=one_of(None, "female", "male"),
            languages=one_of(("zh",), ("en", "zh")),
            skills=one_of(("procedure",), ("procedure", "signing"), ()),
            departments=one_of((), (), ("cardiology", "neurology"), ("cardiology",)),
        )
        for doctor in DOCTORS
    )
)
ROOMS = st.tuples(  # while nobody describes the third one
    *(
        st.builds(Room, id=st.just(name), capacity=one_of(1, 1, 2, 2, 0), wheelchair=st.booleans())
        for name in ("room-1", "room-2")
    )
)
EQUIPMENT = st.tuples(
    *(st.builds(Equipment, id=st.just(name), capacity=one_of(1, 1, 2, 2, 0)) for name in MACHINES)
)
WISHES = st.builds(
    Wishes,
    sex=one_of(None, "female", "male"),
    language=one_of(None, "en", "zh"),
    part_of_day=one_of(None, "morning", "afternoon", "evening"),
    practitioner=one_of(None, None, *DOCTORS, "dr-gone"),
)
WEIGHTS = st.builds(
    Weights,
    waiting_per_hour=st.integers(0, 40),
    department_fit=st.integers(0, 900),
    load=st.integers(0, 200),
    reserve=st.integers(0, 300),
    moving=st.integers(0, 900),
    fairness_per_hour=st.integers(0, 50),
    unplaced=one_of(20_000, 20_000, 1001, 30),
    unplaced_waits_hours=one_of(0, 1, 24),
)
HEART, NERVES = (
    st.builds(
        DepartmentFit,
        department=st.just(name),
        fit=st.floats(0, 1),
        minutes=one_of(10, 20, 30, 60),
    )
    for name in ("cardiology", "neurology")
)
FITS = st.one_of(st.tuples(HEART), st.tuples(HEART, NERVES), st.tuples(NERVES, HEART))
REQUESTS = st.fixed_dictionaries(
    {
        "departments": FITS,
        "acuity": one_of(2, 3, 3, 4, 4, 4, 5, 5, 5, 1),
        "earliest": st.integers(0, 150).map(lambda m: at("09:00") + timedelta(minutes=m)),
        "due_by": st.integers(0, 200).map(lambda n: at("09:00") + n * timedelta(minutes=7.5)),
        "wishes": WISHES,
        "patient": one_of(None, "somebody", "somebody-else"),
        "group": one_of(None, "north", "south", "east"),
        "skills": one_of((), (), (), (), ("procedure",), ("procedure", "signing")),
        "equipment": one_of((), (), (), (), MACHINES[:1], MACHINES),
        "wheelchair": one_of(False, False, False, False, True),
        "seen_before": one_of(None, None, *DOCTORS),
    }
)
SESSIONS = st.lists(
    st.tuples(
        st.integers(0, 3),
        one_of(0, 0, 0, 1),
        minutes(90),
        minutes(60),
        one_of("cardiology", "cardiology", "neurology"),
        one_of(None, "room-1", "room-1", "room-2", "room-3"),
    ),
    min_size=1,
    max_size=4,
)
COMMITMENTS = st.lists(
    st.tuples(st.integers(0, 3), minutes(300), minutes(60)), max_size=3
)  # which may overlap one another
RESERVES = st.lists(
    st.tuples(one_of("cardiology", "neurology"), minutes(60), minutes(90), st.integers(0, 3)),
    max_size=3,
)
HELD = st.none() | st.tuples(st.integers(0, 4), st.integers(-1, 8), one_of("pinned", "", ""))


@st.composite
def clinics(draw: st.DrawFn, doctors: int) -> tuple[Session, ...]:
    """Clinics of one to two hours on two days; those of a doctor follow one another."""
    made = []
    free = {(who, day): at("10:00", day=day) for who in DOCTORS for day in (0, 1)}
    for doctor, day, pause, more, department, location in draw(SESSIONS):
        who = DOCTORS[doctor % doctors]
        start = free[who, day] + pause
        free[who, day] = end = start + timedelta(hours=1) + more
        made.append(
            Session(
                start=start, end=end, practitioner=who, department=department, location=location
            )
        )
    return tuple(made)


@st.composite
def requests(
    draw: st.DrawFn, name: str, sessions: tuple[Session, ...], pins: list[Slot]
) -> AppointmentRequest:
    """Anybody, perhaps with an appointment already, which may not be possible any more."""
    wanted, promise = draw(REQUESTS), draw(HELD)
    if promise is None:
        return AppointmentRequest(id=name, **wanted)
    which, step, word = promise
    session = sessions[which % len(sessions)]
    start = session.start + step * GRID
    length = timedelta(minutes=wanted["departments"][0].minutes)
    held = Slot(**session.model_dump() | {"start": start, "end": start + length})
    apart = not any(p.practitioner == held.practitioner and p.overlaps(held) for p in pins)
    pinned = word == "pinned" and apart and wanted["acuity"] > 1
    pins += [held] if pinned else []
    return AppointmentRequest(id=name, **wanted, held=held, pinned=pinned)


@st.composite
def reserves(draw: st.DrawFn) -> tuple[Reserve, ...]:
    """Time kept for the urgent; a department's reserves follow one another."""
    made = []
    free = dict.fromkeys(("cardiology", "neurology"), at("10:00"))
    for department, pause, length, steps in draw(RESERVES):
        start = free[department] + pause
        free[department] = start + timedelta(minutes=5) + length
        made.append(
            Reserve(start=start, end=free[department], department=department, minutes=steps * 10)
        )
    return tuple(made)


@st.composite
def instances(draw: st.DrawFn, *, most_requests: int = 6) -> Instance:
    """One to six requests, one to four doctors: some problems are easy, some cannot be met."""
    doctors = draw(st.integers(1, 4))
    sessions = draw(clinics(doctors))
    promised = (
        Commitment(
            start=at("10:00") + start,
            end=at("10:00") + start + timedelta(minutes=5) + length,
            practitioner=DOCTORS[doctor % doctors],
        )
        for doctor, start, length in draw(COMMITMENTS)
    )
    pins: list[Slot] = []
    number = draw(st.integers(1, most_requests))
    return Instance(
        requests=tuple(draw(requests(f"request-{i}", sessions, pins)) for i in range(number)),
        sessions=sessions,
        practitioners=draw(PRACTITIONERS)[:doctors],
        commitments=tuple(promised),
        rooms=draw(ROOMS),
        equipment=draw(EQUIPMENT),
        reserves=draw(reserves()),
        weights=draw(WEIGHTS),
    )


def a_random_board(instance: Instance, seed: int) -> Board:
    """Every request in turn gets nothing, its best slot, or any slot that is free for it."""
    board, random = Board(Table(instance)), Random(seed)
    order = [i for i in range(len(instance.requests)) if not board.fixed[i]]
    random.shuffle(order)
    for request in order:
        whim = random.choice(["nothing", "best", "best", "any", "any", "any"])
        if whim == "best":
            chosen, _ = board.best(request)
        else:
            free = free_columns(board, request) if whim == "any" else []
            chosen = random.choice(free or [UNPLACED])
        if chosen != UNPLACED:
            board.place(request, chosen)
    return board


def free_columns(board: Board, request: int) -> list[int]:
    """Every column that a request may take now."""
    return [
        column
        for block, price in board.table.rows(request)
        for column in range(block.first, block.last)
        if price[column - block.first] < FORBIDDEN and board.is_free(request, column)
    ]


@st.composite
def boards(draw: st.DrawFn, *, most_requests: int = 6) -> Board:
    """A random plan of a random problem."""
    instance = draw(instances(most_requests=most_requests))
    return a_random_board(instance, draw(st.integers(0, 2**16)))
