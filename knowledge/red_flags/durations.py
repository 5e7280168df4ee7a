"""How long something has lasted, where the words say so in numbers."""

from __future__ import annotations

import re

_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_CHINESE_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "年": 365}
_NUMBERS = {
    w: n
    for n, w in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
    )
}
_NUMBERS |= {"a": 1, "an": 1, "couple of": 2, "a few": 3, "few": 3, "several": 3}
_CHINESE_NUMBERS = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {
    "两": 2,
    "半": 0.5,
    "几": 3,
}

_ENGLISH = re.compile(
    rf"\b(\d+|{'|'.join(_NUMBERS)})\s+(day|week|month|year)s?\b(?!\s*(?:old|pregnant))", re.I
)
_CHINESE = re.compile(
    r"(\d+|[一二三四五六七八九十两半几])\s*个?多?(天|周(?!岁)|星期|礼拜|月(?!大|\d)|年)"
)


def longest_days(text: str) -> float:
    """The longest stretch of time that `text` names, in days; 0 where it names none."""
    spans = [_DAYS[unit.lower()] * _number(n) for n, unit in _ENGLISH.findall(text)]
    spans += [_CHINESE_DAYS[unit] * _number(n) for n, unit in _CHINESE.findall(text)]
    return max(spans, default=0.0)


def _number(written: str) -> float:
    if written.isdigit():
        return float(written)
    return float(_NUMBERS.get(written.lower()) or _CHINESE_NUMBERS[written])
