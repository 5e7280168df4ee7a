"""What if the hospital were another one: plan that, and compare.

A doctor more or less, a longer session, another room, other weights: the other instance is planned
from the same plan, as far as that is possible there, and nothing is taken as promised. What it says
is as good as the time that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from scheduler.domain import Assignment, Plan, Unassigned, Value
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance
from scheduler.online import Move
from scheduler.repair import difference
from scheduler.solver import Progress, solve


class Outcome(Value):
    """Another instance's `plan`, and how it differs: points by rule (more is worse), how many have a
    slot now and had none, and the other way round, and who moves."""

    plan: Plan
    more: dict[str, int]
    placed: tuple[Assignment, ...]
    unplaced: tuple[Unassigned, ...]
    moved: tuple[Move, ...]

    @property
    def points(self) -> int:
        """How much dearer the other plan is; negative where it is cheaper."""
        return sum(self.more.values())


def what_if(
    plan: Plan,
    other: Instance,
    *,
    seconds: float,
    workers: int = 2,
    deterministic: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Plan `other`, beginning with a plan that was made for what is there now.

    Raises:
        InvalidInstance: a price of the other instance is out of range.
    """
    found = solve(
        other,
        seconds=seconds,
        workers=workers,
        start=plan,
        deterministic=deterministic,
        on_progress=on_progress,
    )
    rules = sorted({*plan.by_rule, *found.by_rule})
    changes = difference(plan, found)
    return Outcome(
        plan=found,
        more={rule: found.by_rule.get(rule, 0) - plan.by_rule.get(rule, 0) for rule in rules},
        placed=changes.placed,
        unplaced=changes.unplaced,
        moved=changes.moved,
    )


def without(instance: Instance, practitioners: Collection[str]) -> Instance:
    """The instance with no session of these practitioners.

    Raises:
        InvalidInstance: somebody has none to begin with.
    """
    people = {session.practitioner for session in instance.sessions}
    for who in practitioners:
        if who not in people:
            raise InvalidInstance(f"{who} has no session here; nothing is lost without them")
    kept = tuple(s for s in instance.sessions if s.practitioner not in practitioners)
    return instance.model_copy(update={"sessions": kept})
