"""Fields checked against a model, with everything wrong in words that a hospital's staff can use."""

from __future__ import annotations

from collections.abc import Iterable
from reprlib import Repr
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

_short = Repr()
_short.maxstring = 60


def validated(
    model: type[M], fields: dict[str, Any], unread: Iterable[str] = ()
) -> tuple[M | None, list[str]]:
    """What can be made of `fields`, and each problem as ', field: what is wrong and what to do'.

    Fields with a problem are left out of the result, so that an entry with one of them wrong is still
    known to the others. None where a field that it cannot do without is wrong. Nothing is said of
    the fields in `unread`, whose problems are already known. Unknown fields are dropped.
    """
    problems: list[str] = []
    known = set(unread)
    while True:
        try:
            return model.model_validate(fields), problems
        except ValidationError as error:
            details = error.errors(include_url=False)
        extra = [each["loc"] for each in details if each["type"] == "extra_forbidden"]
        if any([_removed(fields, path) for path in extra]):  # noqa: C419, each has to go
            continue
        problems += [_explained(each) for each in details if _field(each) not in known]
        for field in {_field(each) for each in details}:
            known.add(field)
            if field == "names" and "id" in fields:
                fields["names"] = {"en": str(fields["id"])}
            elif fields.pop(field, None) is None:
                return None, problems


def _removed(fields: Any, path: tuple[int | str, ...]) -> bool:
    """Take an unknown field out; False where it is not where `path` says."""
    for step in path[:-1]:
        inside = isinstance(step, int) and isinstance(fields, list) and step < len(fields)
        if not inside and not (isinstance(fields, dict) and step in fields):
            return False
        fields = fields[step]
    return isinstance(fields, dict) and fields.pop(path[-1], fields) is not fields


def _field(error: ErrorDetails) -> str:
    return str(error["loc"][0]) if error["loc"] else ""


def _explained(error: ErrorDetails) -> str:
    path = ".".join(map(str, error["loc"])).removeprefix("sees.")
    return f", {path}: {_what(error)}" if path else f": {_what(error)}"


def _what(error: ErrorDetails) -> str:
    given, context = _short.repr(error["input"]), error.get("ctx", {})
    match error["type"]:
        case "missing" if error["loc"] == ("names",):
            return "there is no name; give one in English or Chinese, or both (name_en, name_zh)"
        case "missing":
            return "this is missing, and nothing can stand in for it"
        case "string_pattern_mismatch":
            return (
                f"{given} cannot be an id; use at most 64 letters, digits, '_', '-', '.' and ':', "
                "no spaces, and start with a letter or digit"
            )
        case "literal_error":
            return f"{given} is not known here; write {context['expected']}"
        case "value_error":
            return str(context["error"])
        case kind if kind.startswith(("int_", "float_")):
            return f"{given} is not a number here; write a plain one, such as 20"
    return f"{given} does not fit: {error['msg'].replace('Input should', 'it should')}"
