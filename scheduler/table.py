"""An `Instance` as arrays: every slot that each request may have, and what it costs there.

Requests that want the same of a slot (department, length, equipment) share a *block*: its columns are
slots, its rows are requests, and its matrix holds the price of each row in each column, or
`FORBIDDEN`. Prices of the plan as a whole (load, reserve, fairness) are not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scheduler.columns import NOBODY, Columns, Key, extended, joined, slots_of
from scheduler.domain import GRID, AppointmentRequest, Assignment, DepartmentFit, Slot
from scheduler.errors import InvalidInstance
from scheduler.hours import Hours
from scheduler.instance import Instance
from scheduler.rules import HARD, SOFT, Options, price_of_no_slot
from scheduler.rules.options import STEP, Bools, Ints

FORBIDDEN = 2**30


@dataclass(frozen=True, slots=True)
class Block:
    """Slots of one department and length with the same equipment, and the requests for them.

    `first` is the number of its first column among all columns; `requests` are the rows.
    """

    department: str
    steps: int
    elective: bool
    equipment: tuple[int, ...]
    first: int
    last: int
    requests: Ints
    cost: NDArray[np.int32]

    @property
    def columns(self) -> slice:
        """Where its columns stand among all columns."""
        return slice(self.first, self.last)


class Table(Hours):
    """The arrays of an instance. Nothing here changes while a plan is made."""

    group: Ints
    group_sizes: Ints
    columns: Columns
    machines: Ints

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.requests = instance.requests
        self.number = {request.id: i for i, request in enumerate(self.requests)}
        self.no_slot: Ints = np.array(
            [price_of_no_slot(r, instance.weights) for r in self.requests], dtype=np.int64
        )
        self.earliest: Ints = np.array(
            [self.hospital.minute(r.earliest) for r in self.requests], dtype=np.int64
        )
        self._groups()
        self._blocks()

    @property
    def size(self) -> int:
        """How many pairs of a request and a slot there are."""
        return sum(block.cost.size for block in self.blocks)

    # --- one request ----------------------------------------------------------------------------

    def options(self, request: int, column: Ints | slice, fit: DepartmentFit) -> Options:
        """What the rules need to know of a request in some columns."""
        columns = self.columns
        return Options(
            hospital=self.hospital,
            request=self.requests[request],
            fit=fit,
            start=columns.start[column] * STEP,
            practitioner=columns.lane[column],
            session=columns.session[column],
        )

    def rows(self, request: int) -> Iterator[tuple[Block, NDArray[np.int32]]]:
        """The blocks of a request, each with its prices there."""
        for number, row in self.places[request]:
            block = self.blocks[number]
            yield block, block.cost[row]

    def price(self, request: int, column: int) -> int:
        """What a slot costs a request by the rules of one visit; `FORBIDDEN` where it may not."""
        number = int(self.columns.block[column])
        for place, row in self.places[request]:
            if place == number:
                return int(self.blocks[number].cost[row, column - self.blocks[number].first])
        return FORBIDDEN

    def prices(self, requests: Ints, columns: Ints) -> NDArray[np.float64]:
        """`price` for many pairs at once."""
        rows = {
            (request, number): row
            for request in np.unique(requests).tolist()
            for number, row in self.places[request]
        }
        of_block = self.columns.block[columns]
        pairs = zip(requests.tolist(), of_block.tolist(), strict=True)
        row = np.array([rows[pair] for pair in pairs], dtype=np.int64)
        found = np.empty(len(columns))
        for number in np.unique(of_block).tolist():
            mine = of_block == number
            block = self.blocks[number]
            found[mine] = block.cost[row[mine], columns[mine] - block.first]
        return found

    def places_of(self, requests: Ints, columns: Ints) -> tuple[Ints, Ints]:
        """Everything that visits take time of: pairs of an entry and a place, which is
        `lane * horizon + step`."""
        of = self.columns
        entries: list[Ints] = []
        places: list[Ints] = []
        machines = self.machines[of.block[columns]].T
        for lanes in (of.lane[columns], of.room[columns], self.patient[requests], *machines):
            taken = np.flatnonzero(lanes != self.idle)
            entries.append(taken)
            places.append(lanes[taken])
        one, lane = np.concatenate(entries), np.concatenate(places)
        steps = of.steps[columns[one]]
        each, lane = np.repeat(one, steps), np.repeat(lane, steps)
        step = np.arange(len(each)) - np.repeat(np.cumsum(steps) - steps, steps)
        return each, lane * self.horizon + of.start[columns[each]] + step

    def lanes_of(self, request: int, column: int) -> list[int]:
        """Everything that a visit takes time of."""
        columns = self.columns
        lanes = [int(columns.lane[column]), int(columns.room[column]), int(self.patient[request])]
        lanes += self.blocks[int(columns.block[column])].equipment
        return [lane for lane in lanes if lane != self.idle]

    def column_of(self, request: int, slot: Slot) -> int | None:
        """The column of a slot for a request, or None where there is none."""
        if (slot.start - self.origin) % GRID or slot.practitioner not in self.hospital.number:
            return None
        start, lane = self.step(slot.start), self.hospital.number[slot.practitioner]
        steps = (slot.end - slot.start) / GRID
        columns = self.columns
        for block, _ in self.rows(request):
            if block.department == slot.department and block.steps == steps:
                here = block.columns
                found = (columns.start[here] == start) & (columns.lane[here] == lane)
                for at in np.flatnonzero(found):
                    session = self.instance.sessions[columns.session[block.first + at]]
                    if session.location == slot.location:
                        return block.first + int(at)
        return None

    def slot(self, column: int) -> Slot:
        """The slot of a column."""
        columns = self.columns
        session = self.instance.sessions[columns.session[column]]
        start = self.moment(int(columns.start[column]))
        return Slot(
            start=start,
            end=start + int(columns.steps[column]) * GRID,
            practitioner=session.practitioner,
            department=session.department,
            location=session.location,
        )

    def assignment(self, request: int, column: int) -> Assignment:
        """A request in a column, with its price by each rule of one visit."""
        block = self.blocks[int(self.columns.block[column])]
        fit = _fit(self.requests[request], block.department)
        options = self.options(request, np.array([column]), fit)
        weights = self.instance.weights
        costs = {rule.name: int(rule.cost(options, weights)[0]) for rule in SOFT}
        return Assignment(request=self.requests[request].id, slot=self.slot(column), costs=costs)

    def has_clinic(self, request: int) -> bool:
        """Whether any session of its departments is long enough and late enough."""
        wanted = self.requests[request]
        earliest = -(-int(self.earliest[request]) // STEP)
        steps = {fit.department: fit.minutes // STEP for fit in wanted.departments}
        for session in self.instance.sessions:
            if session.department in steps:
                first, last = self.steps_inside(session)
                if max(first, earliest) + steps[session.department] <= last:
                    return True
        return False

    def cheapest(self, request: int, most: int) -> Ints:
        """The columns of a request, by the rules of one visit, the cheapest `most` first."""
        columns, paid = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for block, price in self.rows(request):
            allowed = np.flatnonzero(price < FORBIDDEN)
            columns.append(block.first + allowed)
            paid.append(price[allowed].astype(np.int64))
        order = np.argsort(np.concatenate(paid), kind="stable")[:most]
        return np.asarray(np.concatenate(columns)[order])

    # --- one more request -----------------------------------------------------------------------

    def add(self, request: AppointmentRequest) -> int:
        """Take in one more request; returns its number. A board of this table must `grow` then.

        Raises:
            InvalidInstance: its id is known already, or it needs unknown equipment.
        """
        if request.id in self.number:
            raise InvalidInstance(f"there is a request {request.id} already")
        if unknown := [e for e in request.equipment if ("equipment", e) not in self.lane]:
            raise InvalidInstance(f"request {request.id} needs unknown equipment: {unknown[0]}")
        number = len(self.requests)
        self.requests = (*self.requests, request)
        self.number[request.id] = number
        price = price_of_no_slot(request, self.instance.weights)
        self.no_slot = np.append(self.no_slot, price)
        self.earliest = np.append(self.earliest, self.hospital.minute(request.earliest))
        self.patient = np.append(self.patient, self.idle)
        self._share_patient(request)
        self._join_group(request)
        self.places.append([])
        for fit in request.departments if not request.is_emergency else ():
            self._join_block(request, number, fit)
        return number

    def _share_patient(self, request: AppointmentRequest) -> None:
        """A lane for a patient who has several requests now."""
        if request.patient is None:
            return
        of_patient = self._of_patient[request.patient]
        of_patient.append(len(self.requests) - 1)
        if len(of_patient) > 1:
            name = ("patient", str(request.patient))
            if name not in self.lane:
                self.lane[name] = len(self.free)
                self.lanes.append(name)
                self.free = np.vstack([self.free, np.ones((1, self.horizon), dtype=np.int16)])
            self.patient[of_patient] = self.lane[name]

    def _join_group(self, request: AppointmentRequest) -> None:
        if request.group is None or request.is_emergency:
            self.group = np.append(self.group, NOBODY)
            return
        if request.group not in self.groups:
            self.groups.append(request.group)
            self.group_sizes = np.append(self.group_sizes, 0)
        number = self.groups.index(request.group)
        self.group = np.append(self.group, number)
        self.group_sizes = self.group_sizes + (np.arange(len(self.groups)) == number)

    def _join_block(self, request: AppointmentRequest, number: int, fit: DepartmentFit) -> None:
        key = _key(request, fit)
        if key not in self._block_of:
            part = slots_of(self, self._sessions_of[key[0]], key)
            first = len(self.columns.start)
            self.columns = extended(self.columns, part, key[1], len(self.blocks))
            self._block_of[key] = len(self.blocks)
            self.blocks.append(self._block(key, [], first, len(self.columns.start)))
            self.machines = self._machines()
        at = self._block_of[key]
        block = self.blocks[at]
        price = self._row(number, fit, block.first, block.last).astype(np.int32)
        self.places[number].append((at, len(block.requests)))
        self.blocks[at] = replace(
            block,
            requests=np.append(block.requests, number),
            cost=np.vstack([block.cost, price[None, :]]),
        )

    # --- building -------------------------------------------------------------------------------

    def _groups(self) -> None:
        groups = sorted({r.group for r in self.requests if r.group and not r.is_emergency})
        number = {group: i for i, group in enumerate(groups)}
        self.groups = groups
        self.group = np.array(
            [
                NOBODY if r.is_emergency else number.get(r.group or "", NOBODY)
                for r in self.requests
            ],
            dtype=np.int64,
        )
        known = self.group[self.group != NOBODY]
        self.group_sizes = np.bincount(known, minlength=len(groups)).astype(np.int64)
        self.unplaced_wait = self.instance.weights.unplaced_waits_hours * 60

    def _blocks(self) -> None:
        wanted: dict[Key, list[int]] = defaultdict(list)
        for i, request in enumerate(self.requests):
            for fit in request.departments if not request.is_emergency else ():
                wanted[_key(request, fit)].append(i)
        self._sessions_of: dict[str, list[int]] = defaultdict(list)
        for i, session in enumerate(self.instance.sessions):
            self._sessions_of[session.department].append(i)
        self._block_of = {key: number for number, key in enumerate(wanted)}
        parts = {key: slots_of(self, self._sessions_of[key[0]], key) for key in wanted}
        ends = np.cumsum([len(part[0]) for part in parts.values()], dtype=np.int64).tolist()
        self.columns = joined(list(parts.values()), [key[1] for key in parts])
        self.blocks: list[Block] = []
        self.places: list[list[tuple[int, int]]] = [[] for _ in self.requests]
        first = 0
        for (key, rows), last in zip(wanted.items(), ends, strict=True):
            for row, number in enumerate(rows):
                self.places[number].append((len(self.blocks), row))
            self.blocks.append(self._block(key, rows, first, last))
            first = last
        self.machines = self._machines()

    def _block(self, key: Key, rows: list[int], first: int, last: int) -> Block:
        department, steps, equipment, elective = key
        cost = np.empty((len(rows), last - first), dtype=np.int32)
        for row, number in enumerate(rows):
            cost[row] = self._row(number, _fit(self.requests[number], department), first, last)
        lanes = tuple(self.lane["equipment", name] for name in equipment)
        return Block(
            department, steps, elective, lanes, first, last, np.array(rows, dtype=np.int64), cost
        )

    def _row(self, number: int, fit: DepartmentFit, first: int, last: int) -> Ints:
        """What some columns cost a request. For a pinned one, no other slot is worth its price."""
        request = self.requests[number]
        if not request.pinned or request.held is None:
            return self._priced(self.options(number, slice(first, last), fit))
        row = np.full(last - first, FORBIDDEN, dtype=np.int64)
        at = np.flatnonzero(self._begins(request.held, first, last))
        if len(at):
            row[at] = self._priced(self.options(number, first + at, fit))
        return row

    def _begins(self, slot: Slot, first: int, last: int) -> Bools:
        """Which columns have the doctor of a slot and begin when it does."""
        doctor = self.hospital.number.get(slot.practitioner, NOBODY)
        here = slice(first, last)
        found = self.columns.lane[here] == doctor
        return np.asarray(found & (self.columns.start[here] == self.step(slot.start)))

    def _machines(self) -> Ints:
        """The lanes of each block's equipment, a row a block, filled up with what is idle."""
        most = max((len(block.equipment) for block in self.blocks), default=0)
        rows = [[*b.equipment, *[self.idle] * (most - len(b.equipment))] for b in self.blocks]
        return np.array(rows, dtype=np.int64).reshape(len(rows), most)

    def _priced(self, options: Options) -> Ints:
        weights = self.instance.weights
        price = options.all_at(0)
        for rule in SOFT:
            price += rule.cost(options, weights)
        allowed: Bools = np.ones(price.shape, dtype=bool)
        for hard in HARD:
            allowed &= hard.allows(options)
        if price[allowed].max(initial=0) >= FORBIDDEN:
            raise InvalidInstance(
                f"request {options.request.id}: a slot costs more than {FORBIDDEN:,} points; "
                "the weights are too large, or the due-by time is years away"
            )
        return np.where(allowed, price, FORBIDDEN)


def _key(request: AppointmentRequest, fit: DepartmentFit) -> Key:
    return fit.department, fit.minutes // STEP, request.equipment, request.is_elective


def _fit(request: AppointmentRequest, department: str) -> DepartmentFit:
    return next(fit for fit in request.departments if fit.department == department)
