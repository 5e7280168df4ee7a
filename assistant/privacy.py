"""Identifiers are taken out of a patient's words before anything else sees them."""

from __future__ import annotations

import re

MASK = "▮▮▮"

_IDENTIFIERS = (
    re.compile(r"(?<!\d)\d{17}[\dXx](?!\w)"),  # Chinese resident identity number
    re.compile(r"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)"),  # mobile, China
    # Other long numbers (phone, card, record), but no dates.
    re.compile(r"(?<![\d.])(?!\d{4}-\d{1,2}-\d{1,2}(?!\d))\+?\d[\d\s-]{8,}\d(?!\d)"),
    re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+", re.ASCII),  # e-mail
    re.compile(r"(?<![A-Za-z])[EGDSPH]\d{8}(?!\d)"),  # Chinese passports and travel permits
)


def redact(text: str) -> str:
    """`text` with identity, phone, passport and record numbers and e-mail addresses masked."""
    for pattern in _IDENTIFIERS:
        text = pattern.sub(MASK, text)
    return text
