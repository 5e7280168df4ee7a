"""`read_catalogue`: from a file or folder, whichever format it has, to a checked catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from knowledge.catalogue import Catalogue, Kind
from knowledge.errors import InvalidCatalogue
from knowledge.importing.documents import read_catalogue_file, read_part
from knowledge.importing.draft import KINDS, Draft
from knowledge.importing.tables import read_table

_TABLES = (".csv", ".tsv")
_DOCUMENTS = (".json", ".yaml", ".yml")
_ACCEPTED = (
    "give a folder with departments.csv or departments/*.yaml, a .csv file with departments, or a .json "
    "file (from Excel: save as 'CSV UTF-8')"
)


def read_catalogue(source: Path) -> Catalogue:
    """A hospital's own catalogue, from a folder, a CSV or JSON file, or a FHIR R4 Bundle.

    Raises `InvalidCatalogue` with every problem found, each naming file, row or entry, and field.
    """
    name = source.name or str(source)
    draft = Draft()
    with draft.reading():
        try:
            _read(source, name, draft)
        except OSError as error:
            raise InvalidCatalogue([f"{name}: it cannot be read ({error.strerror})"]) from error
    return draft.finished(name)


def _read(source: Path, name: str, draft: Draft) -> None:
    suffix = source.suffix.lower()
    if source.is_dir():
        _read_folder(source, name, draft)
    elif not source.exists():
        raise InvalidCatalogue([f"{source}: there is no such file or folder; {_ACCEPTED}"])
    elif suffix in _TABLES:
        read_table(source, name, "departments", draft)
    elif suffix in _DOCUMENTS:
        read_catalogue_file(source, name, draft)
    else:
        raise InvalidCatalogue([f"{name}: this kind of file is not known; {_ACCEPTED}"])


def _read_folder(folder: Path, name: str, draft: Draft) -> None:
    listed = {path.name.lower(): path for path in sorted(folder.iterdir())}
    for kind in KINDS:
        sources = _sources(listed, kind)
        with draft.reading():
            if not sources and kind == "departments":
                raise InvalidCatalogue([f"{name}: there are no departments in it; {_ACCEPTED}"])
            if len(sources) > 1:
                found = " and ".join(files[0].relative_to(folder).as_posix() for files in sources)
                raise InvalidCatalogue([f"{name}: {kind} are there twice ({found}); keep one"])
        for file in sources[0] if len(sources) == 1 else []:
            with draft.reading():
                _read_part(file, file.relative_to(folder).as_posix(), kind, draft)


def _sources(listed: Mapping[str, Path], kind: Kind) -> list[list[Path]]:
    """Each way in which a folder has entries of a kind: one file, or a folder of documents."""
    names = [kind + suffix for suffix in _TABLES + _DOCUMENTS]
    found = [[listed[name]] for name in names if name in listed]
    if kind in listed and listed[kind].is_dir():
        files = sorted(path for path in listed[kind].iterdir() if not path.name.startswith("."))
        found.append([path for path in files if path.suffix.lower() in _DOCUMENTS])
    return [files for files in found if files]


def _read_part(file: Path, name: str, kind: Kind, draft: Draft) -> None:
    if file.suffix.lower() in _TABLES:
        read_table(file, name, kind, draft)
    else:
        read_part(file, name, kind, draft)
