"""A region: every hospital gets the plan that it would get alone, whatever is wrong with others."""

from __future__ import annotations

from scheduler.domain import Plan
from scheduler.errors import InvalidInstance
from scheduler.generation import generate
from scheduler.region import plan_each
from scheduler.solver import solve
from scheduler.validation import check
from tests.scheduler.builders import a_request, an_instance, at

SMALL = generate(departments=2, practitioners=4, patients=60, seed=1)
LATER = generate(departments=2, practitioners=4, patients=60, seed=2)


TOO_DEAR = an_instance(
    a_request().model_copy(update={"due_by": at("09:00").replace(year=1)}),
    lateness_per_hour=10**6,
)
"""No solver counts so far."""


def test_each_hospital_is_planned_as_it_would_be_alone() -> None:
    region = {"a": SMALL, "b": LATER}
    found = dict(plan_each(region, seconds=1, deterministic=True))
    for name, instance in region.items():
        assert found[name] == solve(instance, seconds=1, workers=1, deterministic=True)
        assert check(instance, found[name]).feasible


def test_what_is_wrong_with_one_hospital_keeps_no_other_waiting() -> None:
    found = dict(plan_each({"wrong": TOO_DEAR, "right": SMALL}, seconds=1))
    assert isinstance(found["wrong"], InvalidInstance)
    assert isinstance(found["right"], Plan)


def test_a_region_without_hospitals_has_no_plans() -> None:
    assert dict(plan_each({}, seconds=1)) == {}
