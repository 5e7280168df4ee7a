"""Small random planning problems. `tests/conftest.py` sees to it that every run has the same.

What does not depend on an earlier draw is built once, here: it makes drawing several times faster.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from scheduler.domain import AppointmentRequest, Commitment, DepartmentFit, Session, Wishes
from scheduler.instance import Instance
from scheduler.rules import Weights
from tests.scheduler.builders import a_practitioner, at

DAYS = st.sampled_from([0, 0, 0, 1])
DEPARTMENTS = st.sampled_from(["cardiology", "cardiology", "neurology"])
DOCTORS = ("dr-0", "dr-1", "dr-2", "dr-3")
LENGTHS = st.sampled_from([10, 20, 30, 60])
ROOMS = st.sampled_from([None, "room-1", "room-2"])


def minutes(longest: int, *, step: int = 5) -> st.SearchStrategy[timedelta]:
    """A length of time in steps, off the grid too."""
    return st.integers(0, longest // step).map(lambda steps: timedelta(minutes=steps * step))


def times(longest: int) -> st.SearchStrategy[datetime]:
    """A time of one of two days, mostly of the first, so many minutes after ten at most."""
    return st.tuples(DAYS, minutes(longest)).map(lambda t: at("10:00", day=t[0]) + t[1])


PRACTITIONERS = st.tuples(  # of whom some are known to work in certain departments only
    *(
        st.builds(
            a_practitioner,
            st.just(doctor),
            sex=st.sampled_from([None, "female", "male"]),
            languages=st.sampled_from([("zh",), ("en", "zh")]),
            departments=st.sampled_from([(), ("cardiology", "neurology"), ("cardiology",)]),
        )
        for doctor in DOCTORS
    )
)
WISHES = st.builds(
    Wishes,
    sex=st.sampled_from([None, "female", "male"]),
    language=st.sampled_from([None, "en", "zh"]),
    part_of_day=st.sampled_from([None, "morning", "afternoon"]),
    practitioner=st.sampled_from([None, *DOCTORS]),
)
WEIGHTS = st.builds(
    Weights,
    waiting_per_hour=st.integers(0, 40),
    department_fit=st.integers(0, 900),
    load=st.integers(0, 200),
)
HEART, NERVES = (
    st.builds(DepartmentFit, department=st.just(name), fit=st.floats(0, 1), minutes=LENGTHS)
    for name in ("cardiology", "neurology")
)
FITS = st.one_of(st.tuples(HEART), st.tuples(HEART, NERVES), st.tuples(NERVES, HEART))
EARLIEST, TO_DUE, ACUITY = minutes(90, step=1), minutes(1500, step=7), st.integers(2, 5)
SESSION_START, SESSION_LENGTH = times(180), minutes(60).map(lambda more: timedelta(hours=1) + more)
PROMISE_START, PROMISE_LENGTH = times(240), minutes(115).map(lambda m: timedelta(minutes=5) + m)


@st.composite
def sessions(draw: st.DrawFn, doctors: int) -> Session:
    """A clinic of one to two hours, which may overlap another of the same doctor."""
    start = draw(SESSION_START)
    return Session(
        start=start,
        end=start + draw(SESSION_LENGTH),
        practitioner=DOCTORS[draw(st.integers(0, doctors - 1))],
        department=draw(DEPARTMENTS),
        location=draw(ROOMS),
    )


@st.composite
def commitments(draw: st.DrawFn, doctors: int) -> Commitment:
    """A promise of up to two hours, which may overlap another."""
    start = draw(PROMISE_START)
    doctor = DOCTORS[draw(st.integers(0, doctors - 1))]
    return Commitment(start=start, end=start + draw(PROMISE_LENGTH), practitioner=doctor)


@st.composite
def requests(draw: st.DrawFn, name: str) -> AppointmentRequest:
    """Acuity 2 to 5, for cardiology and perhaps neurology, with or without wishes."""
    earliest = at("09:00") + draw(EARLIEST)
    return AppointmentRequest(
        id=name,
        departments=draw(FITS),
        acuity=draw(ACUITY),
        earliest=earliest,
        due_by=earliest + draw(TO_DUE),
        wishes=draw(WISHES),
    )


@st.composite
def instances(draw: st.DrawFn, *, most_requests: int = 6) -> Instance:
    """One to six requests, one to four doctors: some problems are easy, some cannot be met."""
    doctors = draw(st.integers(1, 4))
    number = draw(st.integers(1, most_requests))
    return Instance(
        requests=tuple(draw(requests(f"request-{i}")) for i in range(number)),
        sessions=tuple(draw(st.lists(sessions(doctors), min_size=1, max_size=3))),
        practitioners=draw(PRACTITIONERS)[:doctors],
        commitments=tuple(draw(st.lists(commitments(doctors), max_size=3))),
        weights=draw(WEIGHTS),
    )
