"""Files as text and as documents; what cannot be read raises `InvalidCatalogue` and says why."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import yaml

from knowledge.errors import InvalidCatalogue

_DEEPEST = 50
_TOO_DEEP = f"lists and objects are nested more than {_DEEPEST} deep"
_NULL = "tag:yaml.org,2002:null"


class _TextLoader(yaml.CBaseLoader):
    """Every scalar stays the text it is: `no` is not false, and 8:00 is not 480."""


_TextLoader.add_implicit_resolver(_NULL, re.compile(r"^(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_TextLoader.add_constructor(_NULL, lambda loader, node: None)


def read_text(path: Path, name: str) -> str:
    """The text of a file in UTF-8 (with or without a mark), GB18030, or UTF-16 with a mark."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refusal(name, f"it cannot be read ({error.strerror})") from error
    if not content.strip():
        raise _refusal(name, "the file is empty")
    if content.startswith(b"PK\x03\x04"):
        raise _refusal(name, "this is an Excel workbook; in Excel, save each sheet as 'CSV UTF-8'")
    marked = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise _refusal(name, "its text is neither UTF-8 nor GB18030; in Excel, save it as 'CSV UTF-8'")


def read_document(path: Path, name: str) -> Any:
    """What a JSON or YAML file says, as plain dictionaries, lists and scalars."""
    text = read_text(path, name)
    return _json(text, name) if path.suffix.lower() == ".json" else _yaml(text, name)


def _json(text: str, name: str) -> Any:
    try:
        document = json.loads(text, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _refusal(f"{name}, line {error.lineno}", f"this is not JSON ({error.msg})") from error
    except UnicodeEncodeError as error:
        raise _refusal(name, r"it has half of a character, such as \ud83d") from error
    except RecursionError as error:
        raise _refusal(name, _TOO_DEEP) from error
    except ValueError as error:
        raise _refusal(name, f"this is not JSON ({error})") from error
    if _deeper(document, _DEEPEST):
        raise _refusal(name, _TOO_DEEP)
    return document


def _deeper(value: Any, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_deeper(each, levels - 1) for each in inside)


def _no_number(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not a number in JSON")


def _yaml(text: str, name: str) -> Any:
    try:
        # The C loader recurses without a limit of its own, and would take the process with it.
        if _too_deep(text):
            raise _refusal(name, _TOO_DEEP)
        return yaml.load(text, _TextLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal(f"{name}, line {line}", f"this is not YAML ({error.problem})") from error
    except yaml.YAMLError as error:
        raise _refusal(name, f"this is not YAML ({' '.join(str(error).split())})") from error


def _too_deep(text: str) -> bool:
    depth = 0
    for event in yaml.parse(text, yaml.CBaseLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            return True
    return False


def _refusal(where: str, problem: str) -> InvalidCatalogue:
    return InvalidCatalogue([f"{where}: {problem}"])
