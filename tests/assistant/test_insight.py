"""What an administrator sees: counted from the records, without anybody's words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Heard
from assistant.desk import Decision, Desk
from assistant.insight import Insights, gini
from assistant.reception import Reception
from scheduler.domain import Disposition, Language, Person, Slot
from scheduler.records import Booking, Records
from tests.builders import MONDAY

TODAY = MONDAY.date()
NINE = datetime.combine(TODAY, datetime.min.time()).replace(hour=9)
ACHE = "I have had a stomach ache after meals for two weeks, no fever"


@pytest.fixture
def insights(reception: Reception) -> Insights:
    """What the tiny hospital knows of itself."""
    return Insights(reception)


def come(
    reception: Reception, minutes: int, who: str = "li", language: Language = "en", waits: int = 1
) -> Booking:
    """An appointment today, for somebody who could have come so many hours earlier."""
    start = NINE + timedelta(minutes=minutes)
    request = reception.timetable.request("gastroenterology", 3)
    slot = Slot(
        start=start,
        end=start + timedelta(minutes=30),
        practitioner=who,
        department="gastroenterology",
        location="floor-2",
    )
    asked = request.model_copy(update={"earliest": start - timedelta(hours=waits)})
    return reception.timetable.records.book(slot, language=language, actor="kiosk", asked=asked)


def test_an_empty_hospital_has_nothing_to_count_and_says_so(insights: Insights) -> None:
    found = insights.of(7)
    assert found.appointments == {}
    assert found.no_shows.share is None
    assert found.corrected.agreed.share is None
    assert found.minutes_to_a_person is None
    assert (found.last, found.first) == (TODAY, TODAY - timedelta(days=6))


def test_who_did_not_come_is_counted_among_those_who_were_expected(
    insights: Insights, reception: Reception, records: Records
) -> None:
    came, missed, cancelled, _ = (come(reception, 30 * n) for n in range(4))
    for status in ("checked-in", "fulfilled"):
        records.move_on(came.id, status, actor="desk")
    records.move_on(missed.id, "noshow", actor="desk")
    records.cancel(cancelled.id, actor="desk")
    found = insights.of(1)
    assert found.appointments == {"fulfilled": 1, "noshow": 1, "cancelled": 1, "booked": 1}
    assert (found.no_shows.hits, found.no_shows.of) == (1, 2)


def test_waits_are_told_by_urgency_and_by_language(
    insights: Insights, reception: Reception
) -> None:
    come(reception, 0, waits=2)
    come(reception, 30, language="zh", waits=40)
    found = insights.of(1)
    assert found.waits[3].patients == 2
    assert (found.groups["en"].median, found.groups["zh"].median) == (2.0, 40.0)
    assert found.waits[3].in_time.of == 2


def test_use_is_the_promised_part_of_the_open_time(
    insights: Insights, reception: Reception
) -> None:
    come(reception, 0)
    use = insights.of(1).use["gastroenterology"]
    assert (use.taken_hours, use.open_hours) == (0.5, 4.0)
    assert use.share == 0.125
    assert use.gini == pytest.approx(0.5)
    assert insights.of(1).use["dermatology"].gini is None


def test_triage_is_compared_with_what_the_desk_decided(
    insights: Insights, reception: Reception
) -> None:
    desk = Desk(reception)
    cards = [desk.walk_in(ACHE, Person(age=40), "en") for _ in range(3)]
    opened = [desk.open(card) for card in cards if card]
    thought = opened[0].thought
    calm = thought.model_copy(update={"disposition": Disposition.SELF_CARE, "why": "less_urgent"})
    alarmed = Decision(department="emergency", disposition=Disposition.EMERGENCY, why="more_urgent")
    for case, decision in zip(opened, (thought, calm, alarmed), strict=True):
        desk.decide(case, decision, "", actor="mei")
    # The clock of the hospital stands in 2031; cards carry the time at which they were written.
    reception.timetable._clock = datetime.now
    found = insights.of(1)
    corrected = found.corrected
    assert [f.hits for f in (corrected.agreed, corrected.under, corrected.over)] == [1, 1, 1]
    assert (corrected.department.hits, corrected.department.of) == (2, 3)
    assert corrected.whys == {"less_urgent": 1, "more_urgent": 1}
    assert found.handed_over == {"walk_in": 3}
    assert found.minutes_to_a_person is not None


def test_readings_say_who_read_and_how_often_rules_had_to(
    insights: Insights, reception: Reception
) -> None:
    reception.decide(Heard(words=ACHE))
    model = insights.of(1).model
    assert (model.name, model.readings, model.fell_back.hits) == ("rules", 1, 0)


def test_the_latest_events_and_their_verification(insights: Insights, reception: Reception) -> None:
    come(reception, 0)
    (event,) = insights.of(1).events
    assert (event.action, event.actor) == ("book", "kiosk")
    assert insights.verify().ok


def test_gini_is_nothing_for_equals_and_most_where_one_has_all() -> None:
    assert gini([3, 3, 3]) == pytest.approx(0)
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([0, 0]) == 0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20), st.floats(0.1, 10))
def test_gini_does_not_depend_on_the_unit_nor_the_order(values: list[float], unit: float) -> None:
    found = gini(values)
    assert -1e-9 <= found < 1
    assert gini([unit * value for value in reversed(values)]) == pytest.approx(found, abs=1e-6)
