"""The fields of each kind of entry, from whatever they are called to what they are called here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import normalize

from knowledge.catalogue import Kind
from knowledge.importing import spelling
from scheduler.domain import LANGUAGES, Clientele

Reading = Callable[[Any], object]

_OTHER_NAMES = {
    "name": "names",
    "alias": "aliases",
    "complaint": "complaints",
    "condition": "conditions",
    "direction": "directions",
}
_WORDED = {"names", "aliases", "summary", "complaints", "conditions", "directions"}
_CLIENTELE = set(Clientele.model_fields)


def _clientele(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    known = {name: value[name] for name in _CLIENTELE if not spelling.blank(value.get(name))}
    readings: Mapping[str, Reading] = {"sex": spelling.seen_sex, "pregnant": spelling.pregnant}
    return {name: readings.get(name, _as_it_is)(part) for name, part in known.items()}


def _passages(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [
        {**passage, "title": spelling.words(passage.get("title"))}
        if isinstance(passage, Mapping)
        else passage
        for passage in value
    ]


def _as_it_is(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


READINGS: Mapping[Kind, Mapping[str, Reading]] = {
    "departments": {
        "id": spelling.identifier,
        "names": spelling.words,
        "aliases": spelling.phrases,
        "summary": spelling.words,
        "sees": _clientele,
        "part_of": spelling.identifier,
        "location": spelling.identifier,
        "visit_minutes": _as_it_is,
        "usual_share": _as_it_is,
        "complaints": spelling.phrases,
        "conditions": spelling.phrases,
        "not_here": _as_it_is,
        "passages": _passages,
    },
    "practitioners": {
        "id": spelling.identifier,
        "names": spelling.words,
        "sex": spelling.sex,
        "title": spelling.title,
        "departments": spelling.identifiers,
        "skills": spelling.skills,
        "languages": spelling.languages,
    },
    "locations": {
        "id": spelling.identifier,
        "names": spelling.words,
        "part_of": spelling.identifier,
        "kind": spelling.place_kind,
        "wheelchair": spelling.yes_or_no,
        "directions": spelling.words,
    },
    "schedules": {
        "practitioner": spelling.identifier,
        "department": spelling.identifier,
        "weekday": spelling.weekday,
        "start": spelling.clock,
        "end": spelling.clock,
        "location": spelling.identifier,
    },
}
"""How each field of each kind of entry is read."""


def heading(name: str) -> str:
    """The name of a field or column whatever its case, width and spaces: ' Name EN' is name_en."""
    return "_".join(
        normalize("NFKC", name).strip("\ufeff \t\r\n").casefold().replace("-", " ").split()
    )


def field_of(kind: Kind, name: str) -> tuple[str, str | None]:
    """The field that a heading belongs to, and the part of it: name_en is (names, en)."""
    base, _, language = name.rpartition("_")
    worded = _OTHER_NAMES.get(base, base)
    if language in LANGUAGES and worded in _WORDED:
        return worded, language
    if kind == "departments" and name in _CLIENTELE:
        return "sees", name
    return _OTHER_NAMES.get(name, name), None


def tidy(kind: Kind, raw: Mapping[object, object]) -> tuple[dict[str, object], dict[str, str]]:
    """The fields of an entry as the vocabulary wants them, and by field what could not be read.

    Fields that the vocabulary does not have are left out, and so are empty ones.
    """
    fields: dict[str, object] = {}
    unread: dict[str, str] = {}
    for name, value in _gathered(kind, raw).items():
        try:
            if not spelling.blank(found := READINGS[kind][name](value)):
                fields[name] = found
        except ValueError as error:
            unread[name] = str(error)
    return fields, unread


def _gathered(kind: Kind, raw: Mapping[object, object]) -> dict[str, object]:
    whole: dict[str, object] = {}
    parts: dict[str, dict[str, object]] = {}
    for key, value in raw.items():
        called = heading(str(key))
        name, part = field_of(kind, called)
        if name not in READINGS[kind] or spelling.blank(value):
            continue
        if part is not None:
            parts.setdefault(name, {})[part] = value
        elif called == name or name not in whole:
            whole[name] = value
    for name, part_values in parts.items():
        rest = whole.get(name) if name == "sees" else spelling.by_language(whole.get(name))
        whole[name] = {**rest, **part_values} if isinstance(rest, Mapping) else part_values
    return whole
