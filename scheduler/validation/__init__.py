"""Checks and scores any plan in plain Python, without the solver and without the rules' own code.

Every rule stands here a second time on purpose: a mistake in one shows as a disagreement.
`feasibility` finds broken hard rules, `scores` prices the soft ones, and `excuses` tells whether
those without a slot were given the true reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scheduler.domain import Value
from scheduler.validation.excuses import untrue
from scheduler.validation.feasibility import broken, overlaps
from scheduler.validation.lookup import Lookup
from scheduler.validation.scores import scores, visit_costs

if TYPE_CHECKING:
    from scheduler.domain import Plan
    from scheduler.instance import Instance

__all__ = ["Report", "check"]


class Report(Value):
    """What the checker found: each violation in words, and the score by rule in points."""

    violations: tuple[str, ...]
    by_rule: dict[str, int]

    @property
    def feasible(self) -> bool:
        """True where no hard rule is broken and every request is answered truly."""
        return not self.violations

    @property
    def objective(self) -> int:
        """The sum over all soft rules, the unplaced included."""
        return sum(self.by_rule.values())


def check(instance: Instance, plan: Plan) -> Report:
    """Recompute feasibility and score of `plan` from the instance alone, whatever it claims.

    Whoever is not placed counts as unplaced; whoever is placed twice is scored where they are
    first.
    """
    lookup = Lookup(instance)
    violations = list(_unanswered(lookup, plan))
    for assignment in plan.assignments:
        if request := lookup.requests.get(assignment.request):
            violations += broken(lookup, request, assignment.slot)
    violations += overlaps(lookup, plan)
    violations += untrue(lookup, plan)
    by_rule = scores(lookup, plan)
    violations += _false_claims(lookup, plan, by_rule)
    return Report(violations=tuple(violations), by_rule=by_rule)


def _unanswered(lookup: Lookup, plan: Plan) -> Iterator[str]:
    answers = Counter(assignment.request for assignment in plan.assignments)
    answers.update(unassigned.request for unassigned in plan.unassigned)
    for request, times in answers.items():
        if times > 1:
            yield f"{request}: answered more than once"
        if request not in lookup.requests:
            yield f"{request}: not in the instance"
    yield from (f"{r}: neither placed nor explained" for r in lookup.requests if r not in answers)


def _false_claims(lookup: Lookup, plan: Plan, by_rule: dict[str, int]) -> Iterator[str]:
    """Figures of the plan that are not so. One without any figures claims nothing."""
    for assignment in plan.assignments:
        request = lookup.requests.get(assignment.request)
        true = visit_costs(lookup, request, assignment.slot) if request else {}
        for rule, points in assignment.costs.items():
            if points != true.get(rule, points):
                yield f"{assignment.request}: costs {true[rule]} by {rule}, not {points}"
    if plan.by_rule or plan.objective:
        for rule in sorted(by_rule.keys() | plan.by_rule.keys()):
            said, points = plan.by_rule.get(rule, 0), by_rule.get(rule, 0)
            if said != points:
                yield f"{rule} is {points}, not {said}"
        if plan.objective != sum(by_rule.values()):
            yield f"the objective is {sum(by_rule.values())}, not {plan.objective}"
    if plan.bound > sum(by_rule.values()):
        yield f"the bound {plan.bound} is above the objective {sum(by_rule.values())}"
