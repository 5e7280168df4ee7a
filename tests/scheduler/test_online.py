"""One more patient: the cheapest free slot, others that really differ, and nobody promised moves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.board import Board
from scheduler.domain import AppointmentRequest, Plan
from scheduler.errors import InvalidInstance
from scheduler.generation import generate
from scheduler.instance import Instance
from scheduler.online import Diary, Move, Offer, offers, offers_for
from scheduler.solver import solve
from scheduler.validation import check
from tests.scheduler.builders import (
    a_commitment,
    a_practitioner,
    a_request,
    a_session,
    a_slot,
    an_instance,
    at,
    plan_of,
)
from tests.scheduler.strategies import boards

NOBODY = Plan(objective=0, bound=0, by_rule={})
TWO_DOCTORS = [a_session(), a_session(who="dr-wu")]


def newcomer(name: str = "zoe", **particulars: object) -> AppointmentRequest:
    return a_request(name, **particulars)


def test_the_first_offer_is_the_cheapest_free_slot() -> None:
    first, *_ = offers(an_instance(commitments=[a_commitment("09:00", "09:20")]))
    assert first.assignment.slot == a_slot("09:20", "09:40")
    assert first.difference is None


def test_others_differ_as_they_say() -> None:
    sessions = [*TWO_DOCTORS, a_session("14:00", "15:00")]
    _, doctor, time = offers(an_instance(sessions=sessions))
    assert doctor.kind == "other_practitioner"
    assert doctor.difference
    assert doctor.difference.practitioner
    assert time.kind == "other_time"
    assert time.difference
    assert time.difference.minutes_later == 5 * 60
    assert time.difference.cost > 0


def test_sexes_differ_only_where_both_are_known() -> None:
    people = [a_practitioner("dr-li", sex="female"), a_practitioner("dr-wu", sex="male")]
    _, other = offers(an_instance(sessions=TWO_DOCTORS, practitioners=people))
    assert other.difference
    assert other.difference.sex
    _, other = offers(an_instance(sessions=TWO_DOCTORS, practitioners=people[:1]))
    assert other.difference
    assert not other.difference.sex


def test_an_emergency_is_never_offered_a_slot() -> None:
    with pytest.raises(InvalidInstance, match="emergency"):
        offers(an_instance(a_request(acuity=1)))


def test_offers_are_for_one_request() -> None:
    with pytest.raises(InvalidInstance, match="not for 2"):
        offers(an_instance(a_request("ann"), a_request("bob")))


def test_nothing_is_offered_where_nothing_is_free_or_all_is_too_dear() -> None:
    assert offers(an_instance(commitments=[a_commitment("09:00", "10:00")])) == ()
    assert offers(an_instance(a_request(due_by="09:00", earliest="08:00"), unplaced=5)) == ()


def test_a_patient_is_never_in_two_places_at_once() -> None:
    ann = a_request("ann").model_copy(update={"patient": "p"})
    instance = an_instance(ann, sessions=TWO_DOCTORS)
    plan = solve(instance)
    again = newcomer().model_copy(update={"patient": "p"})
    for offer in offers_for(instance, plan, again):
        assert not offer.assignment.slot.overlaps(plan.assignments[0].slot)


def test_whoever_took_nothing_may_ask_again_and_another_may_not_use_their_name() -> None:
    diary = Diary(an_instance(sessions=TWO_DOCTORS), NOBODY)
    assert diary.offers(newcomer()) == diary.offers(newcomer())
    diary.take(diary.offers(newcomer())[0])
    with pytest.raises(InvalidInstance, match="zoe already"):
        diary.offers(newcomer())


def test_a_slot_that_went_meanwhile_cannot_be_taken() -> None:
    diary = Diary(an_instance(), NOBODY)
    offer = diary.offers(newcomer())[0]
    diary.take(diary.offers(newcomer("yan"))[0])
    with pytest.raises(InvalidInstance, match="not free any more"):
        diary.take(offer)


def crowded(*, promised: bool) -> tuple[Instance, Plan]:
    """Ann could come at any time, but sits where Zoe needs to be."""
    ann = a_request("ann", minutes=20)
    if promised:
        ann = ann.model_copy(update={"held": a_slot("09:40", "10:00")})
    instance = an_instance(ann, waiting_per_hour=0)
    board = Board(Diary(instance, NOBODY).board.table)
    column = board.table.column_of(0, a_slot("09:40", "10:00"))
    assert column is not None
    board.place(0, column)
    return instance, plan_of(board)


def test_who_was_promised_nothing_makes_room() -> None:
    instance, plan = crowded(promised=False)
    diary = Diary(instance, plan)
    first, *_ = diary.offers(newcomer(earliest="09:40"))
    assert first.assignment.slot == a_slot("09:40", "10:00")
    assert [move.request for move in first.moves] == ["ann"]
    before = diary.board.cost
    diary.take(first)
    assert diary.board.cost == before - 20_000 + first.assignment.cost


def test_who_was_promised_stays() -> None:
    instance, plan = crowded(promised=True)
    assert offers_for(instance, plan, newcomer(earliest="09:40")) == ()


@settings(max_examples=60)
@given(boards(), st.integers(2, 5))
def test_an_offer_costs_what_taking_it_adds(board: Board, acuity: int) -> None:
    instance, plan = board.table.instance, plan_of(board)
    request = newcomer(acuity=acuity, fits=[("cardiology", 0.7), ("neurology", 0.3)])
    diary = Diary(instance, plan)
    found = diary.offers(request)
    number = diary.board.table.number[request.id]
    before = diary.board.cost
    if found and not found[0].moves:
        least = min(
            diary.board.added(number, column)
            for column in diary.board.table.cheapest(number, 10_000).tolist()
            if diary.board.is_free(number, column)
        )
        assert found[0].assignment.cost == least + diary.board.table.no_slot[number]
    for offer in found[:1]:
        diary.take(offer)
        assert (
            diary.board.cost == before + offer.assignment.cost - diary.board.table.no_slot[number]
        )
        whole = instance.model_copy(update={"requests": diary.board.table.requests})
        assert check(whole, plan_of(diary.board)).violations == ()


def test_a_day_of_arrivals_in_sequence_is_a_feasible_plan() -> None:
    day = generate(departments=3, practitioners=9, patients=100, seed=3)
    diary = Diary(day.model_copy(update={"requests": ()}))
    moves: list[Move] = []
    arrivals = [request for request in day.requests if not request.held]
    for request in arrivals:
        found: tuple[Offer, ...] = () if request.is_emergency else diary.offers(request)
        if found:
            moves.extend(found[0].moves)
            diary.take(found[0])
    whole = day.model_copy(update={"requests": diary.board.table.requests})
    assert check(whole, plan_of(diary.board)).violations == ()
    assert {move.request for move in moves} <= {request.id for request in arrivals}
    assert at("08:00") <= min(a.slot.start for a in diary.board.assignments())
