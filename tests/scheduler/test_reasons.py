"""Why a slot, why none, why not another: every reason is put to the test on the checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from scheduler.board import UNPLACED, Board
from scheduler.construction import place_by_priority
from scheduler.domain import GRID, Plan, Room, Scarcity, Session, Slot
from scheduler.errors import InvalidInstance
from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.obstacles import Obstacle
from scheduler.reasons import SlotReason, WhyNot, WhySlot, why, why_not, why_unplaced
from scheduler.table import Table
from scheduler.validation import check
from tests.scheduler.builders import (
    a_commitment,
    a_machine,
    a_plan,
    a_practitioner,
    a_request,
    a_room,
    a_session,
    a_slot,
    an_instance,
    at,
    board_with,
    column,
    pinned,
    placed,
    plan_of,
    slots_of,
)
from tests.scheduler.strategies import boards, free_columns

TWO_DOCTORS = [a_session(who="dr-li"), a_session("14:00", "15:00", who="dr-wu")]
SEEDS = st.integers(0, 2**16)


def by_rule(facts: WhySlot) -> dict[str, SlotReason]:
    """The reasons by the names of their rules."""
    return {reason.rule: reason for reason in facts.reasons}


def why_best(instance: Instance) -> tuple[WhySlot, dict[str, SlotReason]]:
    """Why the first request got its slot, where everybody in turn takes the best."""
    board = Board(Table(instance))
    place_by_priority(board)
    facts = why(board, instance.requests[0].id)
    return facts, by_rule(facts)


def obstacles(instance: Instance, start: str = "09:00", who: str = "dr-li") -> tuple[Obstacle, ...]:
    """What stands between the first request and a slot, where nobody but the pinned has one."""
    return why_not(Board(Table(instance)), instance.requests[0].id, who, at(start)).by


def state(board: Board) -> list[list[int]]:
    """All that a board keeps up to date."""
    kept = (board.left, board.at, board.paid, board.load, board.elective, board.waited)
    return [array.ravel().tolist() for array in kept]


def checked(instance: Instance, slots: dict[str, Slot]) -> Plan:
    """The plan that gives everybody these slots, which the checker finds nothing against."""
    plan = a_plan(*(placed(slot, request) for request, slot in slots.items()))
    board = replanned(instance, plan)
    assert slots_on(board) == slots
    plan = plan_of(board)
    report = check(instance, plan)
    assert report.violations == ()
    return plan.model_copy(update={"objective": report.objective, "by_rule": report.by_rule})


def slots_on(board: Board) -> dict[str, Slot]:
    """Who has which slot."""
    return {assignment.request: assignment.slot for assignment in board.assignments()}


# --- why ------------------------------------------------------------------------------------------


def test_a_wish_that_was_granted_is_satisfied() -> None:
    _, reasons = why_best(an_instance(a_request(practitioner="dr-wu"), sessions=TWO_DOCTORS))
    assert reasons["wish_practitioner"].points == 0
    assert reasons["wish_practitioner"].satisfied


def test_a_wish_that_was_outweighed_is_not_satisfied() -> None:
    wish = a_request(practitioner="dr-wu", acuity=2, due_by="09:00")
    _, reasons = why_best(an_instance(wish, sessions=TWO_DOCTORS, wish_practitioner=100))
    outweighed = reasons["wish_practitioner"]
    assert (outweighed.points, outweighed.best, outweighed.satisfied) == (100, 0, False)


def test_a_wish_that_nobody_could_grant_is_as_satisfied_as_can_be() -> None:
    _, reasons = why_best(an_instance(a_request(practitioner="dr-who"), sessions=TWO_DOCTORS))
    impossible = reasons["wish_practitioner"]
    assert (impossible.points, impossible.best, impossible.satisfied) == (900, 900, True)


def test_a_wish_that_others_took_is_satisfied_but_could_be_met_if_they_were_not_there() -> None:
    instance = an_instance(
        a_request("ann", practitioner="dr-wu"),
        a_request("bob", minutes=60),
        sessions=TWO_DOCTORS,
    )
    board = board_with(instance, a_slot(), a_slot("14:00", "15:00", who="dr-wu"))
    wish = by_rule(why(board, "ann"))["wish_practitioner"]
    assert (wish.points, wish.best, wish.least, wish.satisfied) == (900, 900, 0, True)


def test_the_earliest_slot_passes_none_over() -> None:
    facts, reasons = why_best(an_instance())
    assert (facts.open_slots, facts.earlier_slots) == (5, 0)
    assert reasons["waiting"].satisfied


def test_a_later_slot_passes_the_earlier_ones_over() -> None:
    facts, reasons = why_best(
        an_instance(
            a_request(sex="male"),
            sessions=TWO_DOCTORS,
            practitioners=[a_practitioner("dr-wu", sex="male")],
        )
    )
    assert (facts.open_slots, facts.earlier_slots) == (10, 5)
    assert not reasons["waiting"].satisfied


def test_promised_time_is_not_open() -> None:
    facts, _ = why_best(an_instance(commitments=[a_commitment("09:00", "09:30")]))
    assert facts.open_slots == 2


def test_time_of_others_is_not_open() -> None:
    board = board_with(
        an_instance(a_request("ann"), a_request("bob")), a_slot(), a_slot("09:30", "09:50")
    )
    assert why(board, "ann").open_slots == 2


@pytest.mark.parametrize("weight", [60, 1, 0])
def test_the_load_is_what_others_take_of_the_doctor_s_day_whatever_it_weighs(weight: int) -> None:
    promised = [a_commitment("09:30", "09:40"), a_commitment("09:30", "09:40")]
    instance = an_instance(a_request("ann"), a_request("bob"), commitments=promised, load=weight)
    board = board_with(instance, a_slot(), a_slot("09:40", "10:00"))
    assert why(board, "ann").load == 0.5


def test_the_alternative_is_the_cheapest_other_free_slot_and_what_it_adds() -> None:
    facts = why(board_with(an_instance(load=0), a_slot()), "ann")
    assert facts.alternative is not None
    assert facts.alternative.slot == a_slot("09:10", "09:30")
    assert facts.alternative.difference == by_rule(facts)["waiting"].alternative == 1


def test_a_plan_that_could_be_better_has_a_cheaper_alternative() -> None:
    facts = why(board_with(an_instance(load=0), a_slot("09:30", "09:50")), "ann")
    assert facts.alternative is not None
    assert facts.alternative.slot == a_slot()
    assert facts.alternative.difference < 0


def test_the_only_slot_has_no_alternative() -> None:
    facts = why(board_with(an_instance(a_request(minutes=60)), a_slot("09:00", "10:00")), "ann")
    assert facts.alternative is None
    assert {reason.alternative for reason in facts.reasons} == {None}


def test_what_is_pinned_has_no_alternative() -> None:
    facts = why(Board(Table(an_instance(pinned(slot=a_slot("09:20", "09:40"))))), "ann")
    assert facts.alternative is None
    assert (facts.open_slots, facts.earlier_slots) == (1, 0)
    assert all(reason.points == reason.best == reason.least for reason in facts.reasons)


def test_there_is_no_why_for_a_stranger() -> None:
    with pytest.raises(InvalidInstance, match="no request zoe"):
        why(board_with(an_instance(), a_slot()), "zoe")


def test_there_is_no_why_for_somebody_without_a_slot() -> None:
    with pytest.raises(InvalidInstance, match="ann has no slot"):
        why(board_with(an_instance()), "ann")


def test_somebody_who_came_later_has_reasons_too() -> None:
    board = board_with(an_instance(a_request("ann")), a_slot())
    number = board.table.add(a_request("bob"))
    board.grow()
    board.place(number, column(board.table, a_slot("09:20", "09:40"), number))
    assert why(board, "bob").open_slots == 3
    assert why_not(board, "bob", "dr-li", at("09:00")).status == "possible"


def its_part(board: Board, request: str) -> dict[str, int]:
    """What the checker's score is more by, by each rule, than without this visit."""
    instance, slots = board.table.instance, slots_on(board)
    with_it = check(instance, a_plan(*(placed(s, r) for r, s in slots.items()))).by_rule
    slots.pop(request)
    without = check(instance, a_plan(*(placed(s, r) for r, s in slots.items()))).by_rule
    return {rule: with_it[rule] - without[rule] for rule in with_it if rule != "unplaced"}


@given(boards())
def test_reasons_add_up_to_what_the_checker_says_the_visit_costs(board: Board) -> None:
    instance, before = board.table.instance, state(board)
    for assignment in list(board.assignments()):
        facts = why(board, assignment.request)
        points = {reason.rule: reason.points for reason in facts.reasons}
        assert points == its_part(board, assignment.request)
        assert assignment.costs.items() <= points.items()
        assert all(reason.least <= reason.best <= reason.points for reason in facts.reasons)
        assert 0 <= facts.earlier_slots < facts.open_slots
        assert 0 <= facts.load <= 1
        if facts.alternative:
            event("has an alternative")
            instead = slots_on(board) | {assignment.request: facts.alternative.slot}
            difference = checked(instance, instead).objective - board.cost
            assert difference == facts.alternative.difference
    assert state(board) == before


@given(boards())
def test_no_other_free_slot_is_cheaper_than_the_alternative(board: Board) -> None:
    for assignment in list(board.assignments()):
        request = board.table.number[assignment.request]
        if board.fixed[request]:
            continue
        facts = why(board, assignment.request)
        trial = board.copy()
        mine = trial.remove(request)
        free = free_columns(trial, request)
        here = trial.added(request, mine)
        others = [trial.added(request, other) - here for other in free if other != mine]
        assert len(free) == facts.open_slots
        assert (facts.alternative.difference if facts.alternative else None) == min(
            others, default=None
        )


# --- why without a slot ---------------------------------------------------------------------------


def test_somebody_else_has_the_slot_that_would_be_best() -> None:
    instance = an_instance(a_request("ann"), a_request("bob", minutes=60))
    board = board_with(instance, None, a_slot("09:00", "10:00"))
    facts = why_unplaced(board, "ann")
    assert (facts.reason, facts.cheapest, facts.free) == ("full", a_slot(), None)
    assert facts.by == (Obstacle(rule="practitioner", who=("bob",)),)


def test_a_room_a_machine_and_the_patient_can_be_taken_by_different_people() -> None:
    here, there = a_slot(location="room-1"), a_slot(who="dr-wu", location="room-1")
    elsewhere = a_slot(who="dr-xu")
    instance = an_instance(
        a_request("ann", equipment=("ecg",), patient="somebody"),
        a_request("bob"),
        a_request("cy", equipment=("ecg",), patient="somebody"),
        sessions=[
            a_session("09:00", "09:20", location="room-1"),
            a_session("09:00", "09:20", who="dr-wu", location="room-1"),
            a_session("09:00", "09:20", who="dr-xu"),
        ],
        rooms=[a_room()],
        equipment=[a_machine()],
        wish_practitioner=900,
    )
    board = board_with(instance, None, there, elsewhere)
    facts = why_unplaced(board, "ann")
    assert facts.cheapest == here
    assert {(one.rule, one.who) for one in facts.by} == {
        ("room", ("bob",)),
        ("equipment", ("cy",)),
        ("patient", ("cy",)),
    }


def test_a_free_slot_may_be_too_dear() -> None:
    instance = an_instance(unplaced=1, waiting_per_hour=600, load=0)
    facts = why_unplaced(board_with(instance), instance.requests[0].id)
    assert (facts.reason, facts.points, facts.by) == ("too_dear", 1, ())
    assert facts.free is not None
    assert (facts.free.slot, facts.free.points) == (a_slot(), 0)


def test_nobody_has_what_no_clinic_offers() -> None:
    facts = why_unplaced(board_with(an_instance(a_request(earliest="12:00"))), "ann")
    assert (facts.reason, facts.cheapest, facts.by, facts.free) == ("no_clinic", None, (), None)


def test_an_emergency_waits_for_no_slot() -> None:
    facts = why_unplaced(board_with(an_instance(a_request(acuity=1))), "ann")
    assert (facts.reason, facts.points, facts.cheapest) == ("emergency", 0, None)


def test_an_impossible_pin_names_what_is_against_it() -> None:
    busy = an_instance(pinned(), commitments=[a_commitment("09:10", "09:20")])
    facts = why_unplaced(Board(Table(busy)), "ann")
    assert (facts.reason, facts.cheapest) == ("pin_impossible", a_slot())
    assert facts.by == (Obstacle(rule="commitment"),)


def test_more_of_what_its_slots_need_would_have_helped() -> None:
    instance = an_instance(
        a_request("ann", minutes=30, equipment=("ecg",)),
        sessions=[a_session("09:00", "10:30", location="room-1")],
        rooms=[a_room("room-1"), a_room("room-2")],
        equipment=[a_machine("ecg"), a_machine("endoscope")],
    )

    def dear(resource: str, kind: Any, hour: str, points: int) -> Scarcity:
        return Scarcity(resource=resource, kind=kind, start=at(hour), points=points)

    hers = [
        dear("ecg", "equipment", "10:00", 70),
        dear("room-1", "room", "09:00", 60),
        dear("cardiology", "department", "09:00", 50),
        dear("cardiology", "department", "10:00", 40),
    ]
    others = [
        dear("cardiology", "department", "11:00", 90),
        dear("neurology", "department", "09:00", 90),
        dear("room-2", "room", "09:00", 90),
        dear("endoscope", "equipment", "09:00", 90),
    ]
    board = board_with(instance)
    assert why_unplaced(board, "ann", (*reversed(hers), *others)).scarcity == tuple(hers)
    more = [dear("ecg", "equipment", "09:00", 30), dear("room-1", "room", "10:00", 20)]
    assert why_unplaced(board, "ann", (*more, *hers)).scarcity == (*hers, more[0])


def test_there_is_no_such_why_for_a_stranger_or_for_somebody_with_a_slot() -> None:
    board = board_with(an_instance(), a_slot())
    with pytest.raises(InvalidInstance, match="no request zoe"):
        why_unplaced(board, "zoe")
    with pytest.raises(InvalidInstance, match="ann has a slot"):
        why_unplaced(board, "ann")


@given(boards())
def test_the_reason_is_the_plan_s_and_without_the_holders_the_slot_is_free(board: Board) -> None:
    for unassigned in board.unassigned():
        facts = why_unplaced(board, unassigned.request)
        event(facts.reason)
        assert facts.reason == unassigned.reason
        assert (facts.free is not None) == (
            facts.reason == "too_dear"
        ) or facts.reason == "pin_impossible"
        if facts.cheapest and facts.reason != "pin_impossible":
            request = board.table.number[unassigned.request]
            liked = column(board.table, facts.cheapest, request)
            assert board.is_free(request, liked) == (not facts.by)
            without = board.copy()
            for holder in {who for one in facts.by for who in one.who}:
                without.remove(board.table.number[holder])
            assert without.is_free(request, liked)
        if facts.reason == "pin_impossible":
            assert facts.by


# --- why not: blocked -----------------------------------------------------------------------------


def test_somebody_is_where_they_are() -> None:
    answer = why_not(board_with(an_instance(), a_slot()), "ann", "dr-li", at("09:00"))
    assert (answer.status, answer.slot, answer.price) == ("here", a_slot(), None)


BLOCKED = {
    "emergency": (an_instance(a_request(acuity=1)), ()),
    "own_pin": (an_instance(pinned(slot=a_slot("09:20", "09:40"))), ()),
    "earliest": (an_instance(a_request(earliest="09:01")), ()),
    "works_in_department": (
        an_instance(practitioners=[a_practitioner(departments=("neurology",))]),
        ("cardiology",),
    ),
    "skill": (
        an_instance(
            a_request(skills=("procedure", "signing")),
            practitioners=[a_practitioner(skills=("signing",))],
        ),
        ("procedure",),
    ),
    "wheelchair_room": (
        an_instance(
            a_request(wheelchair=True), sessions=[a_session(location="room-1")], rooms=[a_room()]
        ),
        ("room-1",),
    ),
    "opening": (an_instance(sessions=[a_session(department="neurology")]), ()),
    "commitment": (an_instance(commitments=[a_commitment("08:00", "09:05")]), ()),
    "room": (
        an_instance(sessions=[a_session(location="room-1")], rooms=[a_room(capacity=0)]),
        ("room-1",),
    ),
    "equipment": (
        an_instance(
            a_request(equipment=("ecg", "endoscope")),
            equipment=[a_machine("ecg", capacity=0), a_machine("endoscope")],
        ),
        ("ecg",),
    ),
    "pinned": (an_instance(a_request("ann"), pinned("bob", a_slot("09:10", "09:30"))), ("bob",)),
}


@pytest.mark.parametrize("rule", BLOCKED)
def test_a_slot_is_blocked_by(rule: str) -> None:
    instance, who = BLOCKED[rule]
    assert obstacles(instance) == (Obstacle(rule=rule, who=who),)


@pytest.mark.parametrize("rule", BLOCKED)
def test_a_slot_is_possible_without(rule: str) -> None:
    instance, _ = BLOCKED[rule]
    blocked = why_not(Board(Table(instance)), "ann", "dr-li", at("09:00"))
    eased, start = TAKE_AWAY[rule](instance, blocked, "ann", "dr-li", at("09:00"))
    assert why_not(Board(Table(eased)), "ann", "dr-li", start).status == "possible"


def test_a_visit_does_not_begin_between_two_steps() -> None:
    assert obstacles(an_instance(), "09:05") == (Obstacle(rule="grid"),)


def test_a_visit_does_not_run_beyond_the_session() -> None:
    assert obstacles(an_instance(), "09:50") == (Obstacle(rule="opening"),)


def test_all_that_is_against_a_slot_is_named() -> None:
    instance = an_instance(
        a_request(earliest="10:00", skills=("procedure",)),
        commitments=[a_commitment("09:00", "09:10")],
    )
    assert [one.rule for one in obstacles(instance)] == ["earliest", "skill", "commitment"]


def test_a_pin_in_a_shared_room_blocks_only_the_last_place() -> None:
    sessions = [a_session(who=who, location="room-1") for who in ("dr-li", "dr-wu", "dr-xu")]
    pins = [pinned(f"pin-{who}", a_slot(who=who, location="room-1")) for who in ("dr-wu", "dr-xu")]

    def room_for(capacity: int) -> Instance:
        rooms = [a_room(capacity=capacity)]
        return an_instance(a_request("ann"), *pins, sessions=sessions, rooms=rooms)

    assert obstacles(room_for(2)) == (Obstacle(rule="pinned", who=("pin-dr-wu", "pin-dr-xu")),)
    assert obstacles(room_for(3)) == ()


def test_strangers_and_foreign_times_are_refused() -> None:
    board = board_with(an_instance(), a_slot())
    with pytest.raises(InvalidInstance, match="no request zoe"):
        why_not(board, "zoe", "dr-li", at("09:00"))
    with pytest.raises(InvalidInstance, match="no practitioner dr-who"):
        why_not(board, "ann", "dr-who", at("09:00"))
    with pytest.raises(InvalidInstance, match="offset"):
        why_not(board, "ann", "dr-li", at("09:00").astimezone())


@pytest.mark.parametrize("start", [datetime.min, at("09:00", day=-400), datetime.max])
def test_times_far_outside_are_not_open(start: datetime) -> None:
    board = board_with(an_instance(), a_slot())
    assert "opening" in {one.rule for one in why_not(board, "ann", "dr-li", start).by}


# --- why not: possible ----------------------------------------------------------------------------


def test_a_free_slot_costs_its_difference() -> None:
    board = board_with(an_instance(load=0), a_slot())
    answer = why_not(board, "ann", "dr-li", at("09:30"))
    assert (answer.status, answer.price, answer.by_rule) == ("possible", 5, {"waiting": 5})
    [ann] = answer.pays
    assert (ann.before, ann.after) == (a_slot(), a_slot("09:30", "09:50"))
    assert (ann.points_before, ann.points_after) == (0, 5)


def test_whoever_is_in_the_way_goes_to_their_next_best_place() -> None:
    instance = an_instance(a_request("ann"), a_request("bob"), load=0)
    board = board_with(instance, a_slot("09:20", "09:40"), a_slot())
    answer = why_not(board, "ann", "dr-li", at("09:00"))
    assert (answer.status, answer.price) == ("possible", 0)
    assert {one.request: one.after for one in answer.pays} == {
        "ann": a_slot(),
        "bob": a_slot("09:20", "09:40"),
    }


def test_whoever_finds_no_other_place_goes_without() -> None:
    instance = an_instance(a_request("ann"), a_request("bob", minutes=60), sessions=TWO_DOCTORS[:1])
    board = board_with(instance, None, a_slot("09:00", "10:00"))
    answer = why_not(board, "ann", "dr-li", at("09:00"))
    [ann, bob] = answer.pays
    assert (ann.before, ann.after, bob.after) == (None, a_slot(), None)
    assert ann.points_before == bob.points_after == instance.weights.unplaced


def test_several_who_are_in_the_way_are_planned_together() -> None:
    """Bob would like best what alone is left for Cy: each for himself, Cy would go without."""
    instance = an_instance(
        a_request("ann", minutes=60),
        a_request("bob", minutes=10),
        a_request("cy", minutes=10, skills=("procedure",)),
        sessions=[
            a_session(who="dr-li"),
            a_session("10:00", "10:10", who="dr-wu"),
            a_session("11:00", "11:10", who="dr-xu"),
        ],
        practitioners=[
            a_practitioner("dr-li", skills=("procedure",)),
            a_practitioner("dr-wu", skills=("procedure",)),
        ],
    )
    board = board_with(instance, None, a_slot("09:00", "09:10"), a_slot("09:10", "09:20"))
    answer = why_not(board, "ann", "dr-li", at("09:00"))
    assert {one.request: one.after and one.after.practitioner for one in answer.pays} == {
        "ann": "dr-li",
        "bob": "dr-xu",
        "cy": "dr-wu",
    }


def test_where_a_room_holds_two_only_one_of_them_makes_way() -> None:
    doctors = ("dr-li", "dr-wu", "dr-xu")
    instance = an_instance(
        *(a_request(name, minutes=60) for name in ("ann", "bob", "cy")),
        sessions=[a_session(who=who, location="room-1") for who in doctors]
        + [a_session("14:00", "15:00", who=who) for who in doctors],
        rooms=[a_room(capacity=2)],
    )
    board = board_with(
        instance,
        None,
        *(a_slot("09:00", "10:00", who=who, location="room-1") for who in doctors[1:]),
    )
    answer = why_not(board, "ann", "dr-li", at("09:00"))
    assert len(answer.pays) == 2
    assert all(one.after for one in answer.pays)


# --- faithful: what is said to be possible is, and what blocks, blocks ----------------------------


def assert_faithful(board: Board, answer: WhyNot) -> None:
    """Apply the answer: the checker finds the plan feasible, and changed by exactly the price."""
    slots = slots_on(board)
    for one in answer.pays:
        assert slots.pop(one.request, None) == one.before
    slots |= {one.request: one.after for one in answer.pays if one.after}
    before, after = board.by_rule(), checked(board.table.instance, slots)
    assert after.objective - board.cost == answer.price
    change = {rule: points - before[rule] for rule, points in after.by_rule.items()}
    assert {rule: points for rule, points in change.items() if points} == answer.by_rule
    shared = sum(answer.by_rule.get(rule, 0) for rule in ("load", "reserve", "fairness"))
    assert answer.price == shared + sum(o.points_after - o.points_before for o in answer.pays)


def assert_best(board: Board, answer: WhyNot) -> None:
    """However those who moved were planned instead, the plan would cost no less."""
    number, *others = [board.table.number[one.request] for one in answer.pays]
    trial = board.copy()
    for one in (number, *others):
        trial.remove(one)
    assert answer.slot is not None
    trial.place(number, column(board.table, answer.slot, number))
    choices = [[UNPLACED, *free_columns(trial, other)] for other in others]
    costs = []
    for chosen in product(*choices):
        attempt = trial.copy()
        if _all_fit(attempt, zip(others, chosen, strict=True)):
            costs.append(attempt.cost)
        if len(costs) > 300:
            break
    assert answer.price is not None
    assert board.cost + answer.price <= min(costs)


def _all_fit(board: Board, chosen: Iterable[tuple[int, int]]) -> bool:
    for request, where in chosen:
        if where != UNPLACED:
            if not board.is_free(request, where):
                return False
            board.place(request, where)
    return True


Question = tuple[str, str, datetime]


def anything(board: Board, seed: int) -> Iterator[Question]:
    """Everybody asks for some doctor's session, now and then for another doctor or between steps."""
    random, instance = Random(seed), board.table.instance
    for request in instance.requests:
        session = random.choice(instance.sessions)
        doctor = random.choice([session.practitioner] * 3 + [instance.practitioners[0].id])
        opens = session.start - (board.table.origin - session.start) % GRID
        late = timedelta(minutes=random.choice([0, 0, 0, 0, 0, 3]))
        yield request.id, doctor, opens + late + random.randrange(10) * GRID


def something_allowed(board: Board, seed: int) -> Iterator[Question]:
    """Everybody asks for a few slots that the rules of one visit allow."""
    random = Random(seed)
    for number, request in enumerate(board.table.requests):
        allowed = slots_of(board.table, number)
        for slot in random.sample(allowed, min(4, len(allowed))):
            yield request.id, slot.practitioner, slot.start


@given(boards(), SEEDS)
def test_what_is_possible_costs_exactly_its_price(board: Board, seed: int) -> None:
    before = state(board)
    for question in something_allowed(board, seed):
        answer = why_not(board, *question)
        assert state(board) == before
        event(answer.status)
        if answer.status == "possible":
            event(f"{len(answer.pays)} change places")
            assert (answer.pays[0].request, answer.pays[0].after) == (question[0], answer.slot)
            assert_faithful(board, answer)
            assert_best(board, answer)


@given(boards(), SEEDS)
def test_what_blocks_does_not_once_it_is_taken_away(board: Board, seed: int) -> None:
    instance, plan = board.table.instance, plan_of(board)
    for request, doctor, start in anything(board, seed):
        answer = why_not(board, request, doctor, start)
        for obstacle in answer.by:
            event(obstacle.rule)
            take = TAKE_AWAY[obstacle.rule]
            eased, moment = take(instance, answer, request, doctor, start)
            by = why_not(replanned(eased, plan), request, doctor, moment).by
            if obstacle.rule == "pinned":  # another pin, impossible until now, may have come in
                still = {who for one in by if one.rule == "pinned" for who in one.who}
                assert not still & set(obstacle.who)
            else:
                assert obstacle.rule not in {one.rule for one in by}


@given(boards(), SEEDS)
def test_without_all_that_blocks_it_becomes_possible(board: Board, seed: int) -> None:
    plan = plan_of(board)
    request, doctor, start = next(anything(board, seed))
    answer, instance = why_not(board, request, doctor, start), board.table.instance
    for _ in range(len(TAKE_AWAY) + len(instance.requests)):
        if answer.by:
            take = TAKE_AWAY[answer.by[0].rule]
            instance, start = take(instance, answer, request, doctor, start)
            answer = why_not(replanned(instance, plan), request, doctor, start)
    assert answer.status in ("possible", "here")


def replanned(instance: Instance, plan: Plan) -> Board:
    """As much of a plan as another instance allows."""
    board = Board(Table(instance))
    board.read(plan)
    return board


def _edited(things: Iterable[Any], name: str, **change: object) -> tuple[Any, ...]:
    return tuple(t.model_copy(update=change) if t.id == name else t for t in things)


def _another(instance: Instance, **change: object) -> Instance:
    fields = {name: getattr(instance, name) for name in Instance.model_fields}
    return Instance(**fields | change)


def _asks_for(what: str, value: object) -> Callable[..., tuple[Instance, datetime]]:
    def take(
        instance: Instance, _: WhyNot, request: str, __: str, start: datetime
    ) -> tuple[Instance, datetime]:
        return _another(
            instance, requests=_edited(instance.requests, request, **{what: value})
        ), start

    return take


def _has(what: str, value: object) -> Callable[..., tuple[Instance, datetime]]:
    def take(
        instance: Instance, _: WhyNot, __: str, doctor: str, start: datetime
    ) -> tuple[Instance, datetime]:
        people = _edited(instance.practitioners, doctor, **{what: value})
        return _another(instance, practitioners=people), start

    return take


def _a_ramp(
    instance: Instance, answer: WhyNot, request: str, doctor: str, start: datetime
) -> tuple[Instance, datetime]:
    where = answer.slot.location if answer.slot else None
    if where is None:
        return _asks_for("wheelchair", False)(instance, answer, request, doctor, start)
    rooms = {room.id: room for room in instance.rooms}
    room = rooms.get(where, Room(id=where, capacity=100))
    rooms[where] = room.model_copy(update={"wheelchair": True})
    return _another(instance, rooms=tuple(rooms.values())), start


def _a_session(
    instance: Instance, _: WhyNot, request: str, doctor: str, start: datetime
) -> tuple[Instance, datetime]:
    fit = next(r for r in instance.requests if r.id == request).departments[0]
    end = start + timedelta(minutes=fit.minutes)
    new = Session(start=start, end=end, practitioner=doctor, department=fit.department)
    kept = (s for s in instance.sessions if s.practitioner != doctor or not s.overlaps(new))
    return _another(instance, sessions=(*kept, new)), start


def _on_the_grid(
    instance: Instance, _: WhyNot, __: str, ___: str, start: datetime
) -> tuple[Instance, datetime]:
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return instance, start - (start - midnight) % GRID


def _no_promise(
    instance: Instance, _: WhyNot, __: str, doctor: str, start: datetime
) -> tuple[Instance, datetime]:
    others = tuple(c for c in instance.commitments if c.practitioner != doctor)
    return _another(instance, commitments=others), start


def _no_pins(
    instance: Instance, answer: WhyNot, _: str, __: str, start: datetime
) -> tuple[Instance, datetime]:
    requests = instance.requests
    for pin in next(one.who for one in answer.by if one.rule == "pinned"):
        requests = _edited(requests, pin, pinned=False)
    return _another(instance, requests=requests), start


def _one_more(kind: str) -> Callable[..., tuple[Instance, datetime]]:
    def take(
        instance: Instance, answer: WhyNot, _: str, __: str, start: datetime
    ) -> tuple[Instance, datetime]:
        rule = "room" if kind == "rooms" else kind
        things = getattr(instance, kind)
        for name in next(one.who for one in answer.by if one.rule == rule):
            things = _edited(things, name, capacity=1)
        return _another(instance, **{kind: things}), start

    return take


TAKE_AWAY: dict[str, Callable[..., tuple[Instance, datetime]]] = {
    "emergency": _asks_for("acuity", 2),
    "own_pin": _asks_for("pinned", False),
    "earliest": _asks_for("earliest", at("00:00")),
    "works_in_department": _has("departments", ()),
    "skill": _has("skills", ("procedure", "signing")),
    "wheelchair_room": _a_ramp,
    "opening": _a_session,
    "grid": _on_the_grid,
    "commitment": _no_promise,
    "pinned": _no_pins,
    "room": _one_more("rooms"),
    "equipment": _one_more("equipment"),
}


def test_reasons_are_faithful_on_a_whole_day() -> None:
    instance = generate(departments=3, practitioners=9, patients=150, seed=2)
    board, random = Board(Table(instance)), Random(3)
    place_by_priority(board)
    pushed = 0
    for request in random.sample(instance.requests, 16):
        wanted = {fit.department for fit in request.departments}
        sessions = [session for session in instance.sessions if session.department in wanted]
        session = random.choice(sessions)
        start = max(session.start, request.earliest) + random.randrange(12) * GRID
        start -= (start - session.start) % GRID
        answer = why_not(board, request.id, session.practitioner, start)
        if answer.status == "possible":
            pushed += len(answer.pays) > 1
            assert_faithful(board, answer)
        if board.slot(board.table.number[request.id]) is not None:
            facts = why(board, request.id)
            points = {reason.rule: reason.points for reason in facts.reasons}
            assert points == its_part(board, request.id)
    assert pushed > 3
