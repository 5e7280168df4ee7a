"""Why a slot: recomputed from the rules' prices, as facts that `assistant.explain` words."""

from __future__ import annotations

from scheduler.domain import Assignment, Value
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, candidates, share_promised


class SlotReason(Value):
    """One rule's part in a choice.

    `points` is what the rule charges for the chosen slot, `best` the least that it would charge for
    any slot that the hard rules allow: where they are equal, the rule got what it wants.
    """

    rule: str
    points: int
    best: int

    @property
    def satisfied(self) -> bool:
        """True where no other slot would please this rule more."""
        return self.points == self.best


class WhySlot(Value):
    """What speaks for an assignment, by rule, and what stood open besides.

    `load` is how much of the session was promised before, 0 to 1.
    """

    reasons: tuple[SlotReason, ...]
    open_slots: int
    earlier_slots: int
    load: float


def why(instance: Instance, assignment: Assignment) -> WhySlot:
    """Recompute the choice against every slot that this request could have had.

    Raises:
        InvalidInstance: the instance knows no such request, or no session that holds the slot.
    """
    request = next((r for r in instance.requests if r.id == assignment.request), None)
    if request is None:
        raise InvalidInstance(f"there is no request {assignment.request}")
    offered = candidates(instance, request)
    reasons = tuple(
        SlotReason(
            rule=rule,
            points=points,
            best=min((other.costs[rule] for other in offered), default=points),
        )
        for rule, points in assignment.costs.items()
    )
    earlier = sum(other.slot.start < assignment.slot.start for other in offered)
    return WhySlot(
        reasons=reasons,
        open_slots=len(offered),
        earlier_slots=earlier,
        load=share_promised(instance, assignment.slot),
    )
