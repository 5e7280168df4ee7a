"""Instances, plans, requests and weights as files: JSON in UTF-8, weights as YAML too.

`python -m scheduler.files` writes the published schemas into `docs/schemas`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DatetimeSchema

from scheduler.domain import AppointmentRequest, Plan, Value
from scheduler.errors import InvalidInstance, InvalidPlan, SchedulerError
from scheduler.instance import Instance
from scheduler.rules.weights import Weights

Content = TypeVar("Content", bound=Value)
SCHEMAS: dict[str, type[Value]] = {
    "instance": Instance,
    "plan": Plan,
    "request": AppointmentRequest,
}
FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
MOST_SHOWN = 5


def read_instance(path: Path) -> Instance:
    """A planning problem.

    Raises:
        InvalidInstance: it cannot be read or contradicts itself; the message names the field.
    """
    return _read_json(path, Instance, "instance", InvalidInstance)


def read_folder(folder: Path) -> tuple[dict[str, Instance], dict[str, SchedulerError]]:
    """The instances of a folder by the names of their files, and what is wrong with the others.

    Raises:
        InvalidInstance: there is no such folder, or no JSON file in it.
    """
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not files:
        raise InvalidInstance(f"{folder} is no folder with instances (*.json) in it")
    found: dict[str, Instance] = {}
    wrong: dict[str, SchedulerError] = {}
    for file in files:
        try:
            found[file.name] = read_instance(file)
        except SchedulerError as error:
            wrong[file.name] = error
    return found, wrong


def read_plan(path: Path) -> Plan:
    """A plan, whether or not it is feasible.

    Raises:
        InvalidPlan: it cannot be read; the message names the field.
    """
    return _read_json(path, Plan, "plan", InvalidPlan)


def read_request(path: Path) -> AppointmentRequest:
    """One patient's request.

    Raises:
        InvalidInstance: it cannot be read; the message names the field.
    """
    return _read_json(path, AppointmentRequest, "request", InvalidInstance)


def read_weights(path: Path) -> Weights:
    """A hospital's weights, JSON or YAML; what it leaves out keeps its default.

    Raises:
        InvalidInstance: it cannot be read, or names a rule that there is not.
    """
    try:
        # JSON is YAML, but for tabs, which people indent it with.
        content = yaml.safe_load(_text(path, InvalidInstance).replace("\t", " "))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidInstance(f"{path} is neither JSON nor YAML: {_flat(error)}") from error
    try:
        return Weights.model_validate(content, strict=True)
    except ValidationError as error:
        known = f"The weights are {', '.join(Weights.model_fields)}: whole numbers."
        raise InvalidInstance("\n".join([*_mistakes(path, error), known])) from error


def write_json(path: Path, value: Value) -> None:
    """Write a value so that the file has all of it, or is left as it was.

    Raises:
        InvalidInstance: an instance cannot be written there.
        InvalidPlan: anything else cannot.
    """
    text = value.model_dump_json(indent=1, exclude_none=True) + "\n"
    # What is no plain file, such as /dev/stdout, has nothing that could be lost.
    plain = path.is_file() or not path.exists()
    target = path.resolve() if plain else path
    first = target.with_name(target.name + ".part") if plain else target
    try:
        first.write_text(text, encoding="utf-8")
        if plain:
            os.replace(first, target)
    except OSError as error:
        wrong = InvalidInstance if isinstance(value, Instance) else InvalidPlan
        raise wrong(f"{path} cannot be written ({error.strerror}); choose another file") from error


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of `instance`, `plan` or `request`."""
    content = SCHEMAS[name].model_json_schema(schema_generator=_LocalTimes)
    return {"$schema": GenerateJsonSchema.schema_dialect, **content}


def write_schemas(folder: Path = FOLDER) -> None:
    """Write all schemas into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        text = json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


class _LocalTimes(GenerateJsonSchema):
    """Our times carry no offset, which JSON Schema's own `date-time` would ask for."""

    def datetime_schema(self, schema: DatetimeSchema) -> JsonSchemaValue:
        return {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"}


def _read_json(path: Path, kind: type[Content], name: str, wrong: type[SchedulerError]) -> Content:
    try:
        return kind.model_validate_json(_text(path, wrong))
    except ValidationError as error:
        mistakes = list(_mistakes(path, error))
        mistakes.append(f"docs/schemas/{name}.schema.json says what belongs there.")
        raise wrong("\n".join(mistakes)) from error
    except OverflowError as error:
        raise wrong(f"{path} names a time beyond the calendar; correct the year") from error


def _text(path: Path, wrong: type[SchedulerError]) -> str:
    try:
        # Some editors put a mark before the text.
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise wrong(f"there is no file {path}; look at its name and folder") from error
    except IsADirectoryError as error:
        raise wrong(f"{path} is a folder; name a file in it") from error
    except UnicodeDecodeError as error:
        raise wrong(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise wrong(f"{path} cannot be read ({error.strerror})") from error


def _mistakes(path: Path, error: ValidationError) -> Iterator[str]:
    """What is wrong with which field, a line each."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for mistake in found[:MOST_SHOWN]:
        where = _where(mistake["loc"])
        yield f"{path}{where and ': '}{where}: {mistake['msg'].removeprefix('Value error, ')}"
    if len(found) > MOST_SHOWN:
        yield f"… and {len(found) - MOST_SHOWN} more."


def _where(steps: Iterable[int | str]) -> str:
    """The path of a field, as `requests[3].departments[0].fit`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.removeprefix(".")


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    write_schemas()
