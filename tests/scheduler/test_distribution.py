"""A cluster, here one that Ray starts on this machine, makes the same plan."""

from __future__ import annotations

import sys

import pytest

from scheduler.distribution import ray_pool
from scheduler.errors import ClusterUnavailable
from scheduler.generation import generate
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


def test_a_missing_ray_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterUnavailable, match="pip install"), ray_pool("local"):
        pass
