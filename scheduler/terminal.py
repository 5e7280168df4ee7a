"""What the commands of the scheduler take in and give out: files, times as people type them, errors
in plain words, a line of progress."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table as Rows

from scheduler import telling
from scheduler.domain import Plan, Value
from scheduler.errors import InvalidInstance, InvalidPlan, SchedulerError
from scheduler.files import read_instance, read_plan, read_weights
from scheduler.instance import Instance
from scheduler.validation import Report
from scheduler.validation import check as check_plan

if TYPE_CHECKING:
    from scheduler.board import Board
    from scheduler.solver import Progress

err = Console(stderr=True, highlight=False)
out = Console(highlight=False, markup=False, soft_wrap=True)


# --- what goes in ---------------------------------------------------------------------------------


@contextmanager
def plain_errors() -> Iterator[None]:
    """Our own errors end a command with their message, never with a stack trace."""
    try:
        yield
    except SchedulerError as error:
        err.print(f"[bold red]Error:[/] {type(error).__name__}")
        err.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(1) from error


def instance_of(file: Path, weights: Path | None) -> Instance:
    """An instance from a file, with other weights if given."""
    problem = read_instance(file)
    return problem.model_copy(update={"weights": read_weights(weights)}) if weights else problem


def instance_and_plan(file: Path, plan_file: Path, weights: Path | None) -> tuple[Instance, Plan]:
    """An instance and a plan that answers it: nothing else can be changed or explained."""
    problem, committed = instance_of(file, weights), read_plan(plan_file)
    report = check_plan(problem, committed)
    if not report.feasible:
        raise InvalidPlan(
            f"{plan_file} does not answer {file}: {report.violations[0]}\n"
            "`daozhen check` tells everything; check with the same --weights that it was made with."
        )
    return problem, committed.model_copy(
        update={"objective": report.objective, "by_rule": report.by_rule}
    )


def board_of(problem: Instance, committed: Plan) -> Board:
    """A board that holds a plan, to ask questions of."""
    from scheduler.board import Board
    from scheduler.table import Table

    board = Board(Table(problem))
    board.read(committed)
    return board


def practitioner_and_time(there: str, problem: Instance) -> tuple[str, datetime]:
    """What is meant by `dr-001@09:20`.

    Raises:
        InvalidInstance: it is not written so.
    """
    practitioner, separator, clock = there.partition("@")
    if not (practitioner and separator):
        raise InvalidInstance(f"{there!r} is no PRACTITIONER@TIME, such as dr-001@09:20")
    return practitioner, moment_of(clock, problem)


def moment_of(text: str, problem: Instance) -> datetime:
    """A time as people type it: `2026-03-02T09:20`, or `09:20` on the instance's first day."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return _first_day_at(text, problem)
    if given.tzinfo is not None:
        raise InvalidInstance(f"{text}: times are the hospital's own and carry no offset")
    return given


def _first_day_at(text: str, problem: Instance) -> datetime:
    if not problem.sessions:
        raise InvalidInstance("without sessions there is no first day: give TIME with its date")
    first = min(session.start for session in problem.sessions)
    try:
        return datetime.combine(first, datetime.strptime(text, "%H:%M").time())
    except ValueError as error:
        raise InvalidInstance(f"{text!r} is no time: write 2026-03-02T09:20 or 09:20") from error


def require_place_for(file: Path | None, wrong: type[SchedulerError] = InvalidPlan) -> None:
    """Nobody should plan for an hour and then learn that the result has no place."""
    if file is None:
        return
    if file.is_dir():
        raise wrong(f"{file} is a folder; name a file in it")
    if not file.parent.is_dir():
        raise wrong(f"there is no folder {file.parent}; make it first")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise wrong(f"{file} cannot be written; choose another file")


def require_folder(folder: Path) -> None:
    """Make a folder for plans where there is none.

    Raises:
        InvalidPlan: that is not possible, or nothing can be written there.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InvalidPlan(f"{folder} cannot be made a folder: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise InvalidPlan(f"{folder} cannot be written; choose another folder")


# --- what comes out -------------------------------------------------------------------------------


class _Line:
    """Where a search stands, on one line whose clock goes on between two steps."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._last: Progress | None = None

    def take(self, progress: Progress) -> None:
        """Remember a step."""
        self._last = progress

    def __rich__(self) -> str:
        seconds = f"{time.monotonic() - self._started:.0f} s"
        last = self._last
        if last is None:
            return f"{seconds}  preparing"
        proven = f"bound {last.bound:,}  gap {telling.gap(last.gap)}" if last.bound else "no bound"
        unplaced = f"{last.unplaced:,} unplaced"
        return f"{seconds}  objective {last.objective:,}  {proven}  {unplaced}"


@contextmanager
def progress_line() -> Iterator[_Line]:
    """A line that a search keeps up to date with `line.take`."""
    line = _Line()
    if err.is_terminal:
        note("Ctrl-C stops and keeps the best plan so far.")
    with Live(line, console=err, refresh_per_second=2):
        yield line


@contextmanager
def counted(total: int) -> Iterator[Callable[[], None]]:
    """A bar that goes one further at each call."""
    with Bar(
        SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def tell_checked(report: Report, found: Plan) -> None:
    """A checked plan: its score and how much a better one could save, or what is wrong with it."""
    if not report.feasible:
        tell(report.violations)
        out.print(f"infeasible: {len(report.violations):,} violations")
        raise typer.Exit(1)
    out.print("feasible")
    out.print(telling.rules_table(report.by_rule))
    out.print(telling.bound(found.model_copy(update={"objective": report.objective})))


def tell(lines: Iterable[str | Rows]) -> None:
    """Lines and tables, one after another."""
    for line in lines:
        out.print(line)


def note(text: str) -> None:
    """Something beside the result, which does not belong into a pipe."""
    err.print(text, markup=False, soft_wrap=True)


def print_json(value: Value | tuple[Value, ...]) -> None:
    """Facts for other programs."""
    typer.echo(to_json(value, indent=1, exclude_none=True).decode())
