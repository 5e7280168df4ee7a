"""One more patient now: the best slot and alternatives that really differ from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from scheduler.domain import Assignment, PartOfDay, Plan, Value
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, require_plannable
from scheduler.rules.soft import part_of_day
from scheduler.solver import solve

Kind = Literal["best", "other_practitioner", "other_time"]


class Difference(Value):
    """How an alternative differs from the best offer; facts only, to be worded elsewhere.

    `sex` is true only where both are known. `minutes_later` is negative for an earlier slot.
    """

    minutes_later: int
    practitioner: bool
    department: bool
    sex: bool
    cost: int


class Offer(Value):
    """A slot that the patient may take. The first offer has no difference: it is the measure."""

    assignment: Assignment
    difference: Difference | None = None
    kind: Kind = "best"


def offers(instance: Instance) -> tuple[Plan, tuple[Offer, ...]]:
    """Plan the one request of `instance`; return the plan, the best offer and up to two others.

    Every offer is the optimum of its own CP-SAT solve: the alternatives are the best plan without
    the first doctor, and the best one in a half-day that no other offer is in.

    Raises:
        InvalidInstance: there is not exactly one request, or it is an emergency.
    """
    if len(instance.requests) != 1:
        raise InvalidInstance(f"offers are for one request, not for {len(instance.requests)}")
    require_plannable(instance.requests[0])
    plan = solve(instance)
    if not plan.assignments:
        return plan, ()
    best = plan.assignments[0]
    found = [Offer(assignment=best)]
    other = solve(instance, allowed=lambda a: a.slot.practitioner != best.slot.practitioner)
    found += [_offer(instance, best, a, "other_practitioner") for a in other.assignments]
    half_days = {_half_day(offer.assignment) for offer in found}
    other = solve(instance, allowed=lambda a: _half_day(a) not in half_days)
    found += [_offer(instance, best, a, "other_time") for a in other.assignments]
    return plan, tuple(found)


def _half_day(assignment: Assignment) -> tuple[date, PartOfDay]:
    return assignment.slot.start.date(), part_of_day(assignment.slot.start)


def _offer(instance: Instance, best: Assignment, other: Assignment, kind: Kind) -> Offer:
    sexes = {person.id: person.sex for person in instance.practitioners}
    mine, theirs = sexes[best.slot.practitioner], sexes[other.slot.practitioner]
    later = other.slot.start - best.slot.start
    difference = Difference(
        minutes_later=later // timedelta(minutes=1),
        practitioner=other.slot.practitioner != best.slot.practitioner,
        department=other.slot.department != best.slot.department,
        sex=mine is not None and theirs is not None and mine != theirs,
        cost=other.cost - best.cost,
    )
    return Offer(assignment=other, difference=difference, kind=kind)
