"""Cases and results in a line."""

from __future__ import annotations

from typing import Any

from assistant.evaluation.cases import Case
from assistant.evaluation.running import CaseResult


def a_case(name: str = "c1", **more: Any) -> Case:
    """A case."""
    return Case.model_validate({"id": name, "lang": "en", "text": "stomach ache"} | more)


def a_result(name: str, disposition: str, *departments: str, **more: Any) -> CaseResult:
    """A result, with departments best first."""
    return CaseResult.model_validate(
        {
            "id": name,
            "disposition": disposition,
            "acuity": 4,
            "departments": [{"id": d, "confidence": 0.5} for d in departments],
            "desk": False,
            "read_by": "rules",
            "seconds": 1.0,
        }
        | more
    )
