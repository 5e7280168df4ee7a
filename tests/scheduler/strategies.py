"""Small random planning problems, the same in every run."""

from __future__ import annotations

from datetime import timedelta

from builders import a_practitioner, at
from hypothesis import settings
from hypothesis import strategies as st

from scheduler.domain import (
    AppointmentRequest,
    Commitment,
    DepartmentFit,
    Practitioner,
    Session,
    Wishes,
)
from scheduler.instance import Instance
from scheduler.rules import Weights

settings.register_profile(
    "planning", derandomize=True, print_blob=True, deadline=None, max_examples=60
)
PLANNING = settings.get_profile("planning")

DEPARTMENTS = ("cardiology", "neurology")
ROOMS = (None, "room-1", "room-2")
DAYS = st.sampled_from([0, 0, 0, 1])


def minutes(longest: int, *, step: int = 5) -> st.SearchStrategy[timedelta]:
    """A length of time in steps, off the grid too."""
    return st.integers(0, longest // step).map(lambda steps: timedelta(minutes=steps * step))


def practitioners() -> st.SearchStrategy[tuple[Practitioner, ...]]:
    """One to four, of whom some are known to work in certain departments only."""
    person = st.fixed_dictionaries(
        {
            "sex": st.sampled_from([None, "female", "male"]),
            "languages": st.sampled_from([("zh",), ("en", "zh")]),
            "departments": st.sampled_from([(), DEPARTMENTS, DEPARTMENTS[:1]]),
        }
    )
    people = st.lists(person, min_size=1, max_size=4)
    return people.map(lambda p: tuple(a_practitioner(f"dr-{i}", **x) for i, x in enumerate(p)))


@st.composite
def sessions(draw: st.DrawFn, who: list[str]) -> Session:
    """A clinic of one to two hours around noon, which may overlap another of the same doctor."""
    start = at("10:00", day=draw(DAYS)) + draw(minutes(180))
    return Session(
        start=start,
        end=start + timedelta(hours=1) + draw(minutes(60)),
        practitioner=draw(st.sampled_from(who)),
        department=draw(st.sampled_from(DEPARTMENTS)),
        location=draw(st.sampled_from(ROOMS)),
    )


@st.composite
def commitments(draw: st.DrawFn, who: list[str]) -> Commitment:
    """A promise of up to two hours, which may overlap another."""
    start = at("09:30", day=draw(DAYS)) + draw(minutes(240))
    end = start + timedelta(minutes=5) + draw(minutes(115))
    return Commitment(start=start, end=end, practitioner=draw(st.sampled_from(who)))


@st.composite
def requests(draw: st.DrawFn, name: str, who: list[str]) -> AppointmentRequest:
    """Acuity 2 to 5, for one department or both, with or without wishes."""
    wanted = draw(st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=2, unique=True))
    earliest = at("09:00") + draw(minutes(120, step=1))
    wishes = st.builds(
        Wishes,
        sex=st.sampled_from([None, "female", "male"]),
        language=st.sampled_from([None, "en", "zh"]),
        part_of_day=st.sampled_from([None, "morning", "afternoon"]),
        practitioner=st.sampled_from([None, *who]),
    )
    fits = st.builds(
        DepartmentFit,
        department=st.just("any"),
        fit=st.floats(0, 1),
        minutes=st.sampled_from([10, 20, 30]),
    )
    return AppointmentRequest(
        id=name,
        departments=tuple(draw(fits).model_copy(update={"department": d}) for d in wanted),
        acuity=draw(st.integers(2, 5)),
        earliest=earliest,
        due_by=earliest + draw(minutes(1500, step=7)),
        wishes=draw(wishes),
    )


@st.composite
def instances(draw: st.DrawFn, *, most_requests: int = 6) -> Instance:
    """One to six requests and one to four clinics: some problems are easy, some cannot be met."""
    people = draw(practitioners())
    who = [person.id for person in people]
    number = draw(st.integers(1, most_requests))
    weights = st.builds(
        Weights,
        waiting_per_hour=st.integers(0, 40),
        department_fit=st.integers(0, 900),
        load=st.integers(0, 200),
    )
    return Instance(
        requests=tuple(draw(requests(f"request-{i}", who)) for i in range(number)),
        sessions=tuple(draw(st.lists(sessions(who), min_size=1, max_size=4))),
        practitioners=people,
        commitments=tuple(draw(st.lists(commitments(who), max_size=3))),
        weights=draw(weights),
    )
