"""A cluster, here one that Ray starts on this machine, makes the same plan."""

from __future__ import annotations

import sys

import pytest

from scheduler.distribution import ray_pool
from scheduler.errors import ClusterUnavailable
from scheduler.generation import generate
from scheduler.region import plan_each
from scheduler.solver import solve
from scheduler.validation import check


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::UserWarning")
def test_a_cluster_makes_the_plan_that_this_machine_makes() -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    instance = generate(departments=3, practitioners=9, patients=150, seed=5)
    here = solve(instance, seconds=2, workers=2, deterministic=True)
    with ray_pool("local") as pool:
        there = solve(instance, seconds=2, workers=2, deterministic=True, pool=pool)
    assert there == here
    assert check(instance, there).feasible


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::UserWarning")
def test_a_cluster_plans_the_hospitals_of_a_region_as_this_machine_does() -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    region = {
        str(seed): generate(departments=2, practitioners=4, patients=60, seed=seed)
        for seed in range(3)
    }
    here = dict(plan_each(region, seconds=1, deterministic=True))
    with ray_pool("local") as machines:
        there = dict(plan_each(region, seconds=1, deterministic=True, machines=machines))
    assert there == here


def test_a_missing_ray_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterUnavailable, match="pip install"), ray_pool("local"):
        pass
