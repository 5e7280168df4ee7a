"""The terminal of the scheduler: `daozhen instance`, `plan`, `check`, `repair`, `offer`, `why`,
`what-if`.

Entry points only translate: JSON in and out, words by `scheduler.telling`. What solves is imported
where it is used, so that `--help`, `instance` and `check` start at once.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.live import Live
from rich.table import Table as Rows

from scheduler import telling
from scheduler.domain import Plan, Value
from scheduler.errors import InvalidInstance, InvalidPlan, SchedulerError
from scheduler.files import read_instance, read_plan, read_request, read_weights, write_json
from scheduler.instance import Instance
from scheduler.validation import Report
from scheduler.validation import check as check_plan

if TYPE_CHECKING:
    from scheduler.board import Board
    from scheduler.solver import Progress

planning = typer.Typer(no_args_is_help=True, add_completion=False, help="Daozhen 导诊: planning.")
err = Console(stderr=True, highlight=False)
out = Console(highlight=False, markup=False, soft_wrap=True)


def _seconds(given: float) -> float:
    if not math.isfinite(given):
        raise typer.BadParameter("must be a number of seconds")
    return given


InFile = Annotated[Path, typer.Argument(metavar="IN", help="The instance, JSON")]
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan, JSON")]
WeightsFile = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="JSON or YAML, instead of the instance's own"),
]
Seconds = Annotated[
    float, typer.Option(min=0.1, callback=_seconds, help="How long to search at most")
]
AsJson = Annotated[bool, typer.Option("--json", help="Facts instead of words")]


@planning.command("instance")
def instance(
    departments: Annotated[int, typer.Option()] = 10,
    practitioners: Annotated[int, typer.Option()] = 60,
    patients: Annotated[int, typer.Option(help="A day")] = 1500,
    seed: Annotated[int, typer.Option()] = 0,
    week: Annotated[bool, typer.Option("--week", help="Seven days of so many patients")] = False,
    out_file: Annotated[Path | None, typer.Option("--out", metavar="FILE")] = None,
) -> None:
    """Make up a realistic hospital day, or a week. The same numbers and seed give the same one."""
    from scheduler.generation import generate

    with plain_errors():
        _require_place_for(out_file, InvalidInstance)
        made = generate(
            departments=departments,
            practitioners=practitioners,
            patients=patients,
            seed=seed,
            days=7 if week else 1,
        )
        if out_file is None:
            _print_json(made)
            return
        write_json(out_file, made)
    _note(f"{len(made.requests):,} requests, {len(made.sessions):,} sessions: {out_file}")


@planning.command("plan")
def plan(
    in_file: InFile,
    out_file: Annotated[Path, typer.Option("--out", metavar="PLAN", help="Where the plan goes")],
    seconds: Seconds,
    workers: Annotated[int, typer.Option(min=1, max=1024)] = 2,
    start: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Begin with it, as far as it is possible")
    ] = None,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="The same plan again; seconds stand for work")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 0,
    weights: WeightsFile = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Ray cluster, or `local` (extra `ray`)")
    ] = None,
) -> None:
    """Plan everybody. Ctrl-C stops early and keeps the best plan so far."""
    with plain_errors():
        _require_place_for(out_file)
        problem = _instance(in_file, weights)
        first = read_plan(start) if start else None
        from scheduler.distribution import ray_pool
        from scheduler.solver import solve

        with ray_pool(ray) if ray else nullcontext() as pool, _progress_line() as line:
            found = solve(
                problem,
                seconds=seconds,
                workers=workers,
                seed=seed,
                start=first,
                deterministic=deterministic,
                on_progress=line.take,
                pool=pool,
            )
        write_json(out_file, found)
        report = check_plan(problem, found)
    _tell(report, found)
    _tell_lines(telling.answered(found))


@planning.command("check")
def check(in_file: InFile, plan_file: PlanFile, weights: WeightsFile = None) -> None:
    """Say whether a plan is feasible, and score it anew by every rule. Exit status 1 where not."""
    with plain_errors():
        found = read_plan(plan_file)
        report = check_plan(_instance(in_file, weights), found)
    _tell(report, found)


@planning.command("repair")
def repair(
    in_file: InFile,
    plan_file: PlanFile,
    without: Annotated[str, typer.Option(metavar="PRACTITIONER", help="Who cannot come")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="ISO, or HH:MM of the first day")
    ] = None,
    out_file: Annotated[Path | None, typer.Option("--out", metavar="PLAN")] = None,
    instance_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The instance as it is from now on")
    ] = None,
    seconds: Seconds = 2.0,
    weights: WeightsFile = None,
) -> None:
    """Plan around a doctor who is lost, moving as few as possible. Tells who moves where."""
    from scheduler.repair import Change
    from scheduler.repair import repair as repair_plan

    with plain_errors():
        _require_place_for(out_file)
        _require_place_for(instance_out, InvalidInstance)
        problem, committed = _both(in_file, plan_file, weights)
        moment = _moment(since, problem) if since else None
        change = Change(without=(without,), since=moment)
        repaired = repair_plan(problem, committed, change, seconds=seconds)
        if out_file:
            write_json(out_file, repaired.plan)
        if instance_out:
            write_json(instance_out, repaired.instance)
    _tell_lines(telling.difference(repaired.difference))
    out.print(f"objective {committed.objective:,} before, {repaired.plan.objective:,} now")
    if out_file and not instance_out:
        _note("The plan answers the changed instance: --instance-out writes that, for `check`.")


@planning.command("offer")
def offer(
    in_file: InFile,
    plan_file: PlanFile,
    request: Annotated[Path, typer.Option(metavar="FILE", help="One request, JSON")],
    as_json: AsJson = False,
    weights: WeightsFile = None,
) -> None:
    """Offer slots to one more patient, the best first. Changes no file."""
    from scheduler.online import offers_for

    with plain_errors():
        wanted = read_request(request)
        offers = offers_for(*_both(in_file, plan_file, weights), wanted)
    if as_json:
        _print_json(offers)
        return
    for rank, offered in enumerate(offers, 1):
        _tell_lines(telling.offer(rank, offered))
    if not offers:
        out.print("Every free slot costs more than going without: a person must decide.")


@planning.command("why")
def why(
    in_file: InFile,
    plan_file: PlanFile,
    request: Annotated[str, typer.Option(metavar="ID")],
    there: Annotated[
        str | None,
        typer.Option(
            "--not", metavar="PRACTITIONER@TIME", help="Why not that one? TIME as ISO or HH:MM"
        ),
    ] = None,
    as_json: AsJson = False,
    weights: WeightsFile = None,
) -> None:
    """Say why a request has its slot, why it has none, or what another slot would cost whom."""
    from scheduler import reasons

    with plain_errors():
        problem, committed = _both(in_file, plan_file, weights)
        board = _board(problem, committed)
        words: Iterator[str | Rows]
        facts: reasons.WhySlot | reasons.WhyUnplaced | reasons.WhyNot
        slots = {assignment.request: assignment.slot for assignment in committed.assignments}
        if there is not None:
            practitioner, at = _practitioner_and_time(there, problem)
            facts = reasons.why_not(board, request, practitioner, at)
            words = iter(telling.why_not_there(request, practitioner, at, facts))
        elif slot := slots.get(request):
            facts = reasons.why(board, request)
            words = telling.why_here(request, slot, facts)
        else:
            facts = reasons.why_unplaced(board, request, committed.scarcity)
            words = iter(telling.why_without(request, facts))
    if as_json:
        _print_json(facts)
    else:
        _tell_lines(words)


@planning.command("what-if")
def what_if(
    in_file: InFile,
    plan_file: PlanFile,
    instead: Annotated[
        Path | None,
        typer.Option(metavar="IN", help="An instance to plan instead: a changed copy"),
    ] = None,
    lacking: Annotated[
        list[str] | None, typer.Option("--without", metavar="PRACTITIONER", help="Can be repeated")
    ] = None,
    weights: WeightsFile = None,
    seconds: Seconds = 15.0,
    workers: Annotated[int, typer.Option(min=1, max=1024)] = 2,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="PLAN", help="Where the other plan goes")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan another hospital day and compare: without a doctor, with one more, by other weights."""
    from scheduler.whatif import what_if as compare
    from scheduler.whatif import without

    with plain_errors():
        if not (instead or lacking or weights):
            raise InvalidInstance("say what would be otherwise: --instead, --without or --weights")
        _require_place_for(out_file)
        problem, committed = _both(in_file, plan_file, None)
        other = without(read_instance(instead) if instead else problem, lacking or ())
        if weights:
            other = other.model_copy(update={"weights": read_weights(weights)})
        with _progress_line() as line:
            found = compare(
                committed, other, seconds=seconds, workers=workers, on_progress=line.take
            )
        if out_file:
            write_json(out_file, found.plan)
    if as_json:
        _print_json(found)
    else:
        _tell_lines(telling.outcome(found))


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


def _instance(file: Path, weights: Path | None) -> Instance:
    problem = read_instance(file)
    return problem.model_copy(update={"weights": read_weights(weights)}) if weights else problem


def _both(file: Path, plan_file: Path, weights: Path | None) -> tuple[Instance, Plan]:
    """An instance and a plan that answers it: nothing else can be changed or explained."""
    problem, committed = _instance(file, weights), read_plan(plan_file)
    report = check_plan(problem, committed)
    if not report.feasible:
        raise InvalidPlan(
            f"{plan_file} does not answer {file}: {report.violations[0]}\n"
            "`daozhen check` tells everything; check with the same --weights that it was made with."
        )
    return problem, committed.model_copy(
        update={"objective": report.objective, "by_rule": report.by_rule}
    )


def _board(problem: Instance, committed: Plan) -> Board:
    from scheduler.board import Board
    from scheduler.table import Table

    board = Board(Table(problem))
    board.read(committed)
    return board


def _practitioner_and_time(there: str, problem: Instance) -> tuple[str, datetime]:
    practitioner, separator, clock = there.partition("@")
    if not (practitioner and separator):
        raise InvalidInstance(f"{there!r} is no PRACTITIONER@TIME, such as dr-001@09:20")
    return practitioner, _moment(clock, problem)


def _moment(text: str, problem: Instance) -> datetime:
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


def _require_place_for(file: Path | None, wrong: type[SchedulerError] = InvalidPlan) -> None:
    """Nobody should plan for an hour and then learn that the result has no place."""
    if file is None:
        return
    if file.is_dir():
        raise wrong(f"{file} is a folder; name a file in it")
    if not file.parent.is_dir():
        raise wrong(f"there is no folder {file.parent}; make it first")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise wrong(f"{file} cannot be written; choose another file")


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
def _progress_line() -> Iterator[_Line]:
    line = _Line()
    if err.is_terminal:
        _note("Ctrl-C stops and keeps the best plan so far.")
    with Live(line, console=err, refresh_per_second=2):
        yield line


def _tell(report: Report, found: Plan) -> None:
    """A checked plan: its score and how much a better one could save, or what is wrong with it."""
    if not report.feasible:
        _tell_lines(report.violations)
        out.print(f"infeasible: {len(report.violations):,} violations")
        raise typer.Exit(1)
    out.print("feasible")
    out.print(telling.rules_table(report.by_rule))
    out.print(telling.bound(found.model_copy(update={"objective": report.objective})))


def _tell_lines(lines: Iterable[str | Rows]) -> None:
    for line in lines:
        out.print(line)


def _note(text: str) -> None:
    err.print(text, markup=False, soft_wrap=True)


def _print_json(value: Value | tuple[Value, ...]) -> None:
    typer.echo(to_json(value, indent=1, exclude_none=True).decode())
