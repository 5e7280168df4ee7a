"""How long something has lasted."""

from __future__ import annotations

import pytest

from knowledge.red_flags import RedFlags
from knowledge.red_flags.durations import longest_days
from scheduler.domain import Person


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("a sore throat for 3 days", 3),
        ("it started two weeks ago, worse for a day", 14),
        ("咳嗽三个月了", 90),
        ("嗓子疼两天", 2),
        ("my 3 year old has a cold", 0),
        ("runny nose", 0),
    ],
)
def test_the_longest_time_named_counts(text: str, days: float) -> None:
    assert longest_days(text) == days


def test_a_cold_is_minor_for_days_and_not_for_months(red_flags: RedFlags) -> None:
    words = "I have a runny nose and I am sneezing for {}"
    person = Person(age=30)
    for lasted, minor in (("2 days", True), ("4 months", False)):
        text = words.format(lasted)
        found = red_flags.minor_ailment(red_flags.mentions(text), person, longest_days(text))
        assert bool(found) is minor, lasted
