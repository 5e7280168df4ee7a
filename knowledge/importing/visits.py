"""Past visits from a table: what a patient complained of, and which department saw them."""

from __future__ import annotations

from pathlib import Path

from knowledge.catalogue import Catalogue
from knowledge.errors import InvalidVisits
from knowledge.experience import Visit
from knowledge.importing.fields import heading
from knowledge.importing.files import read_text
from knowledge.importing.spelling import code
from knowledge.importing.tables import rows_of

COMPLAINT = ("complaint", "complaints", "chief_complaint", "text", "words", "主诉", "症状", "描述")
DEPARTMENT = ("department", "departments", "clinic", "科室", "就诊科室", "门诊科室")
MOST_SHOWN = 10


def read_visits(path: Path, catalogue: Catalogue) -> tuple[Visit, ...]:
    """Read visits; departments are found by id or by name.

    Raises:
        InvalidVisits: the table cannot be read, lacks a column, or names unknown departments.
        InvalidCatalogue: it is no text, or no table.
    """
    rows = rows_of(read_text(path, path.name), path.name)
    _, header = next(rows, (1, []))
    columns = [heading(cell) for cell in header]
    complaint, department = (_column(path, columns, names) for names in (COMPLAINT, DEPARTMENT))
    known = _by_any_name(catalogue)
    visits, unknown = [], dict[str, int]()
    for number, cells in rows:
        words, seen_by = (cells[at] if at < len(cells) else "" for at in (complaint, department))
        if not words or not seen_by:
            continue
        if found := known.get(code(seen_by)):
            visits.append(Visit(words, found))
        else:
            unknown.setdefault(seen_by, number)
    if unknown:
        listed = [f"{name!r} (row {number})" for name, number in unknown.items()]
        more = f" and {len(listed) - MOST_SHOWN} more" if len(listed) > MOST_SHOWN else ""
        raise InvalidVisits(
            f"{path.name}: the catalogue has no department {', '.join(listed[:MOST_SHOWN])}{more}; "
            "write ids or names of the catalogue, or add the name to its aliases"
        )
    return tuple(visits)


def _column(path: Path, columns: list[str], names: tuple[str, ...]) -> int:
    for at, column in enumerate(columns):
        if column in names:
            return at
    raise InvalidVisits(
        f"{path.name}: there is no column {names[0]} (or {', '.join(names[1:])}); "
        f"the first row has to name the columns, and they are {', '.join(columns)[:200] or 'none'}"
    )


def _by_any_name(catalogue: Catalogue) -> dict[str, str]:
    named: dict[str, str] = {}
    for department in catalogue.departments:
        names = (department.names.en, department.names.zh, *department.aliases.everything())
        named |= {code(name): department.id for name in names if name}
    return named | {code(department.id): department.id for department in catalogue.departments}
