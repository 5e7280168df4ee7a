"""Identifiers are masked; what a doctor needs is not."""

from __future__ import annotations

import pytest

from assistant.privacy import MASK, redact


@pytest.mark.parametrize(
    "identifier",
    [
        "11010519491231002X",
        "110105194912310021",
        "13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "１３８００１３８０００",
        "+44 20 7946 0958",
        "6222 0200 1234 5678 901",
        "li.na+x@example.com",
        "E12345678",
        "G12345678",
    ],
)
@pytest.mark.parametrize("around", ["my number is {}, my head hurts", "我的号码{}，头疼"])
def test_an_identifier_is_masked_and_the_rest_stays(identifier: str, around: str) -> None:
    assert redact(around.format(identifier)) == around.format(MASK)


@pytest.mark.parametrize(
    "text",
    [
        "blood pressure 158/96 and 162/94",
        "39.5 degrees for 3 days",
        "since 2024-01-15 it hurts",
        "I am 48, 176 cm, 80 kg",
        "血糖13.8，血压160/100",
        "vitamin B12 and E10",
        "5 to 10 times at 3 pm @home",
        "2019年做过手术",
    ],
)
def test_what_is_no_identifier_is_left_alone(text: str) -> None:
    assert redact(text) == text
