"""Past visits from a table, in either language."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalogue import Catalogue
from knowledge.errors import InvalidVisits
from knowledge.experience import Visit
from knowledge.importing.visits import read_visits


def a_table(folder: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path = folder / "visits.csv"
    path.write_text("\n".join(rows), encoding=encoding)
    return path


def test_departments_are_found_by_id_and_by_name(tmp_path: Path, tiny_catalogue: Catalogue) -> None:
    rows = (
        "Complaint,Department",
        "a rash,dermatology",
        "late period, Gynaecology ",
        "胃痛,消化内科",
    )
    found = read_visits(a_table(tmp_path, *rows), tiny_catalogue)
    assert found[:2] == (Visit("a rash", "dermatology"), Visit("late period", "gynaecology"))
    assert found[2].department == "gastroenterology"


def test_a_chinese_table_is_read(tmp_path: Path, tiny_catalogue: Catalogue) -> None:
    table = a_table(tmp_path, "科室,主诉", "妇科,痛经", encoding="gb18030")
    assert read_visits(table, tiny_catalogue) == (Visit("痛经", "gynaecology"),)


def test_rows_that_say_nothing_are_left_out(tmp_path: Path, tiny_catalogue: Catalogue) -> None:
    table = a_table(tmp_path, "complaint,department", ",dermatology", "a rash,", "itch,dermatology")
    assert read_visits(table, tiny_catalogue) == (Visit("itch", "dermatology"),)


def test_unknown_departments_are_named_with_their_rows(
    tmp_path: Path, tiny_catalogue: Catalogue
) -> None:
    table = a_table(
        tmp_path, "complaint,department", "a rash,Skin Spa", "b,dermatology", "c,Skin Spa"
    )
    with pytest.raises(InvalidVisits, match=r"'Skin Spa' \(row 2\); write ids") as refused:
        read_visits(table, tiny_catalogue)
    assert "row 4" not in str(refused.value)


def test_a_missing_column_is_named(tmp_path: Path, tiny_catalogue: Catalogue) -> None:
    with pytest.raises(InvalidVisits, match="no column department"):
        read_visits(a_table(tmp_path, "complaint,when", "a rash,today"), tiny_catalogue)
