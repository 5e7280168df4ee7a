"""Windows solved on a Ray cluster: the same search, with its workers elsewhere (extra `ray`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scheduler.errors import ClusterUnavailable

if TYPE_CHECKING:
    from scheduler.windows import Solution


class RayPool:
    """Submits windows as Ray tasks; Ray's own object references become futures."""

    def __init__(self, ray: object) -> None:
        self._ray = ray

    def submit(
        self, fn: Callable[..., Solution], /, *args: object, **how: object
    ) -> Future[Solution]:
        """Start one somewhere on the cluster."""
        task = self._ray.remote(fn)  # type: ignore[attr-defined]
        future: Future[Solution] = task.remote(*args, **how).future()
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
