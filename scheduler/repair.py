"""Something broke: the plan that disturbs least, and what it changes for whom.

A doctor is ill, comes late, an urgent patient arrives, somebody does not come. All that was planned
counts as promised from then on: whoever is moved costs `moving`, what is pinned or has begun stays.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pydantic import Field, NaiveDatetime

from scheduler.board import UNPLACED, Board
from scheduler.construction import Pushing, make_complete, waiting
from scheduler.domain import (
    AppointmentRequest,
    Assignment,
    Commitment,
    Plan,
    Session,
    Unassigned,
    Value,
)
from scheduler.errors import InvalidInstance
from scheduler.improvement import Budget, better
from scheduler.instance import Instance, outside
from scheduler.neighbourhoods import Neighbourhoods
from scheduler.online import Move
from scheduler.relaxation import Relaxation
from scheduler.smoothing import HOT, smooth
from scheduler.table import Table

PRICING, PUSHING = 0.5, 0.4
"""The share of the time that may go into prices, and of the rest into making room."""
CROWDED = 0.01
"""Where more go without a slot than this share, prices are first searched from hot."""
LAST = 0.3
"""Seconds that it takes to end."""


class Change(Value):
    """What happened. `without` are practitioners who cannot come from `since` on (up to `until`),
    `late` are practitioners and how many minutes they start later than `since` (or their first
    session), `gone` are requests that need no slot any more, `urgent` are new ones. What is before
    `since` has begun."""

    without: tuple[str, ...] = ()
    since: NaiveDatetime | None = None
    until: NaiveDatetime | None = None
    late: dict[str, int] = Field(default_factory=dict)
    gone: tuple[str, ...] = ()
    urgent: tuple[AppointmentRequest, ...] = ()


class Changes(Value):
    """A repair as a difference: who moves, how many stay, who is newly placed or left without."""

    moved: tuple[Move, ...]
    kept: int
    unplaced: tuple[Unassigned, ...]
    placed: tuple[Assignment, ...]


class Repair(Value):
    """The instance as it is now, the repaired plan, and how it differs from the one before."""

    instance: Instance
    plan: Plan
    difference: Changes


def repair(
    instance: Instance,
    plan: Plan,
    change: Change,
    *,
    seconds: float = 2.0,
    workers: int = 2,
) -> Repair:
    """Plan again only what a change touches, and whoever gains most by making room.

    Raises:
        InvalidInstance: the change names somebody unknown, or contradicts itself.
    """
    until = time.monotonic() + seconds
    changed = after(instance, plan, change)
    board = Board(Table(_within_reach(changed, plan, _touched(instance, change))))
    board.read(plan)
    _place_the_lost(board, until, workers)
    make_complete(board)
    repaired = board.plan()
    return Repair(instance=changed, plan=repaired, difference=difference(plan, repaired))


def after(instance: Instance, plan: Plan, change: Change) -> Instance:
    """The instance after a change, with everything of the plan promised, and the past pinned."""
    _require_known(instance, change)
    slots = {assignment.request: assignment.slot for assignment in plan.assignments}
    requests = []
    for request in instance.requests:
        if request.id in change.gone:
            continue
        if (slot := slots.get(request.id)) and not request.pinned:
            begun = change.since is not None and slot.start < change.since
            request = request.model_copy(update={"held": slot, "pinned": begun})
        requests.append(request)
    sessions: list[Session] = []
    for session in instance.sessions:
        if session.practitioner in change.without:
            since, until = change.since or session.start, change.until or session.end
            sessions += outside(session, since, until)
        else:
            sessions.append(session)
    return Instance(
        **{
            **{name: getattr(instance, name) for name in Instance.model_fields},
            "requests": (*requests, *change.urgent),
            "sessions": tuple(sessions),
            "commitments": (*instance.commitments, *_delays(instance, change)),
        }
    )


def _touched(instance: Instance, change: Change) -> set[str]:
    """The departments that lose time, get time back or have somebody more to see."""
    who, gone = {*change.without, *change.late}, set(change.gone)
    theirs = {session.department for session in instance.sessions if session.practitioner in who}
    others = (*change.urgent, *(r for r in instance.requests if r.id in gone))
    return theirs | {fit.department for request in others for fit in request.departments}


def _within_reach(changed: Instance, plan: Plan, touched: Collection[str]) -> Instance:
    """The same, with whoever could go to none of these departments pinned where they are: their
    moving would make room for nobody, and without them the search is ten times smaller."""
    placed = {assignment.request for assignment in plan.assignments}
    requests = [
        request
        if request.id not in placed or any(fit.department in touched for fit in request.departments)
        else request.model_copy(update={"pinned": True})
        for request in changed.requests
    ]
    return changed.model_copy(update={"requests": tuple(requests)})


def difference(before: Plan, now: Plan) -> Changes:
    """How one plan differs from another."""
    slots = {assignment.request: assignment.slot for assignment in before.assignments}
    moved, placed, kept = [], [], 0
    for assignment in now.assignments:
        slot = slots.get(assignment.request)
        if slot is None:
            placed.append(assignment)
        elif slot == assignment.slot:
            kept += 1
        else:
            moved.append(Move(request=assignment.request, before=slot, after=assignment.slot))
    unplaced = tuple(u for u in now.unassigned if u.request in slots)
    return Changes(moved=tuple(moved), kept=kept, unplaced=unplaced, placed=tuple(placed))


def _place_the_lost(board: Board, until: float, workers: int) -> None:
    """Whoever lost a slot takes what is free, or is made room for; then windows where somebody
    regrets most, as in planning, by prices that are rough: there is little time."""
    lost = [r for r in waiting(board) if board.table.requests[r].held or _is_urgent(board, r)]
    for request in [*lost, *(r for r in waiting(board) if r not in lost)]:
        column, _ = board.best(request)
        if column != UNPLACED:
            board.place(request, column)
    begun = time.monotonic()

    def priced() -> bool:
        return time.monotonic() < begun + PRICING * (until - begun)

    relaxation = Relaxation(board.table)
    crowded = len(waiting(board)) > CROWDED * int(relaxation.plannable.sum())
    for _ in smooth(relaxation, board.cost, priced, stages=HOT) if crowded else ():
        pass
    for _ in relaxation.improve(board.cost, priced):
        pass
    neighbourhoods = Neighbourhoods(relaxation, board.table.instance.weights.moving)
    pushing = Pushing(board, lambda request: neighbourhoods.near[request])
    making_room = Budget(PUSHING * (until - time.monotonic()))
    for request in waiting(board):
        if making_room.goes_on():
            pushing.place(request, neighbourhoods.wide(request), depth=0)
    budget = Budget(until - time.monotonic() - LAST, workers)
    with ThreadPoolExecutor(workers) as pool:
        for _ in better(board, neighbourhoods, budget, pool):
            pass


def _is_urgent(board: Board, request: int) -> bool:
    return not board.table.requests[request].is_elective


def _delays(instance: Instance, change: Change) -> list[Commitment]:
    """Whoever is late is busy until they come."""
    delays = []
    for practitioner, minutes in change.late.items():
        starts = [s.start for s in instance.sessions if s.practitioner == practitioner]
        start = max(change.since or min(starts), min(starts))
        end = start + timedelta(minutes=minutes)
        delays.append(Commitment(practitioner=practitioner, start=start, end=end))
    return delays


def _require_known(instance: Instance, change: Change) -> None:
    people = {session.practitioner for session in instance.sessions}
    for who in (*change.without, *change.late):
        if who not in people:
            raise InvalidInstance(f"{who} has no session here; nothing is lost without them")
    requests: Collection[str] = {request.id for request in instance.requests}
    for name in change.gone:
        if name not in requests:
            raise InvalidInstance(f"there is no request {name}")
    if any(minutes <= 0 for minutes in change.late.values()):
        raise InvalidInstance("whoever is late comes at least a minute later")
