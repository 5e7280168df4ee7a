"""How well and how fast the scheduler plans, beside its peers: `python -m benchmarks.scheduling`.

Every row of a table is the same generated instance, planned in the same run with the same number of
workers, and scored by the checker. Ratios are what counts: the machine may be shared.
"""

from __future__ import annotations

import importlib
import resource
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.common import out, print_table
from benchmarks.peers import PEERS
from scheduler.board import Board
from scheduler.distribution import ray_pool
from scheduler.domain import AppointmentRequest, Plan
from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.online import Diary
from scheduler.reasons import why, why_not
from scheduler.region import plan_each
from scheduler.repair import Change, after, difference, repair
from scheduler.solver import Progress, solve
from scheduler.table import Table
from scheduler.validation import check

cli = typer.Typer(add_completion=False, help=__doc__)
Seeds = Annotated[str, typer.Option(help="Comma-separated")]


@cli.command()
def plan(
    departments: int = 10,
    practitioners: int = 60,
    patients: int = 1500,
    seeds: Seeds = "0,1,2,3,4",
    seconds: Annotated[str, typer.Option(help="Comma-separated")] = "5,15,60",
    days: int = 1,
    workers: int = 2,
    peers: Annotated[str, typer.Option(help="Comma-separated, or none")] = ",".join(PEERS),
) -> None:
    """Whole days against the peers."""
    limits = sorted(float(limit) for limit in seconds.split(","))
    if "timefold" in peers:
        _start_java()
    for seed in map(int, seeds.split(",")):
        instance = generate(
            departments=departments,
            practitioners=practitioners,
            patients=patients,
            seed=seed,
            days=days,
        )
        rows = [_ours(instance, limits, workers)]
        best, bound = rows[0][1][-1], rows[0][2]
        for name in filter(None, peers.replace("none", "").split(",")):
            rows.append((name, _peer(instance, name, limits, workers), 0))
        shown = [[name, *(_figure(v, bound) for v in values)] for name, values, _ in rows]
        size = f"{patients} a day × {days} days × {practitioners} practitioners, seed {seed}"
        print_table(
            f"{size}; bound {bound:,}; ours ends at {best:,}" if best else size,
            ["planner", *(f"{limit:g} s" for limit in limits)],
            shown,
        )
        _say_memory()


@cli.command()
def online(
    patients: int = 1500,
    departments: int = 10,
    practitioners: int = 60,
    arrivals: int = 200,
    seed: int = 0,
    seconds: float = 60,
) -> None:
    """One request after another against a committed plan."""
    size = {"departments": departments, "practitioners": practitioners, "seed": seed}
    instance = generate(**size, patients=patients)
    committed = solve(instance, seconds=seconds, workers=2)
    diary = Diary(instance, committed)
    newcomers = _newcomers(instance, arrivals)
    took = []
    for request in newcomers:
        started = time.perf_counter()
        found = diary.offers(request)
        took.append(time.perf_counter() - started)
        if found:
            diary.take(found[0])
    _say_times(f"offer at {patients} placed", took)


@cli.command()
def sequence(
    patients: int = 150,
    departments: int = 3,
    practitioners: int = 6,
    seed: int = 0,
    seconds: Annotated[float, typer.Option(help="For each full re-solve")] = 1.0,
) -> None:
    """A day of arrivals, one by one: offers, alone and with a repair for whoever finds none, against
    all of it planned again at each arrival, where whoever has a slot was promised it, and against
    all of it planned at once."""
    instance = generate(
        departments=departments, practitioners=practitioners, patients=patients, seed=seed
    )
    arrivals = tuple(r for r in instance.requests if not r.is_emergency and not r.held)
    day = instance.model_copy(update={"requests": arrivals})
    in_turn = _score(day, _offered(day, repairs=False))
    repaired = _score(day, _offered(day, repairs=True))
    came: list[AppointmentRequest] = []
    for request in arrivals:
        came.append(request)
        again = solve(day.model_copy(update={"requests": tuple(came)}), seconds=seconds, workers=2)
        slots = {assignment.request: assignment.slot for assignment in again.assignments}
        came = [r.model_copy(update={"held": slots.get(r.id)}) for r in came]
    promised = _score(day, again)
    at_once = solve(day, seconds=30, workers=2).objective
    rows = [
        ["offers in turn", f"{in_turn:,}", f"{in_turn / promised - 1:+.1%}"],
        ["– repaired where none is left", f"{repaired:,}", f"{repaired / promised - 1:+.1%}"],
        [f"planned again in {seconds:g} s at each", f"{promised:,}", ""],
        ["planned at once", f"{at_once:,}", f"{at_once / promised - 1:+.1%}"],
    ]
    title = f"{len(arrivals)} arrivals, {practitioners} practitioners, seed {seed}"
    print_table(title, ["", "objective", "beside planning again"], rows)


def _offered(day: Instance, *, repairs: bool) -> Plan:
    """The day's requests offered their best slot one by one; who finds none goes without, or others
    are asked to move as in a repair."""
    came = day.model_copy(update={"requests": ()})
    diary = Diary(came)
    for request in day.requests:
        more = came.model_copy(update={"requests": (*came.requests, request)})
        if found := diary.offers(request):
            diary.take(found[0])
        elif repairs:
            fixed = repair(came, diary.board.plan(), Change(urgent=(request,)))
            diary = Diary(more, fixed.plan)
        came = more
    return diary.board.plan()


@cli.command("repair")
def repairs(
    patients: int = 1500,
    departments: int = 10,
    practitioners: int = 60,
    seed: int = 0,
    losses: int = 12,
    seconds: float = 30,
) -> None:
    """Doctors lost one by one: repaired, against planned anew in `seconds`."""
    instance = generate(
        departments=departments, practitioners=practitioners, patients=patients, seed=seed
    )
    planned = solve(instance, seconds=seconds, workers=2)
    took, rows = [], []
    step = max(1, practitioners // losses)
    for number, person in enumerate(instance.practitioners[::step][:losses]):
        change = Change(without=(person.id,))
        started = time.perf_counter()
        repaired = repair(instance, planned, change)
        took.append(time.perf_counter() - started)
        _require_feasible(repaired.instance, repaired.plan)
        if number >= 3:
            continue  # planning anew takes long: three show how it compares
        free = _unpromised(after(instance, planned, change), instance)
        anew = solve(free, seconds=seconds, workers=2)
        there = _score(free, repaired.plan)
        rows.append(
            [
                person.id,
                f"{len(repaired.difference.moved)}",
                f"{len(difference(planned, anew).moved)}",
                f"{there:,}",
                f"{anew.objective:,}",
                f"{there / anew.objective - 1:+.1%}",
            ]
        )
    header = ["without", "moved", "anew moved", "repaired", "anew", "worse by"]
    print_table("A lost doctor, without the price of moving", header, rows)
    _say_times("repair", took)


@cli.command()
def reasons(
    patients: int = 1500,
    departments: int = 10,
    practitioners: int = 60,
    asked: int = 100,
    seed: int = 0,
    seconds: float = 30,
) -> None:
    """Why, and why not."""
    instance = generate(
        departments=departments, practitioners=practitioners, patients=patients, seed=seed
    )
    planned = solve(instance, seconds=seconds, workers=2)
    board = Board(Table(instance))
    board.read(planned)
    random = np.random.default_rng(seed)
    chosen = random.choice(len(planned.assignments), asked, replace=False)
    whys, why_nots = [], []
    for number in chosen.tolist():
        assignment = planned.assignments[number]
        started = time.perf_counter()
        why(board, assignment.request)
        whys.append(time.perf_counter() - started)
        other = planned.assignments[int(random.integers(len(planned.assignments)))].slot
        started = time.perf_counter()
        why_not(board, assignment.request, assignment.slot.practitioner, other.start)
        why_nots.append(time.perf_counter() - started)
    _say_times("why", whys)
    _say_times("why not", why_nots)


@cli.command()
def region(
    hospitals: int = 50,
    departments: int = 10,
    practitioners: int = 60,
    patients: int = 1500,
    seconds: Annotated[float, typer.Option(help="Of one worker, for each hospital")] = 15,
    workers: Annotated[int, typer.Option(help="Hospitals at once on this machine")] = 2,
    ray: Annotated[str | None, typer.Option(help="A Ray cluster, or `local`")] = None,
) -> None:
    """Many hospitals, each planned on its own: what a region costs."""
    instances = {
        f"hospital {seed}": generate(
            departments=departments, practitioners=practitioners, patients=patients, seed=seed
        )
        for seed in range(hospitals)
    }
    started, gaps, unplaced = time.perf_counter(), [], 0
    with ray_pool(ray) if ray else nullcontext() as machines:
        for name, planned in plan_each(
            instances, seconds=seconds, workers=workers, machines=machines
        ):
            if not isinstance(planned, Plan):
                raise SystemExit(f"{name}: {planned}")
            _require_feasible(instances[name], planned)
            gaps.append(planned.gap)
            unplaced += len(planned.unassigned)
    took = time.perf_counter() - started
    middle, high, most = np.percentile(gaps, [50, 95, 100])
    where = f"Ray at {ray}" if ray else f"{workers} at once here"
    out.print(f"{hospitals} hospitals of {patients:,} × {practitioners}, {where}: {took:.0f} s")
    out.print(f"gap {middle:.1%} median, {high:.1%} 95th percentile, {most:.1%} at most")
    out.print(f"{unplaced:,} of {hospitals * patients:,} without a slot, emergencies included")


@cli.command()
def growth(
    sizes: Annotated[str, typer.Option(help="Patients, comma-separated")] = (
        "250,500,1000,2000,4000,8000"
    ),
    each: Annotated[int, typer.Option(help="Patients for every doctor")] = 25,
    seconds: Annotated[float, typer.Option(help="At most")] = 120,
    within: Annotated[float, typer.Option(help="The gap that counts as near")] = 0.05,
    plot: Annotated[Path | None, typer.Option(help="Where a picture goes")] = None,
) -> None:
    """Time and memory with the number of patients, each size in a process of its own."""
    rows = []
    for patients in map(int, sizes.split(",")):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            rows.append(alone.submit(_grown, patients, each, seconds, within).result())
    header = ["patients", "columns", "first plan", f"within {within:.0%}", "unplaced", "memory"]
    shown = [
        [
            f"{row.patients:,}",
            f"{row.columns:,}",
            f"{row.first:.1f} s",
            f"{row.near:.1f} s" if row.near is not None else "–",
            f"{row.unplaced}",
            f"{row.memory:.2f} GiB",
        ]
        for row in rows
    ]
    print_table(f"{each} patients a doctor, two workers", header, shown)
    if plot:
        _draw(rows, within, plot)
        out.print(f"drawn: {plot}")


@dataclass(frozen=True)
class _Growth:
    """One size: seconds to the first plan and to a near one, who has no slot, the peak memory."""

    patients: int
    columns: int
    first: float
    near: float | None
    unplaced: int
    memory: float


def _grown(patients: int, each: int, seconds: float, within: float) -> _Growth:
    doctors = max(2, patients // each)
    instance = generate(
        departments=max(2, doctors // 6), practitioners=doctors, patients=patients, seed=0
    )
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if progress.bound and progress.gap <= within:
            raise KeyboardInterrupt  # as a person would: the best plan is kept

    planned = solve(instance, seconds=seconds, workers=2, on_progress=watch)
    _require_feasible(instance, planned)
    return _Growth(
        patients=patients,
        columns=Table(instance).size,
        first=seen[0].seconds,
        near=next((p.seconds for p in seen if p.bound and p.gap <= within), None),
        unplaced=seen[-1].unplaced,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    )


def _draw(rows: list[_Growth], within: float, file: Path) -> None:
    """Two panels that share their patients: seconds, and memory."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (time_, memory) = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    patients = [row.patients for row in rows]
    time_.plot(patients, [row.first for row in rows], "o-", label="first plan")
    near = [(row.patients, row.near) for row in rows if row.near is not None]
    time_.plot(*zip(*near, strict=True), "s-", label=f"within {within:.0%} of the proven bound")
    time_.set(xscale="log", yscale="log", xlabel="patients a day", ylabel="seconds")
    memory.plot(patients, [row.memory for row in rows], "o-", color="tab:green")
    memory.set(xscale="log", xlabel="patients a day", ylabel="peak memory, GiB", ylim=(0, None))
    for axes in (time_, memory):
        axes.set_xticks(patients, [f"{n:,}" for n in patients])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    time_.legend()
    figure.savefig(file, metadata={"Date": None})


def _ours(
    instance: Instance, limits: list[float], workers: int
) -> tuple[str, list[int | None], int]:
    """One run to the last limit; what it had at each of them, its answer checked."""
    seen: list[Progress] = []
    planned = solve(instance, seconds=limits[-1], workers=workers, on_progress=seen.append)
    _require_feasible(instance, planned)
    if seen:
        out.print(f"first plan after {seen[0].seconds:.1f} s")
    values = [
        min((p.objective for p in seen if p.seconds <= limit), default=None)
        for limit in limits[:-1]
    ]
    return "daozhen", [*values, planned.objective], planned.bound


def _peer(instance: Instance, name: str, limits: list[float], workers: int) -> list[int | None]:
    module, function = name.split(".")
    planner: Callable[[Instance, float, int], Plan] = getattr(
        importlib.import_module(f"benchmarks.peers.{module}"), function
    )
    values: list[int | None] = []
    for limit in limits:
        try:
            planned = planner(instance, limit, workers)
        except (ImportError, RuntimeError) as error:
            out.print(f"{name}: {error}", markup=False)
            return [None] * len(limits)
        _require_feasible(instance, planned)
        values.append(planned.objective)
    return values


def _start_java() -> None:
    """Timefold's start of its Java machine is not counted as its planning time."""
    from benchmarks.peers import timefold

    try:
        timefold.start_up()
    except (ImportError, RuntimeError) as error:
        out.print(f"timefold: {error}", markup=False)


def _require_feasible(instance: Instance, planned: Plan) -> None:
    report = check(instance, planned)
    if not report.feasible:
        raise SystemExit("\n".join(report.violations[:10]))


def _score(instance: Instance, planned: Plan) -> int:
    """What a plan costs by the checker, whatever it claims of itself."""
    return check(instance, planned).objective


def _unpromised(changed: Instance, before: Instance) -> Instance:
    """The changed instance without what the repair takes as promised."""
    held = {request.id: request for request in before.requests}
    requests = tuple(held[request.id] for request in changed.requests)
    return changed.model_copy(update={"requests": requests})


def _newcomers(instance: Instance, number: int) -> list[AppointmentRequest]:
    """Requests like those of the instance, by other people."""
    like = [r for r in instance.requests if not r.is_emergency][:number]
    changes = {"patient": None, "held": None, "pinned": False}
    return [r.model_copy(update={"id": f"new-{r.id}", **changes}) for r in like]


def _figure(value: int | None, bound: int) -> str:
    if value is None:
        return "–"
    return f"{value:,} ({value / bound - 1:+.1%})" if bound else f"{value:,}"


def _say_times(what: str, took: Iterable[float]) -> None:
    p50, p95, most = np.percentile(list(took), [50, 95, 100]) * 1000
    out.print(f"{what}: {p50:.0f} ms median, {p95:.0f} ms 95th percentile, {most:.0f} ms at most")


def _say_memory() -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    out.print(f"peak memory of this process so far: {peak:.1f} GiB")


if __name__ == "__main__":
    cli()
