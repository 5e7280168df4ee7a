"""Made-up hospital days: the same every time, of the size that was asked for, and sensible."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest

from scheduler.board import Board
from scheduler.domain import GRID
from scheduler.errors import InvalidInstance
from scheduler.generation import FIRST_DAY, generate
from scheduler.instance import Instance
from scheduler.table import Table


@pytest.fixture(scope="module")
def a_day() -> Instance:
    """A small hospital's day."""
    return generate(departments=3, practitioners=12, patients=200, seed=1)


@pytest.fixture(scope="module")
def a_week() -> Instance:
    """A smaller hospital's week."""
    return generate(departments=2, practitioners=6, patients=40, seed=1, days=7)


def test_the_same_seed_makes_the_same_day(a_day: Instance) -> None:
    again = generate(departments=3, practitioners=12, patients=200, seed=1)
    assert again.model_dump_json() == a_day.model_dump_json()


def test_another_seed_makes_another_day(a_day: Instance) -> None:
    other = generate(departments=3, practitioners=12, patients=200, seed=2)
    assert other.requests != a_day.requests
    assert (a_day.seed, other.seed) == (1, 2)


def test_a_day_is_of_the_size_that_was_asked_for(a_day: Instance) -> None:
    assert len(a_day.requests) == 200
    assert len(a_day.practitioners) == 12
    assert len({name for person in a_day.practitioners for name in person.departments}) == 3
    assert {session.start.date() for session in a_day.sessions} == {FIRST_DAY.date()}


def test_a_week_has_so_many_patients_on_each_day(a_week: Instance) -> None:
    assert len(a_week.requests) == 7 * 40
    arrivals = [(request.earliest - FIRST_DAY).days for request in a_week.requests]
    assert arrivals == [day for day in range(7) for _ in range(40)]
    assert len({session.start.date() for session in a_week.sessions}) == 7


def test_the_weekend_is_quieter(a_week: Instance) -> None:
    weekday = [s for s in a_week.sessions if (s.start - FIRST_DAY).days < 5]
    weekend = [s for s in a_week.sessions if (s.start - FIRST_DAY).days >= 5]
    assert len(weekend) / 2 < len(weekday) / 5


def test_every_department_has_somebody(a_day: Instance) -> None:
    wanted = {fit.department for request in a_day.requests for fit in request.departments}
    assert wanted <= {name for person in a_day.practitioners for name in person.departments}


def test_the_smallest_hospital_has_one_doctor() -> None:
    alone = generate(departments=1, practitioners=1, patients=5)
    assert len(alone.practitioners) == 1
    assert Table(alone).blocks


def test_a_day_without_patients_is_a_day() -> None:
    assert generate(departments=1, practitioners=1, patients=0).requests == ()


def test_what_is_held_lies_in_a_session_and_apart(a_day: Instance, a_week: Instance) -> None:
    for instance in (a_day, a_week):
        held = [request.held for request in instance.requests if request.held]
        assert held
        for slot in held:
            assert any(
                (s.practitioner, s.department, s.location)
                == (slot.practitioner, slot.department, slot.location)
                and s.start <= slot.start
                and slot.end <= s.end
                for s in instance.sessions
            )
            assert (slot.start - FIRST_DAY) % GRID == timedelta(0)
        for one, other in combinations(held, 2):
            assert one.practitioner != other.practitioner or not one.overlaps(other)


def test_what_is_held_is_not_before_the_patient_can_come(a_day: Instance) -> None:
    assert all(r.held.start >= r.earliest for r in a_day.requests if r.held)


def test_some_pins_can_be_kept(a_day: Instance) -> None:
    pins = {i for i, request in enumerate(a_day.requests) if request.pinned}
    board = Board(Table(a_day))
    assert pins
    assert len(board.impossible) < len(pins)


def test_patients_differ(a_day: Instance) -> None:
    everybody = a_day.requests
    assert {request.acuity for request in everybody} >= {2, 3, 4, 5}
    assert {len(request.departments) for request in everybody} == {1, 2, 3}
    assert len({request.group for request in everybody}) == 4
    assert len({request.patient for request in everybody}) < len(everybody)
    for some in ("skills", "equipment", "wheelchair", "seen_before", "held", "pinned"):
        assert {bool(getattr(request, some)) for request in everybody} == {True, False}
    for wish in ("sex", "language", "part_of_day", "practitioner"):
        wished = {bool(getattr(request.wishes, wish)) for request in everybody}
        assert wished == {True, False}


def test_every_fit_is_named_in_order_of_belief(a_day: Instance) -> None:
    for request in a_day.requests:
        fits = [fit.fit for fit in request.departments]
        assert fits == sorted(fits, reverse=True)


def test_a_tenth_of_a_full_hour_is_kept_for_the_urgent() -> None:
    instance = generate(departments=1, practitioners=20, patients=0)
    for reserve in instance.reserves:
        there = sum(session.overlaps(reserve) for session in instance.sessions)
        assert reserve.minutes == there * 6 // 10 * 10
        assert reserve.end - reserve.start == timedelta(hours=1)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"departments": 0},
        {"departments": -1},
        {"practitioners": 0},
        {"departments": 3, "practitioners": 2},
        {"patients": -1},
        {"days": 0},
    ],
)
def test_nonsense_is_refused(nonsense: dict[str, int]) -> None:
    sense = {"departments": 1, "practitioners": 2, "patients": 3}
    assert generate(**sense)
    with pytest.raises(InvalidInstance):
        generate(**sense | nonsense)
