"""Catalogues and parts of catalogues as JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowledge.catalogue import Kind
from knowledge.errors import InvalidCatalogue
from knowledge.importing.draft import KINDS, Draft
from knowledge.importing.files import read_document


def read_catalogue_file(path: Path, name: str, draft: Draft) -> None:
    """Add a whole catalogue, ours or a FHIR Bundle, to `draft`."""
    document = read_document(path, name)
    if isinstance(document, Mapping) and "resourceType" in document:
        from knowledge.importing.fhir import read_bundle  # half a second that others need not wait

        read_bundle(document, name, draft)
    elif isinstance(document, Mapping) and "departments" in document:
        _sections(document, name, draft)
    elif isinstance(document, list):
        _entries("departments", document, name, draft)
    else:
        raise InvalidCatalogue(
            [
                f'{name}: there are no departments; write {{"departments": [{{"id": …, "names": …}}, …]}}'
            ]
        )


def read_part(path: Path, name: str, kind: Kind, draft: Draft) -> None:
    """Add a file with entries of one kind to `draft`: one entry, a list, or `{kind: [list]}`."""
    document = read_document(path, name)
    if isinstance(document, Mapping) and kind in document:
        _sections(document, name, draft)
    elif isinstance(document, list):
        _entries(kind, document, name, draft)
    else:
        draft.add(kind, name, document)


def _sections(document: Mapping[str, Any], name: str, draft: Draft) -> None:
    for kind in KINDS:
        entries = document.get(kind)
        with draft.reading():
            if not isinstance(entries, list | None):
                raise InvalidCatalogue([f"{name}, {kind}: this should be a list, in [ and ]"])
            _entries(kind, entries or [], f"{name}, {kind}", draft)


def _entries(kind: Kind, entries: list[Any], where: str, draft: Draft) -> None:
    for number, entry in enumerate(entries, start=1):
        name = entry.get("id") if isinstance(entry, Mapping) else None
        shown = f" ({name})" if isinstance(name, str) and len(name) <= 64 else ""
        draft.add(kind, f"{where}, entry {number}{shown}", entry)
