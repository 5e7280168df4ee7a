"""Why a slot: what each rule got, and what stood open besides."""

from __future__ import annotations

import pytest
from hypothesis import given

from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, candidates
from scheduler.reasons import SlotReason, WhySlot, why
from scheduler.solver import solve
from tests.scheduler.builders import (
    a_commitment,
    a_practitioner,
    a_request,
    a_session,
    a_slot,
    an_instance,
    placed,
)
from tests.scheduler.strategies import instances

TWO_DOCTORS = [a_session(who="dr-li"), a_session("14:00", "15:00", who="dr-wu")]


def why_best(instance: Instance) -> tuple[WhySlot, dict[str, SlotReason]]:
    """Why the first request got its slot, and the same by rule."""
    facts = why(instance, solve(instance).assignments[0])
    return facts, {reason.rule: reason for reason in facts.reasons}


def test_a_wish_that_was_granted_is_satisfied() -> None:
    _, by_rule = why_best(an_instance(a_request(practitioner="dr-wu"), sessions=TWO_DOCTORS))
    assert by_rule["wish_practitioner"].points == 0
    assert by_rule["wish_practitioner"].satisfied


def test_a_wish_that_was_outweighed_is_not_satisfied() -> None:
    wish = a_request(practitioner="dr-wu", acuity=2, due_by="09:00")
    _, by_rule = why_best(an_instance(wish, sessions=TWO_DOCTORS, wish_practitioner=100))
    outweighed = by_rule["wish_practitioner"]
    assert (outweighed.points, outweighed.best, outweighed.satisfied) == (100, 0, False)


def test_a_wish_that_nobody_could_grant_is_as_satisfied_as_can_be() -> None:
    _, by_rule = why_best(an_instance(a_request(practitioner="dr-who"), sessions=TWO_DOCTORS))
    impossible = by_rule["wish_practitioner"]
    assert (impossible.points, impossible.best, impossible.satisfied) == (900, 900, True)


def test_the_earliest_slot_passes_none_over() -> None:
    facts, by_rule = why_best(an_instance())
    assert (facts.open_slots, facts.earlier_slots) == (5, 0)
    assert by_rule["waiting"].satisfied


def test_a_later_slot_passes_the_earlier_ones_over() -> None:
    facts, by_rule = why_best(
        an_instance(
            a_request(sex="male"),
            sessions=TWO_DOCTORS,
            practitioners=[a_practitioner("dr-wu", sex="male")],
        )
    )
    assert (facts.open_slots, facts.earlier_slots) == (10, 5)
    assert not by_rule["waiting"].satisfied


def test_promised_time_is_not_open() -> None:
    facts, _ = why_best(an_instance(commitments=[a_commitment("09:00", "09:30")]))
    assert facts.open_slots == 2


@pytest.mark.parametrize("weight", [60, 1, 0])
def test_the_load_is_the_session_s_whatever_it_weighs(weight: int) -> None:
    half = [a_commitment("09:00", "09:30"), a_commitment("09:10", "09:20")]
    facts, _ = why_best(an_instance(commitments=half, load=weight))
    assert facts.load == 0.5


def test_there_is_no_why_for_a_stranger() -> None:
    with pytest.raises(InvalidInstance, match="no request zoe"):
        why(an_instance(), placed(a_slot(), "zoe"))


def test_there_is_no_why_for_a_slot_outside_every_session() -> None:
    with pytest.raises(InvalidInstance, match="no session of dr-li"):
        why(an_instance(), placed(a_slot("14:00", "14:20")))


@given(instances())
def test_reasons_are_what_the_rules_charge(instance: Instance) -> None:
    requests = {request.id: request for request in instance.requests}
    for assignment in solve(instance).assignments:
        facts = why(instance, assignment)
        assert {reason.rule: reason.points for reason in facts.reasons} == assignment.costs
        assert all(reason.best <= reason.points for reason in facts.reasons)
        assert facts.open_slots == len(candidates(instance, requests[assignment.request]))
        assert 0 <= facts.earlier_slots < facts.open_slots
        assert 0 <= facts.load <= 1
