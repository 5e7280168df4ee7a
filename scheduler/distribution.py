"""Work done on a Ray cluster instead of here: windows of a plan, or whole hospitals (extra `ray`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from scheduler.errors import ClusterUnavailable

Result = TypeVar("Result")


class RayPool:
    """Submits work as Ray tasks; Ray's own object references become futures."""

    def __init__(self, ray: object) -> None:
        self._ray = ray

    def submit(self, fn: Callable[..., Result], /, *args: object, **how: object) -> Future[Result]:
        """Start one somewhere on the cluster."""
        task = self._ray.remote(fn)  # type: ignore[attr-defined]
        future: Future[Result] = task.remote(*args, **how).future()
        return future


@contextmanager
def ray_pool(address: str) -> Iterator[RayPool]:
    """Workers of the cluster at `address`; `local` starts one on this machine and ends it again.

    Raises:
        ClusterUnavailable: Ray is not installed, or the cluster does not answer.
    """
    try:
        import ray
    except ImportError as error:
        raise ClusterUnavailable("install the extra: pip install 'daozhen[ray]'") from error
    try:
        ray.init(
            address=None if address == "local" else address,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ClusterUnavailable(f"no Ray cluster answers at {address}: {error}") from error
    try:
        yield RayPool(ray)
    finally:
        ray.shutdown()
