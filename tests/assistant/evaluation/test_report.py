"""The report: everything that matters is in it, in both languages, and nobody's words run in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import InvalidCases
from assistant.evaluation.baselines import Compared
from assistant.evaluation.figures import Figure
from assistant.evaluation.report import compare_runs, confusion, read_results, report
from knowledge.catalogue import Catalogue
from knowledge.red_flags import RedFlags
from scheduler.domain import LANGUAGES, Language
from tests.assistant.evaluation.builders import a_case, a_result

CASES = (
    a_case("missed", text="my <b>arm</b> feels heavy", disposition="emergency"),
    a_case("found", text="crushing chest pain", disposition="emergency"),
    a_case("skin-1", text="acne", departments=["dermatology"], disposition="consultation"),
    a_case("skin-2", text="spots", departments=["dermatology"], disposition="consultation"),
)
RESULTS = (
    a_result("missed", "consultation", "general_medicine"),
    a_result("found", "emergency"),
    a_result("skin-1", "consultation", "dermatology"),
    a_result("skin-2", "consultation", "general_medicine"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_tells_every_missed_emergency_in_full(
    tiny_catalogue: Catalogue, tiny_red_flags: RedFlags, language: Language
) -> None:
    page = report("cases.jsonl", CASES, RESULTS, tiny_catalogue, tiny_red_flags, language=language)
    assert "my &lt;b&gt;arm&lt;/b&gt; feels heavy" in page
    assert "<b>arm" not in page
    assert "crushing chest pain" not in page
    assert ("漏判的急症" in page) == (language == "zh")


def test_a_report_needs_nothing_from_elsewhere(
    tiny_catalogue: Catalogue, tiny_red_flags: RedFlags
) -> None:
    page = report("cases.jsonl", CASES, RESULTS, tiny_catalogue, tiny_red_flags)
    for outside in ("http:", "https:", "src=", "<script", "@import"):
        assert outside not in page


def test_a_report_says_where_no_emergency_was_missed_or_labelled(
    tiny_catalogue: Catalogue, tiny_red_flags: RedFlags
) -> None:
    parts = tiny_catalogue, tiny_red_flags
    assert "None of 1." in report("c", CASES[1:], RESULTS[1:], *parts)
    assert "No case is labelled an emergency." in report("c", CASES[2:], RESULTS[2:], *parts)


def test_what_was_asked_about_is_named(tiny_catalogue: Catalogue, tiny_red_flags: RedFlags) -> None:
    flag = tiny_red_flags.flags[0]
    asked = a_result("missed", "consultation", asked=(flag.id, "of-another-hospital"))
    page = report("c", CASES[:1], [asked], tiny_catalogue, tiny_red_flags, language="zh")
    assert flag.names.zh in page
    assert "of-another-hospital" in page


def test_baselines_stand_beside_the_run(
    tiny_catalogue: Catalogue, tiny_red_flags: RedFlags
) -> None:
    half, none = Figure.count([True, False]), Figure.count([False, False])
    one = Compared(name="majority", top1=none, top3=half)
    page = report("c", CASES, RESULTS, tiny_catalogue, tiny_red_flags, baselines=[one])
    assert "Always the busiest departments" in page
    assert "50.0% (" in page


def test_confusion_counts_what_was_answered_instead() -> None:
    (row,) = confusion(CASES, RESULTS)
    assert (row.department, row.right.hits, row.right.of) == ("dermatology", 1, 2)
    assert row.instead == (("general_medicine", 1),)


def test_two_runs_are_compared_case_by_case() -> None:
    earlier = {result.id: result for result in RESULTS}
    now = (
        a_result("missed", "emergency"),
        RESULTS[1],
        a_result("skin-1", "consultation"),
        RESULTS[3],
    )
    found = compare_runs(CASES, now, earlier)
    assert (found.better, found.worse) == (1, 1)
    assert {change.case: change.better for change in found.changes} == {
        "missed": True,
        "skin-1": False,
    }
    assert found.p == 1
    figures = {name: (before.hits, after.hits) for name, before, after in found.figures}
    assert figures["emergency_sensitivity"] == (1, 2)


def test_only_what_both_runs_answered_is_compared() -> None:
    found = compare_runs(CASES, RESULTS, {"found": RESULTS[1]})
    assert (found.better, found.worse) == (0, 0)
    with pytest.raises(InvalidCases, match="none of these cases"):
        compare_runs(CASES, RESULTS, {"other": RESULTS[0]})


def test_earlier_results_are_read_back(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    content = {"summary": {}, "cases": [result.model_dump(mode="json") for result in RESULTS]}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_results(file) == {result.id: result for result in RESULTS}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cases": [{}]}'])
def test_what_is_no_result_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "results.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidCases, match="holds no results"):
        read_results(file)
