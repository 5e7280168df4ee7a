"""Triage cases: what patients said, and what is right where somebody said so (docs/formats.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import InvalidCases
from scheduler.domain import Language, Sex

Expected = Literal["emergency", "consultation", "self_care", "non_emergency"]


class Case(BaseModel):
    """One case, with what is right where somebody said so. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    lang: Language
    text: str
    age: float | None = None
    sex: Sex | None = None
    pregnant: bool | None = None
    departments: tuple[str, ...] | None = None
    disposition: Expected | None = None


def load_cases(path: Path, limit: int | None = None) -> tuple[Case, ...]:
    """Read cases, one JSON object a line.

    Raises:
        InvalidCases: the file cannot be read, or a line of it; the message says which and why.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # a case may hold other line breaks
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidCases(f"{path} cannot be read: {error}") from error
    cases = [_case(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]
    if len({case.id for case in cases}) != len(cases):
        raise InvalidCases(f"{path}: two cases have the same id")
    if not cases:
        raise InvalidCases(f"{path} holds no case: one JSON object a line is needed")
    return tuple(cases[:limit])


def _case(path: Path, number: int, line: str) -> Case:
    try:
        return Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise InvalidCases(f"{path}, line {number}, {where}: {first['msg']}") from error
