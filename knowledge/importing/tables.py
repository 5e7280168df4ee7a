"""Tables as Excel and hospital systems save them: one row an entry."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from knowledge.catalogue import Kind
from knowledge.errors import InvalidCatalogue
from knowledge.importing.draft import Draft
from knowledge.importing.fields import field_of, heading
from knowledge.importing.files import read_text

_NEEDED: dict[Kind, tuple[str, ...]] = {
    "departments": ("id", "names"),
    "practitioners": ("id", "names"),
    "locations": ("id", "names"),
    "schedules": ("practitioner", "department", "weekday", "start", "end"),
}
_NOTHING = {"null", r"\n"}  # how databases export an empty cell


def read_table(path: Path, name: str, kind: Kind, draft: Draft) -> None:
    """Add each row of a table to `draft`. Raises `InvalidCatalogue` where it is no such table."""
    rows = rows_of(read_text(path, name), name)
    top, header = next(rows, (1, []))
    columns = [heading(cell) for cell in header]
    _require_columns(kind, columns, f"{name}, row {top}")
    for number, cells in rows:
        where = f"{name}, row {number}"
        if any(cells[len(columns) :]):
            draft.problems.append(
                f"{where}: there are {len(cells)} cells, but {len(columns)} columns; put a cell that "
                "contains the separator itself in double quotes"
            )
            continue
        draft.add(kind, where, dict(zip(columns, cells, strict=False)))


def rows_of(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that say anything, each with the number that Excel shows beside it."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, [_cell(cell) for cell in cells]
    except csv.Error as error:
        raise InvalidCatalogue(
            [
                f"{name}, line {reader.line_num}: the table cannot be read on from here ({error}); "
                "is a double quote missing, or one too many?"
            ]
        ) from error


def _cell(text: str) -> str:
    text = text.strip()
    return "" if text.casefold() in _NOTHING else text


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _require_columns(kind: Kind, columns: list[str], where: str) -> None:
    fields = {field_of(kind, column)[0] for column in columns}
    there_are = ", ".join(filter(None, columns)) or "none"
    problems = [
        f"{where}: there is no column {'name_en or name_zh' if field == 'names' else field}; the "
        f"first row has to name the columns, and they are {there_are[:200]}"
        for field in _NEEDED[kind]
        if field not in fields
    ]
    problems += [
        f"{where}: the column {column} is there {columns.count(column)} times; keep one of them"
        for column in dict.fromkeys(filter(None, columns))
        if columns.count(column) > 1
    ]
    if problems:
        raise InvalidCatalogue(problems)
