"""Plans, differences and reasons in plain English, for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.table import Table

from scheduler.domain import Assignment, Plan, Scarcity, Slot, Unassigned

if TYPE_CHECKING:
    from scheduler.obstacles import Obstacle
    from scheduler.online import Move, Offer
    from scheduler.reasons import WhyNot, WhySlot, WhyUnplaced
    from scheduler.repair import Changes
    from scheduler.validation import Report
    from scheduler.whatif import Outcome

WITHOUT_SLOT = {
    "emergency": "an emergency is never planned",
    "no_clinic": "no session of its departments is long and late enough",
    "not_eligible": "its skills, room, equipment or promises to others close every slot",
    "pin_impossible": "its pin breaks a rule: a person must decide",
    "full": "every slot that it may have is somebody's",
    "too_dear": "a slot is free, but costs more than going without",
}
BLOCKED = {
    "emergency": "an emergency is never planned",
    "own_pin": "its own appointment is pinned elsewhere",
    "grid": "appointments start on the ten-minute grid only",
    "opening": "no session of that doctor in an accepted department holds the visit then",
    "earliest": "the patient cannot come so early",
    "works_in_department": "the doctor does not work in {who}",
    "skill": "the doctor lacks the skill: {who}",
    "wheelchair_room": "the room lets no wheelchair in: {who}",
    "commitment": "the doctor's time is promised already",
    "room": "nobody can be seen in {who}",
    "equipment": "there is none of it: {who}",
    "pinned": "may not be moved: {who}",
}
HELD = {
    "practitioner": "the doctor sees {who}",
    "patient": "the patient is elsewhere: {who}",
    "room": "the room is taken: {who}",
    "equipment": "the equipment is taken: {who}",
}
KINDS = {"best": "Best", "other_practitioner": "Another doctor", "other_time": "Another time"}
MOST_NAMED = 5


# --- plans ----------------------------------------------------------------------------------------


def rules_table(by_rule: Mapping[str, int]) -> Table:
    """What a plan costs by each rule, the dearest first."""
    table = Table("rule", "points", "share")
    for column in table.columns[1:]:
        column.justify = "right"
    objective = sum(by_rule.values())
    for rule, points in sorted(by_rule.items(), key=lambda one: (-one[1], one[0])):
        if points:
            table.add_row(rule, f"{points:,}", f"{points / max(objective, 1):.1%}")
    table.add_section()
    table.add_row("objective", f"{objective:,}", "")
    return table


def bound(plan: Plan) -> str:
    """How much a better plan could save."""
    if not plan.bound < plan.objective:
        return f"bound {plan.bound:,}: no plan is better"
    if plan.bound <= 0:
        return "no bound is known"
    return f"bound {plan.bound:,}, gap {gap(plan.gap)}"


def gap(share: float) -> str:
    """A gap in percent."""
    return f"{share:.2%}"


def hospital(name: str, report: Report, plan: Plan) -> str:
    """One plan of several, in a line."""
    if not report.feasible:
        return f"{name}: infeasible: {report.violations[0]}"
    score = bound(plan.model_copy(update={"objective": report.objective}))
    placed = f"{len(plan.assignments):,} with a slot, {len(plan.unassigned):,} without"
    return f"{name}: objective {report.objective:,}, {score}; {placed}"


def answered(plan: Plan) -> Iterator[str]:
    """How many have a slot, and why the others have none."""
    yield f"{len(plan.assignments):,} with a slot, {len(plan.unassigned):,} without"
    for reason, times in Counter(one.reason for one in plan.unassigned).most_common():
        yield f"  {times:,}: {WITHOUT_SLOT[reason]}"


def without_slot(unassigned: Unassigned) -> str:
    """Who has no slot, and why."""
    return f"{unassigned.request} is without a slot: {WITHOUT_SLOT[unassigned.reason]}"


# --- slots and what differs -----------------------------------------------------------------------


def moment(at: datetime) -> str:
    """A time with its day, without anybody's locale."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.weekday()]
    return f"{day} {at:%Y-%m-%d %H:%M}"


def place(slot: Slot) -> str:
    """A doctor, a department and a time."""
    room = f", {slot.location}" if slot.location else ""
    return f"{slot.practitioner} ({slot.department}{room}), {moment(slot.start)}–{slot.end:%H:%M}"


def shift(minutes: int) -> str:
    """How much later or earlier something is."""
    if minutes == 0:
        return "the same time"
    days, rest = divmod(abs(minutes), 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (rest, "min")) if n]
    return f"{' '.join(parts)} {'later' if minutes > 0 else 'earlier'}"


def move(moved: Move) -> str:
    """Who goes from where to where."""
    later = shift((moved.after.start - moved.before.start) // timedelta(minutes=1))
    return f"{moved.request} moves from {place(moved.before)} to {place(moved.after)}: {later}"


def difference(changes: Changes) -> Iterator[str]:
    """A repair: who moves, who stays, who is left without a slot and why."""
    yield (
        f"{len(changes.moved):,} moved, {changes.kept:,} stay where they are, "
        f"{len(changes.unplaced):,} left without a slot, {len(changes.placed):,} newly placed"
    )
    yield from map(move, changes.moved)
    yield from map(without_slot, changes.unplaced)
    for placed in changes.placed:
        yield f"{placed.request} now has a slot: {place(placed.slot)}"


def outcome(found: Outcome) -> Iterator[str]:
    """What would be otherwise."""
    there, here = found.plan.objective, found.plan.objective - found.points
    yield f"objective {here:,} as it is, {there:,} there ({found.points:+,}); {bound(found.plan)}"
    if changed := {rule: more for rule, more in found.more.items() if more}:
        ordered = sorted(changed.items(), key=lambda one: (-abs(one[1]), one[0]))
        yield "  by rule: " + ", ".join(f"{rule} {more:+,}" for rule, more in ordered)
    yield f"{len(found.moved):,} would have another slot"
    for assignment in found.placed:
        yield f"{assignment.request} would have a slot: {place(assignment.slot)}"
    for unassigned in found.unplaced:
        yield f"{unassigned.request} would have none: {WITHOUT_SLOT[unassigned.reason]}"


def offer(rank: int, offered: Offer) -> Iterator[str]:
    """An offer, what it costs, and how it differs from the best."""
    assignment = offered.assignment
    yield f"{rank}. {KINDS[offered.kind]}: {place(assignment.slot)}"
    yield f"   {assignment.cost:,} points: {costs(assignment)}"
    if differs := offered.difference:
        parts = [shift(differs.minutes_later)]
        parts += ["another doctor"] if differs.practitioner else []
        parts += ["of another sex"] if differs.sex else []
        parts += ["another department"] if differs.department else []
        yield f"   {', '.join(parts)}, {differs.cost:+,} points"
    for moved in offered.moves:
        yield f"   if {move(moved)}"


def costs(assignment: Assignment) -> str:
    """What a slot pays by which rule."""
    paid = [f"{rule} {points:,}" for rule, points in assignment.costs.items() if points]
    return ", ".join(paid) or "nothing to pay"


# --- reasons --------------------------------------------------------------------------------------


def why_here(request: str, slot: Slot, facts: WhySlot) -> Iterator[str | Table]:
    """What speaks for a slot."""
    paid = sum(reason.points for reason in facts.reasons)
    yield f"{request} is with {place(slot)}, for {paid:,} points"
    yield (
        f"slots open to it: {facts.open_slots:,} with its own, {facts.earlier_slots:,} earlier; "
        f"others take {facts.load:.0%} of this doctor's day"
    )
    if other := facts.alternative:
        yield f"best other slot: {place(other.slot)}, {other.difference:+,} points"
    table = Table("rule", "here", "best other", "least of the open", "least of all allowed")
    for column in table.columns[1:]:
        column.justify = "right"
    for reason in facts.reasons:
        figures = (reason.points, reason.alternative, reason.best, reason.least)
        if any(figures):
            table.add_row(reason.rule, *("" if n is None else f"{n:,}" for n in figures))
    yield table


def why_without(request: str, facts: WhyUnplaced) -> Iterator[str]:
    """Why somebody has no slot, and what would have helped."""
    yield f"{request} has no slot, for {facts.points:,} points: {WITHOUT_SLOT[facts.reason]}"
    if facts.free:
        yield f"cheapest free slot: {place(facts.free.slot)}, for {facts.free.points:,} points"
    if facts.cheapest:
        yield f"it would like best: {place(facts.cheapest)}"
    pin = facts.reason == "pin_impossible"
    yield from (f"  {obstacle(one, BLOCKED if pin else HELD)}" for one in facts.by)
    yield from map(scarce, facts.scarcity)


def why_not_there(request: str, practitioner: str, at: datetime, facts: WhyNot) -> Iterator[str]:
    """What it would take to give somebody a slot, and who would pay."""
    there = place(facts.slot) if facts.slot else f"{practitioner}, {moment(at)}"
    if facts.status == "here":
        yield f"{request} is there: {there}"
        return
    if facts.status == "blocked":
        yield f"{request} cannot be with {there}:"
        yield from (f"  {obstacle(one, BLOCKED)}" for one in facts.by)
        return
    by_rule = ", ".join(f"{rule} {points:+,}" for rule, points in facts.by_rule.items())
    yield f"{request} could be with {there}, and the plan would cost {facts.price:+,} points"
    yield f"  by rule: {by_rule or 'nothing changes'}"
    for payer in facts.pays:
        before, after = (place(slot) if slot else "no slot" for slot in (payer.before, payer.after))
        paid = f"{payer.points_before:,} to {payer.points_after:,} points"
        yield f"  {payer.request}: {before} → {after}, {paid}"


def obstacle(one: Obstacle, words: Mapping[str, str]) -> str:
    """What stands in the way, and who that is."""
    return words.get(one.rule, one.rule + ": {who}").format(who=_named(one.who))


def scarce(one: Scarcity) -> str:
    """An hour in which more time would have helped."""
    return (
        f"more time of {one.kind} {one.resource} in the hour from {moment(one.start)} "
        f"would save up to {one.points:,} points for ten minutes"
    )


def _named(who: Iterable[str]) -> str:
    names = list(who)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
