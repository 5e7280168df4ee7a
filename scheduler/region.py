"""The hospitals of a region: many instances, each planned on its own, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Protocol

from scheduler.domain import Plan
from scheduler.errors import SchedulerError
from scheduler.instance import Instance
from scheduler.solver import solve


class Machines(Protocol):
    """Where hospitals are planned: processes here, or machines elsewhere."""

    def submit(self, fn: Callable[..., Plan], /, *args: object, **how: object) -> Future[Plan]:
        """Start one."""
        ...


def plan_each(
    instances: Mapping[str, Instance],
    *,
    seconds: float,
    workers: int = 2,
    deterministic: bool = False,
    seed: int = 0,
    machines: Machines | None = None,
) -> Iterator[tuple[str, Plan | SchedulerError]]:
    """Plan every instance for so many seconds of one worker; yields each name with its plan, or
    with what is wrong with it, as they are done. `workers` of them run at once on this machine;
    `machines` decide for themselves.
    """
    if machines is not None:
        yield from _answers(machines, instances, seconds, deterministic, seed)
        return
    # Solvers have threads, and threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as processes:
        yield from _answers(processes, instances, seconds, deterministic, seed)


def _answers(
    machines: Machines,
    instances: Mapping[str, Instance],
    seconds: float,
    deterministic: bool,
    seed: int,
) -> Iterator[tuple[str, Plan | SchedulerError]]:
    how = {"seconds": seconds, "workers": 1, "deterministic": deterministic, "seed": seed}
    names = {machines.submit(solve, one, **how): name for name, one in instances.items()}
    try:
        for done in as_completed(names):
            try:
                yield names[done], done.result()
            except SchedulerError as error:
                yield names[done], error
    finally:
        for future in names:
            future.cancel()
