"""The terminal of the scheduler: `daozhen instance`, `plan`, `region`, `check`, `repair`, `offer`,
`why`, `what-if`.

Entry points only translate: JSON in and out, words by `scheduler.telling`. What solves is imported
where it is used, so that `--help`, `instance` and `check` start at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Rows

from scheduler import telling
from scheduler.domain import Plan
from scheduler.errors import InvalidInstance
from scheduler.files import (
    read_folder,
    read_instance,
    read_plan,
    read_request,
    read_weights,
    write_json,
)
from scheduler.terminal import (
    board_of,
    counted,
    instance_and_plan,
    instance_of,
    moment_of,
    note,
    out,
    plain_errors,
    practitioner_and_time,
    print_json,
    progress_line,
    require_folder,
    require_place_for,
    tell,
    tell_checked,
)
from scheduler.validation import check as check_plan

planning = typer.Typer(no_args_is_help=True, add_completion=False, help="Daozhen 导诊: planning.")


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
Deterministic = Annotated[
    bool, typer.Option("--deterministic", help="The same plan again; seconds stand for work")
]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1)]
Ray = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A Ray cluster, or `local` (extra `ray`)")
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
        require_place_for(out_file, InvalidInstance)
        made = generate(
            departments=departments,
            practitioners=practitioners,
            patients=patients,
            seed=seed,
            days=7 if week else 1,
        )
        if out_file is None:
            print_json(made)
            return
        write_json(out_file, made)
    note(f"{len(made.requests):,} requests, {len(made.sessions):,} sessions: {out_file}")


@planning.command("plan")
def plan(
    in_file: InFile,
    out_file: Annotated[Path, typer.Option("--out", metavar="PLAN", help="Where the plan goes")],
    seconds: Seconds,
    workers: Annotated[int, typer.Option(min=1, max=1024)] = 2,
    start: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Begin with it, as far as it is possible")
    ] = None,
    deterministic: Deterministic = False,
    seed: Seed = 0,
    weights: WeightsFile = None,
    ray: Ray = None,
) -> None:
    """Plan everybody. Ctrl-C stops early and keeps the best plan so far."""
    with plain_errors():
        require_place_for(out_file)
        problem = instance_of(in_file, weights)
        first = read_plan(start) if start else None
        from scheduler.distribution import ray_pool
        from scheduler.solver import solve

        with ray_pool(ray) if ray else nullcontext() as pool, progress_line() as line:
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
    tell_checked(report, found)
    tell(telling.answered(found))


@planning.command("region")
def region(
    folder: Annotated[Path, typer.Argument(metavar="IN", help="A folder of instances, JSON")],
    out_folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="For the plans")],
    seconds: Seconds,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Hospitals at once")] = 2,
    deterministic: Deterministic = False,
    seed: Seed = 0,
    ray: Ray = None,
) -> None:
    """Plan the hospitals of a region, each on its own for so many seconds of one worker.

    There is a plan of the same name for each. What is wrong with one keeps none of the others
    waiting. Ctrl-C keeps the plans that are done.
    """
    from scheduler.distribution import ray_pool
    from scheduler.region import plan_each

    with plain_errors():
        instances, wrong = read_folder(folder)
        require_folder(out_folder)
        with ray_pool(ray) if ray else nullcontext() as machines, counted(len(instances)) as one:
            for name, found in plan_each(
                instances,
                seconds=seconds,
                workers=workers,
                deterministic=deterministic,
                seed=seed,
                machines=machines,
            ):
                if isinstance(found, Plan):
                    write_json(out_folder / name, found)
                    report = check_plan(instances[name], found)
                    out.print(telling.hospital(name, report, found))
                else:
                    wrong[name] = found
                one()
    for name, error in wrong.items():
        note(f"{name}: {error}")
    if wrong:
        raise typer.Exit(1)


@planning.command("check")
def check(in_file: InFile, plan_file: PlanFile, weights: WeightsFile = None) -> None:
    """Say whether a plan is feasible, and score it anew by every rule. Exit status 1 where not."""
    with plain_errors():
        found = read_plan(plan_file)
        report = check_plan(instance_of(in_file, weights), found)
    tell_checked(report, found)


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
        require_place_for(out_file)
        require_place_for(instance_out, InvalidInstance)
        problem, committed = instance_and_plan(in_file, plan_file, weights)
        moment = moment_of(since, problem) if since else None
        change = Change(without=(without,), since=moment)
        repaired = repair_plan(problem, committed, change, seconds=seconds)
        if out_file:
            write_json(out_file, repaired.plan)
        if instance_out:
            write_json(instance_out, repaired.instance)
    tell(telling.difference(repaired.difference))
    out.print(f"objective {committed.objective:,} before, {repaired.plan.objective:,} now")
    if out_file and not instance_out:
        note("The plan answers the changed instance: --instance-out writes that, for `check`.")


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
        offers = offers_for(*instance_and_plan(in_file, plan_file, weights), wanted)
    if as_json:
        print_json(offers)
        return
    for rank, offered in enumerate(offers, 1):
        tell(telling.offer(rank, offered))
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
        problem, committed = instance_and_plan(in_file, plan_file, weights)
        board = board_of(problem, committed)
        words: Iterator[str | Rows]
        facts: reasons.WhySlot | reasons.WhyUnplaced | reasons.WhyNot
        slots = {assignment.request: assignment.slot for assignment in committed.assignments}
        if there is not None:
            practitioner, at = practitioner_and_time(there, problem)
            facts = reasons.why_not(board, request, practitioner, at)
            words = iter(telling.why_not_there(request, practitioner, at, facts))
        elif slot := slots.get(request):
            facts = reasons.why(board, request)
            words = telling.why_here(request, slot, facts)
        else:
            facts = reasons.why_unplaced(board, request, committed.scarcity)
            words = iter(telling.why_without(request, facts))
    if as_json:
        print_json(facts)
    else:
        tell(words)


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
        require_place_for(out_file)
        problem, committed = instance_and_plan(in_file, plan_file, None)
        other = without(read_instance(instead) if instead else problem, lacking or ())
        if weights:
            other = other.model_copy(update={"weights": read_weights(weights)})
        with progress_line() as line:
            found = compare(
                committed, other, seconds=seconds, workers=workers, on_progress=line.take
            )
        if out_file:
            write_json(out_file, found.plan)
    if as_json:
        print_json(found)
    else:
        tell(telling.outcome(found))
