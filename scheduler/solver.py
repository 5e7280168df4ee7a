"""`solve(instance)` → the best `Plan` that CP-SAT finds, with its proven bound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from ortools.sat.python import cp_model

from scheduler.domain import GRID, Assignment, Plan, Unassigned
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, candidates
from scheduler.rules import price_of_no_slot

Options = Mapping[str, tuple[Assignment, ...]]
"""The slots of each request that enter the model, cheapest first; never none."""


def solve(
    instance: Instance,
    *,
    seconds: float = 5.0,
    seed: int = 0,
    workers: int = 1,
    allowed: Callable[[Assignment], bool] = lambda _: True,
) -> Plan:
    """Give every request one slot that is `allowed`, or none, at the least total cost.

    With one worker, the same instance and seed give the same plan unless `seconds` run out first;
    then it is the best so far, at worst a plan that serves the most urgent first. `seconds` limit
    the search alone: preparing some hundred requests takes time of its own.

    Raises:
        InvalidInstance: the model is contradictory or out of CP-SAT's range.
    """
    options, unassigned = _options(instance, allowed)
    without = {r.id: price_of_no_slot(r, instance.weights) for r in instance.requests}
    outside = sum(without[u.request] for u in unassigned)  # those who never enter the model
    bound = sum(min(without[r], offered[0].cost) for r, offered in options.items())

    model, chosen = _model(options, without)
    start = _in_turn(instance, options)
    for option, literal in chosen:
        model.add_hint(literal, start.get(option.request) is option)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = workers
    solver.parameters.cp_model_probing_level = 0  # it took most of the time and found nothing
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        assignments = [a for a, literal in chosen if solver.boolean_value(literal)]
        bound = max(bound, round(solver.best_objective_bound))
    elif status == cp_model.UNKNOWN:  # out of time before the first plan
        assignments = list(start.values())
    else:
        raise InvalidInstance(f"no plan: the solver answered {solver.status_name(status)}")
    placed = {assignment.request for assignment in assignments}
    unassigned += [Unassigned(request=r, reason="full") for r in options if r not in placed]
    return _plan(assignments, unassigned, without, bound + outside)


def _plan(
    assignments: list[Assignment],
    unassigned: list[Unassigned],
    without: Mapping[str, int],
    bound: int,
) -> Plan:
    by_rule = Counter(unplaced=sum(without[u.request] for u in unassigned))
    for assignment in assignments:
        by_rule.update(assignment.costs)
    return Plan(
        objective=sum(by_rule.values()),
        bound=bound,
        by_rule=dict(by_rule),
        assignments=tuple(assignments),
        unassigned=tuple(unassigned),
    )


def _model(
    options: Options, without: Mapping[str, int]
) -> tuple[cp_model.CpModel, list[tuple[Assignment, cp_model.IntVar]]]:
    """One literal for each slot of each request, and one for having none."""
    model = cp_model.CpModel()
    taken: dict[tuple[str, datetime], list[cp_model.IntVar]] = defaultdict(list)
    chosen, terms = [], []
    for request, offered in options.items():
        none = model.new_bool_var(f"{request}:unplaced")
        literals = [model.new_bool_var(f"{request}:{i}") for i in range(len(offered))]
        model.add_exactly_one([*literals, none])
        terms.append(without[request] * none)
        for option, literal in zip(offered, literals, strict=True):
            chosen.append((option, literal))
            terms.append(option.cost * literal)
            for step in _steps(option):
                taken[step].append(literal)
    for literals in taken.values():
        model.add_at_most_one(literals)
    model.minimize(cp_model.LinearExpr.sum(terms))
    return model, chosen


def _options(
    instance: Instance, allowed: Callable[[Assignment], bool]
) -> tuple[Options, list[Unassigned]]:
    """The slots that each request may have, and the requests that may have none at all."""
    options, unassigned = {}, []
    idle = instance.model_copy(update={"commitments": ()})
    for request in instance.requests:
        if request.acuity <= 1:
            unassigned.append(Unassigned(request=request.id, reason="emergency"))
        elif offered := tuple(filter(allowed, candidates(instance, request))):
            options[request.id] = offered
        elif candidates(idle, request):
            unassigned.append(Unassigned(request=request.id, reason="full"))
        else:
            unassigned.append(Unassigned(request=request.id, reason="no_clinic"))
    return _that_matter(options), unassigned


def _that_matter(options: Options) -> Options:
    """Leave out slots too dear for any best plan to need, so that the model stays small.

    No moment lies in more than `crowd` slots of a request. The others fill `elsewhere` moments at
    most, and so take at most `crowd * elsewhere` of its slots: one of the cheapest
    `crowd * elsewhere + 1` stays free, and a best plan needs none beyond.
    """
    longest = {r: max(len(list(_steps(o))) for o in offered) for r, offered in options.items()}
    matter = {}
    for request, offered in options.items():
        crowd = max(Counter(step for option in offered for step in _steps(option)).values())
        elsewhere = sum(longest.values()) - longest[request]
        matter[request] = offered[: crowd * elsewhere + 1]
    return matter


def _in_turn(instance: Instance, options: Options) -> dict[str, Assignment]:
    """The most urgent first, each in the cheapest slot that is still free."""
    assignments: dict[str, Assignment] = {}
    taken: set[tuple[str, datetime]] = set()
    for request in sorted(instance.requests, key=lambda request: request.acuity):
        offered = options.get(request.id, ())
        free = (option for option in offered if taken.isdisjoint(_steps(option)))
        if assignment := next(free, None):
            assignments[request.id] = assignment
            taken.update(_steps(assignment))
    return assignments


def _steps(option: Assignment) -> Iterator[tuple[str, datetime]]:
    """The time that a slot takes: each step of the grid, of this practitioner."""
    for step in range((option.slot.end - option.slot.start) // GRID):
        yield option.slot.practitioner, option.slot.start + step * GRID
