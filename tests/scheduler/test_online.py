"""Offers for one patient: the best slot, and others that really differ from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import event, given

from scheduler.domain import Session
from scheduler.errors import InvalidInstance
from scheduler.instance import Instance, candidates
from scheduler.online import Offer, offers
from scheduler.rules.soft import part_of_day
from scheduler.validation import check
from tests.scheduler.builders import (
    a_commitment,
    a_practitioner,
    a_request,
    a_session,
    an_instance,
    at,
)
from tests.scheduler.strategies import instances


def offered(*sessions: Session, **particulars: object) -> dict[str, Offer]:
    """The offers by kind."""
    _, found = offers(an_instance(sessions=sessions, **particulars))
    return {offer.kind: offer for offer in found}


def test_the_best_offer_is_the_measure() -> None:
    plan, (best, *_) = offers(an_instance())
    assert best.assignment == plan.assignments[0]
    assert (best.kind, best.difference) == ("best", None)


def test_an_emergency_is_offered_nothing() -> None:
    with pytest.raises(InvalidInstance, match="emergency"):
        offers(an_instance(a_request(acuity=1)))


def test_offers_are_for_one_patient() -> None:
    with pytest.raises(InvalidInstance, match="one request, not for 2"):
        offers(an_instance(a_request("ann"), a_request("bob")))


def test_a_full_clinic_offers_nothing_and_says_why() -> None:
    plan, found = offers(an_instance(commitments=[a_commitment("09:00", "10:00")]))
    assert found == ()
    assert [unassigned.reason for unassigned in plan.unassigned] == ["full"]


def test_one_doctor_on_one_morning_leaves_no_choice() -> None:
    assert offered(a_session()).keys() == {"best"}


def test_another_doctor_is_offered() -> None:
    found = offered(a_session(who="dr-li"), a_session("09:30", "10:30", who="dr-wu"))
    difference = found["other_practitioner"].difference
    assert found["other_practitioner"].assignment.slot.practitioner == "dr-wu"
    assert difference.practitioner
    assert difference.minutes_later == 30
    assert not difference.department


def test_another_half_day_is_offered() -> None:
    found = offered(a_session(), a_session("14:00", "15:00"), a_session(day=1))
    assert found["other_time"].assignment.slot.start == at("14:00")
    assert found["other_time"].difference.minutes_later == 300
    assert not found["other_time"].difference.practitioner


def test_the_next_day_is_another_half_day() -> None:
    found = offered(a_session(), a_session(day=1))
    assert found["other_time"].difference.minutes_later == 24 * 60


def test_a_clinic_of_a_whole_day_has_two_halves() -> None:
    found = offered(a_session("09:00", "17:00"))
    assert found["other_time"].assignment.slot.start == at("12:00")


def test_the_morning_is_offered_beside_an_afternoon_of_the_same_clinic() -> None:
    _, (best, other) = offers(
        an_instance(a_request(part_of_day="afternoon"), sessions=[a_session("09:00", "13:00")])
    )
    assert best.assignment.slot.start == at("12:00")
    assert other.assignment.slot.start == at("09:00")
    assert other.difference.minutes_later == -180


def test_another_department_is_told() -> None:
    torn = a_request(fits=[("cardiology", 0.9), ("neurology", 0.4)])
    elsewhere = a_session(who="dr-wu", department="neurology")
    _, (_, other) = offers(an_instance(torn, sessions=[a_session(), elsewhere]))
    assert other.difference.department
    assert other.difference.cost == 300


@pytest.mark.parametrize(
    ("sexes", "told"),
    [
        (("female", "male"), True),
        (("female", "female"), False),
        (("female", None), False),
        ((None, "male"), False),
    ],
)
def test_another_sex_is_told_where_both_are_known(
    sexes: tuple[str | None, str | None], told: bool
) -> None:
    people = [a_practitioner(f"dr-{i}", sex=sex) for i, sex in enumerate(sexes)]
    clinics = [
        a_session(start, "10:00", who=f"dr-{i}") for i, start in enumerate(("09:00", "09:30"))
    ]
    found = offered(*clinics, practitioners=people)
    assert found["other_practitioner"].difference.sex is told


def test_the_same_slot_is_not_offered_twice() -> None:
    """The one other doctor works in the one other half-day."""
    found = offered(a_session(), a_session("14:00", "15:00", who="dr-wu"))
    assert found.keys() == {"best", "other_practitioner"}


@given(instances(most_requests=1))
def test_every_offer_can_be_kept_and_differs_as_it_says(instance: Instance) -> None:
    plan, found = offers(instance)
    event(f"{len(found)} offers")
    slots = [offer.assignment.slot for offer in found]
    assert len(slots) == len(set(slots))
    for offer in found:
        kept = plan.model_copy(update={"assignments": (offer.assignment,)})
        assert check(instance, kept).feasible
    for offer in found[1:]:
        best, other, told = found[0].assignment, offer.assignment, offer.difference
        assert best.slot.start + timedelta(minutes=told.minutes_later) == other.slot.start
        assert told.practitioner == (best.slot.practitioner != other.slot.practitioner)
        assert told.department == (best.slot.department != other.slot.department)
        assert told.cost == other.cost - best.cost >= 0


@given(instances(most_requests=1))
def test_every_alternative_is_the_best_of_its_kind(instance: Instance) -> None:
    _, found = offers(instance)
    options = candidates(instance, instance.requests[0])
    assert bool(found) == bool(options)
    if not found:
        return
    best = found[0].assignment
    half_days = {
        (offer.assignment.slot.start.date(), part_of_day(offer.assignment.slot.start))
        for offer in found
        if offer.kind != "other_time"
    }
    kinds = {
        "best": options,
        "other_practitioner": [o for o in options if o.slot.practitioner != best.slot.practitioner],
        "other_time": [
            o for o in options if (o.slot.start.date(), part_of_day(o.slot.start)) not in half_days
        ],
    }
    by_kind = {offer.kind: offer.assignment for offer in found}
    for kind, suitable in kinds.items():
        least = min((option.cost for option in suitable), default=None)
        if kind in by_kind:
            assert by_kind[kind] in suitable
            assert by_kind[kind].cost == least
        else:  # there is none, or it was offered as another kind
            assert not suitable or any(
                offer.assignment in suitable and offer.assignment.cost == least for offer in found
            )
