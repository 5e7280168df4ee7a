"""An answer in the making: the reception works in a thread of its own, and the page goes on showing."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from concurrent.futures import Executor

from assistant.answer import Answer, Step
from assistant.pages.patient.visit import Visit
from assistant.reception import Reception

GLANCE = 0.2
"""Seconds between two looks at the work. The page shows whole seconds."""

logger = logging.getLogger(__name__)


async def answering(
    reception: Reception, visit: Visit, threads: Executor
) -> AsyncIterator[str | None]:
    """Work on an answer to `visit`.

    Yields None whenever there is progress to show, and at the end the words that belong back into
    the box (none, mostly). A visit that moved on meanwhile gets nothing more.
    """
    turn = visit.begin()

    def on_step(step: Step, ahead: int) -> None:
        if visit.turn == turn:
            visit.step, visit.ahead = step, ahead

    def work() -> Answer:
        return reception.receive(
            visit.heard(), on_step=on_step, cancelled=lambda: visit.turn != turn
        )

    job = asyncio.get_running_loop().run_in_executor(threads, work)
    job.add_done_callback(_report)
    shown: tuple[Step | None, int, int] = (None, 0, 0)
    try:
        while visit.turn == turn and not job.done():
            if (visit.step, visit.ahead, visit.seconds) != shown:
                shown = visit.step, visit.ahead, visit.seconds
                yield None
            await asyncio.wait({job}, timeout=GLANCE)
        if visit.turn == turn:
            failed = job.exception() is not None
            yield visit.give_up("alert.failed") if failed else visit.finish(job.result())
    finally:
        # The page was left while the work went on: nobody wants the answer any more.
        if visit.turn == turn and visit.working:
            visit.turn += 1


def _report(job: asyncio.Future[Answer]) -> None:
    """Log where work failed, without the error's own text: it may quote the patient."""
    if not job.cancelled() and (error := job.exception()):
        where = "".join(traceback.format_tb(error.__traceback__))
        logger.error("no answer: %s\n%s", type(error).__name__, where)
