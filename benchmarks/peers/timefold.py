"""Timefold Solver by its Python package (the extra ``peers``, and a Java 17 runtime).

A visit is a planning entity with a slot as its variable, chosen from a range of its own; the rules
are constraint streams. Prices of one visit are worked out from a few numbers: handing half a million
of them over to Java would take a minute.

No annotation here may be a string: the package reads them when it makes Java classes of ours.
"""

import logging
from dataclasses import dataclass, field
from functools import cache
from time import perf_counter
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np

from benchmarks.peers.cpsat import READING
from benchmarks.peers.greedy import fill
from scheduler.board import UNPLACED, Board
from scheduler.columns import NOBODY, STEPS_A_DAY
from scheduler.domain import GRID, Plan
from scheduler.instance import Instance
from scheduler.rules import SOFT
from scheduler.rules.options import STEP
from scheduler.rules.soft import AFTERNOON, EVENING
from scheduler.table import FORBIDDEN, Table

PERSONAL = ("department_fit", "wish_practitioner", "wish_sex", "wish_language", "continuity")
"""The rules that price a slot by who sees the patient; the others look at the time."""
PARTS = {"morning": (0, AFTERNOON), "afternoon": (AFTERNOON, EVENING), "evening": (EVENING, 24)}


class TimefoldMissing(ImportError):
    """The package is not installed, or there is no Java for it."""


def plan(instance: Instance, seconds: float, workers: int) -> Plan:
    """First fit by urgency, then local search, as it comes. The free edition has one thread.

    Starting Java, which takes seconds, is not counted where `start_up` was called before.
    """
    return _solved(instance, seconds, started=False)


def plan_started(instance: Instance, seconds: float, workers: int) -> Plan:
    """Local search from the greedy plan. For the rest like `plan`."""
    return _solved(instance, seconds, started=True)


@cache
def start_up() -> SimpleNamespace:
    """Start Java and hand it our classes and rules, once.

    Raises:
        TimefoldMissing: the package is not installed, or there is no Java for it.
    """
    try:
        import jpype
        import timefold.solver
    except ImportError as error:
        raise TimefoldMissing("timefold is not installed: pip install daozhen[peers]") from error
    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException as error:
        raise TimefoldMissing("timefold needs a Java 17 runtime, and there is none") from error
    logging.getLogger("timefold.solver").setLevel(logging.ERROR)
    model = _classes()
    settings = timefold.solver.config
    model.factory = timefold.solver.SolverFactory.create(
        settings.SolverConfig(
            solution_class=model.Day,
            entity_class_list=[model.Visit],
            environment_mode=settings.EnvironmentMode.NO_ASSERT,
            score_director_factory_config=settings.ScoreDirectorFactoryConfig(
                constraint_provider_function=_rules(model)
            ),
        )
    )
    return model


def _solved(instance: Instance, seconds: float, *, started: bool) -> Plan:
    stop = perf_counter() + seconds
    model = start_up()
    table = Table(instance)
    start, board = Board(table), Board(table)
    if started:
        fill(start, stop)
    problem = _Problem(model, board, start)
    for request, slot in _search(model, problem.day, stop - READING * len(instance.requests)):
        column = problem.column(request, slot)
        if board.may(request, column):
            board.place(request, column)
    return min(start, board, key=lambda made: made.cost).plan()


def _search(model: SimpleNamespace, day: Any, stop: float) -> list[tuple[int, int]]:
    """The number of each visit that has a slot, and of the slot.

    Only these are read back: `solve` copies the whole problem back to Python objects, which takes
    longer than the search.
    """
    from _jpyinterpreter import convert_to_java_python_like_object
    from timefold.solver import config

    java = convert_to_java_python_like_object(day)
    left = max(1, round(1000 * (stop - perf_counter())))
    limit = config.TerminationConfig(spent_limit=config.Duration(milliseconds=left))
    solver = model.factory.build_solver(config.SolverConfigOverride(termination_config=limit))
    best = solver._delegate.solve(java)  # noqa: SLF001
    slots = [(visit.number, visit.slot) for visit in best.visits]
    return [(int(str(n)), int(str(slot.number))) for n, slot in slots if hasattr(slot, "number")]


class _Problem:
    """An instance as Timefold's `day`. A slot is a session and a step, and fits any length."""

    def __init__(self, model: SimpleNamespace, board: Board, start: Board) -> None:
        self.model, self.board, self.table = model, board, board.table
        columns = self.table.columns
        keys, number = np.unique(
            columns.session * self.table.horizon + columns.start, return_inverse=True
        )
        self.slot_of = number.ravel()
        rooms = np.unique(self.table.session_lanes, axis=0)[:, 1].tolist()
        self.shared = sorted({r for r in rooms if rooms.count(r) > 1 and r != self.table.idle})
        names = dict.fromkeys(session.department for session in self.table.instance.sessions)
        self.department = {name: i for i, name in enumerate(names)}
        self.slots = [
            self._slot(i, *divmod(key, self.table.horizon)) for i, key in enumerate(keys.tolist())
        ]
        self.offered: dict[int, list[Any]] = {i: [] for i in self.department.values()}
        for slot in self.slots:
            self.offered[slot.department].append(slot)
        requests = self.table.requests
        emergency = np.array([request.is_emergency for request in requests], dtype=bool)
        order = np.flatnonzero(~board.fixed & ~emergency).tolist()
        order.sort(key=lambda i: (requests[i].acuity, requests[i].due_by))
        self.visits = [self._visit(request) for request in order]
        for visit in self.visits:
            column = int(start.at[visit.number])
            if column != UNPLACED:
                visit.slot = self.slots[self.slot_of[column]]
        self.day = model.Day(
            days=self._days(),
            places=self._places(),
            reserves=self._reserves(),
            groups=self._groups(),
            visits=self.visits,
        )

    def column(self, request: int, slot: int) -> int:
        """The column of a slot for a request, which has at most one, or `UNPLACED`."""
        for block, _ in self.table.rows(request):
            found = np.flatnonzero(self.slot_of[block.columns] == slot)
            if len(found):
                return block.first + int(found[0])
        return UNPLACED

    def _slot(self, number: int, session: int, start: int) -> Any:
        table, where = self.table, self.table.instance.sessions[session]
        doctor, room = table.session_lanes[session].tolist()
        free = self.board.left[doctor, start : table.step(where.end)] > 0
        return self.model.Slot(
            number=number,
            session=session,
            doctor=doctor,
            room=room,
            shared=room in self.shared,
            department=self.department[where.department],
            day=doctor * table.days_each + start // STEPS_A_DAY,
            start=start,
            minute=start * STEP,
            run=int(np.append(free, False).argmin()),
        )

    def _visit(self, request: int) -> Any:
        table, wanted = self.table, self.table.requests[request]
        weights, urgency = table.instance.weights, 6 - wanted.acuity
        part = PARTS.get(wanted.wishes.part_of_day or "")
        held = table.column_of(request, wanted.held) if wanted.held else None
        patient = int(table.patient[request])
        blocks = [block for block, _ in table.rows(request)]
        departments = [self.department.get(block.department) for block in blocks]
        return self.model.Visit(
            number=request,
            steps={d: b.steps for d, b in zip(departments, blocks, strict=True) if d is not None},
            sessions=self._sessions(request),
            offered=[self.offered[d] for d in departments if d is not None],
            no_slot=int(table.no_slot[request]),
            earliest=int(table.earliest[request]),
            due=table.hospital.minute(wanted.due_by),
            waiting=weights.waiting_per_hour * urgency,
            lateness=weights.lateness_per_hour * urgency,
            part_from=60 * part[0] if part else 0,
            part_until=60 * part[1] if part else 0,
            part_price=weights.wish_part_of_day if part else 0,
            held=NOBODY if held is None else int(self.slot_of[held]),
            moving=weights.moving if wanted.held else 0,
            group=int(table.group[request]),
            unplaced_wait=table.unplaced_wait,
            patient=NOBODY if patient == table.idle else patient,
            machines=list(blocks[0].equipment) if blocks else [],
            elective=wanted.is_elective,
        )

    def _sessions(self, request: int) -> dict[int, int]:
        """The sessions that a request may be seen in, and what their doctor costs it."""
        table = self.table
        found: dict[int, int] = {}
        for block, price in table.rows(request):
            allowed = block.first + np.flatnonzero(price < FORBIDDEN)
            sessions, first = np.unique(table.columns.session[allowed], return_index=True)
            fits = table.requests[request].departments
            fit = next(fit for fit in fits if fit.department == block.department)
            options = table.options(request, allowed[first], fit)
            costs = [r.cost(options, table.instance.weights) for r in SOFT if r.name in PERSONAL]
            found.update(zip(sessions.tolist(), np.sum(costs, axis=0).tolist(), strict=True))
        return found

    def _days(self) -> list[Any]:
        """What more steps of each doctor's day cost, until it is full."""
        made = []
        for day, (now, most) in enumerate(
            zip(self.board.load, self.table.day_capacity, strict=True)
        ):
            prices = self.table.load[day, now : most + 1] - self.table.load[day, now]
            made.append(self.model.DoctorDay(number=day, prices=prices.tolist()))
        return made

    def _places(self) -> list[Any]:
        """Rooms that doctors share, and machines, at every step at which somebody works."""
        table = self.table
        machines = sorted({lane for block in table.blocks for lane in block.equipment})
        steps = np.flatnonzero(table.capacity.any(axis=0)).tolist()
        places = [(lane, step) for lane in [*self.shared, *machines] for step in steps]
        return [
            self.model.Place(
                number=i, lane=lane, step=step, capacity=int(self.board.left[lane, step])
            )
            for i, (lane, step) in enumerate(places)
        ]

    def _reserves(self) -> list[Any]:
        made = []
        for number, reserve in enumerate(self.table.instance.reserves):
            if reserve.department in self.department:
                free = int(self.table.window_free[number] - self.board.elective[number])
                made.append(
                    self.model.Reserve(
                        number=number,
                        department=self.department[reserve.department],
                        start=-((self.table.origin - reserve.start) // GRID),
                        end=self.table.step(reserve.end),
                        free=max(0, free),
                        weight=self.table.instance.weights.reserve,
                    )
                )
        return made

    def _groups(self) -> list[Any]:
        """Groups, and how long those wait who are not planned here."""
        table = self.table
        here = np.bincount(
            [visit.group for visit in self.visits if visit.group != NOBODY],
            minlength=len(table.groups),
        )
        base = self.board.waited - here * table.unplaced_wait
        return [
            self.model.Group(
                number=number,
                size=int(table.group_sizes[number]),
                everybody=int(table.group_sizes.sum()),
                waited=int(base[number]),
                per_hour=table.instance.weights.fairness_per_hour,
            )
            for number in range(len(table.groups))
        ]


def _classes() -> SimpleNamespace:
    """The domain. Times are in minutes or in steps of the grid since the origin."""
    from timefold.solver import domain
    from timefold.solver.score import HardSoftScore

    @dataclass(eq=False)
    class Slot:
        """A doctor's time from a step on, of which `run` steps are free in a row."""

        number: Annotated[int, domain.PlanningId]
        session: int
        doctor: int
        room: int
        shared: bool
        department: int
        day: int
        start: int
        minute: int
        run: int

    @dataclass(eq=False)
    class DoctorDay:
        """`prices` is what the first 0, 1, … further steps cost."""

        number: Annotated[int, domain.PlanningId]
        prices: list[int]

    @dataclass(eq=False)
    class Place:
        """A shared room or a machine at one step."""

        number: Annotated[int, domain.PlanningId]
        lane: int
        step: int
        capacity: int

    @dataclass(eq=False)
    class Reserve:
        """Steps of a department of which elective visits may take `free`."""

        number: Annotated[int, domain.PlanningId]
        department: int
        start: int
        end: int
        free: int
        weight: int

    @dataclass(eq=False)
    class Group:
        """Patients whose waiting is compared with everybody's."""

        number: Annotated[int, domain.PlanningId]
        size: int
        everybody: int
        waited: int
        per_hour: int

        def excess(self, minutes: int, total: int) -> int:
            return max(0, self.everybody * minutes - self.size * total)

        def price(self, waited: list) -> int:  # type: ignore[type-arg]
            """Like the rule `fairness`, of pairs of a group and its minutes."""
            total = 0
            for pair in waited:
                total = total + pair[1]
            excess = 0
            for pair in waited:
                excess = excess + pair[0].excess(pair[1], total)
            hours = 60 * self.everybody
            return (self.per_hour * excess + hours - 1) // hours

    @domain.planning_entity
    @dataclass(eq=False)
    class Visit:
        number: Annotated[int, domain.PlanningId]
        steps: dict[int, int]
        sessions: dict[int, int]
        offered: list[list[Slot]]
        no_slot: int
        earliest: int
        due: int
        waiting: int
        lateness: int
        part_from: int
        part_until: int
        part_price: int
        held: int
        moving: int
        group: int
        unplaced_wait: int
        patient: int
        machines: list[int]
        elective: bool
        allowed: list[Slot] | None = None
        slot: Annotated[
            Slot | None,
            domain.PlanningVariable(value_range_provider_refs=["slots"], allows_unassigned=True),
        ] = None

        def slots(self) -> Annotated[list[Slot], domain.ValueRangeProvider(id="slots")]:
            if self.allowed is None:
                self.allowed = [
                    slot
                    for slots in self.offered
                    for slot in slots
                    if slot.session in self.sessions
                    and slot.minute >= self.earliest
                    and slot.run >= self.steps[slot.department]
                ]
            return self.allowed

        def length(self) -> int:
            return self.steps[self.slot.department]  # type: ignore[union-attr]

        def end(self) -> int:
            return self.slot.start + self.length()  # type: ignore[union-attr]

        def waits(self) -> int:
            if self.slot is None:
                return self.unplaced_wait
            return self.slot.minute - self.earliest

        def price(self) -> int:
            slot = self.slot
            if slot is None:
                return self.no_slot
            price = self.sessions[slot.session]
            price += (slot.minute - self.earliest) * self.waiting // 120
            if slot.minute > self.due:
                price += (slot.minute - self.due) * self.lateness // 120
            if self.part_price > 0:
                time = slot.minute % 1440
                if time < self.part_from or time >= self.part_until:
                    price += self.part_price
            if slot.number != self.held:
                price += self.moving
            return price

    @domain.planning_solution
    @dataclass(eq=False)
    class Day:
        days: Annotated[list[DoctorDay], domain.ProblemFactCollectionProperty]
        places: Annotated[list[Place], domain.ProblemFactCollectionProperty]
        reserves: Annotated[list[Reserve], domain.ProblemFactCollectionProperty]
        groups: Annotated[list[Group], domain.ProblemFactCollectionProperty]
        visits: Annotated[list[Visit], domain.PlanningEntityCollectionProperty]
        score: Annotated[HardSoftScore, domain.PlanningScore] = field(default=None)

    names = (Slot, DoctorDay, Place, Reserve, Group, Visit, Day)
    return SimpleNamespace(**{made.__name__: made for made in names})


def _rules(model: SimpleNamespace) -> Any:
    from timefold.solver.score import (
        ConstraintCollectors,
        ConstraintFactory,
        HardSoftScore,
        Joiners,
        constraint_provider,
    )

    DoctorDay, Place, Reserve, Group, Visit = (  # noqa: N806
        model.DoctorDay,
        model.Place,
        model.Reserve,
        model.Group,
        model.Visit,
    )
    hard, soft = HardSoftScore.ONE_HARD, HardSoftScore.ONE_SOFT

    @constraint_provider  # type: ignore[untyped-decorator]
    def rules(factory: ConstraintFactory) -> list[Any]:
        return [
            factory.for_each_unique_pair(
                Visit,
                Joiners.equal(lambda visit: visit.slot.doctor),
                Joiners.overlapping(lambda visit: visit.slot.start, lambda visit: visit.end()),
            )
            .penalize(hard)
            .as_constraint("doctor"),
            factory.for_each(Visit)
            .filter(lambda visit: visit.patient >= 0)
            .join(
                factory.for_each(Visit).filter(lambda visit: visit.patient >= 0),
                Joiners.equal(lambda visit: visit.patient),
                Joiners.less_than(lambda visit: visit.number),
                Joiners.overlapping(lambda visit: visit.slot.start, lambda visit: visit.end()),
            )
            .penalize(hard)
            .as_constraint("patient"),
            factory.for_each(Place)
            .join(
                factory.for_each(Visit).filter(lambda visit: visit.slot.shared),
                Joiners.equal(lambda place: place.lane, lambda visit: visit.slot.room),
                Joiners.overlapping(
                    lambda place: place.step,
                    lambda place: place.step + 1,
                    lambda visit: visit.slot.start,
                    lambda visit: visit.end(),
                ),
            )
            .group_by(lambda place, visit: place, ConstraintCollectors.count_bi())
            .filter(lambda place, count: count > place.capacity)
            .penalize(hard, lambda place, count: count - place.capacity)
            .as_constraint("room"),
            factory.for_each(Visit)
            .filter(lambda visit: len(visit.machines) > 0)
            .join(
                Place,
                Joiners.overlapping(
                    lambda visit: visit.slot.start,
                    lambda visit: visit.end(),
                    lambda place: place.step,
                    lambda place: place.step + 1,
                ),
                Joiners.filtering(lambda visit, place: place.lane in visit.machines),
            )
            .group_by(lambda visit, place: place, ConstraintCollectors.count_bi())
            .filter(lambda place, count: count > place.capacity)
            .penalize(hard, lambda place, count: count - place.capacity)
            .as_constraint("equipment"),
            factory.for_each_including_unassigned(Visit)
            .penalize(soft, lambda visit: visit.price())
            .as_constraint("visit"),
            factory.for_each(Visit)
            .join(DoctorDay, Joiners.equal(lambda visit: visit.slot.day, lambda day: day.number))
            .group_by(
                lambda visit, day: day, ConstraintCollectors.sum(lambda visit, day: visit.length())
            )
            .penalize(soft, lambda day, steps: day.prices[min(steps, len(day.prices) - 1)])
            .as_constraint("load"),
            factory.for_each(Visit)
            .filter(lambda visit: visit.elective)
            .join(
                Reserve,
                Joiners.equal(lambda visit: visit.slot.department, lambda kept: kept.department),
                Joiners.overlapping(
                    lambda visit: visit.slot.start,
                    lambda visit: visit.end(),
                    lambda kept: kept.start,
                    lambda kept: kept.end,
                ),
            )
            .group_by(
                lambda visit, kept: kept,
                ConstraintCollectors.sum(
                    lambda visit, kept: (
                        min(visit.end(), kept.end) - max(visit.slot.start, kept.start)
                    )
                ),
            )
            .filter(lambda kept, steps: steps > kept.free)
            .penalize(soft, lambda kept, steps: kept.weight * (steps - kept.free))
            .as_constraint("reserve"),
            factory.for_each(Group)
            .join(
                factory.for_each_including_unassigned(Visit),
                Joiners.equal(lambda group: group.number, lambda visit: visit.group),
            )
            .group_by(
                lambda group, visit: group,
                ConstraintCollectors.sum(lambda group, visit: visit.waits()),
            )
            .group_by(
                ConstraintCollectors.to_list(lambda group, minutes: (group, group.waited + minutes))
            )
            .penalize(soft, lambda waited: waited[0][0].price(waited))
            .as_constraint("fairness"),
        ]

    return rules
