"""A run as one HTML file that needs nothing else: figures, what was missed, how far to trust it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import jinja2
from pydantic import ValidationError
from scipy.stats import binomtest

from assistant.errors import InvalidCases
from assistant.evaluation.baselines import Compared
from assistant.evaluation.cases import Case
from assistant.evaluation.figures import (
    LEVELS,
    Figure,
    is_right,
    level,
    reliability,
    summarise,
    timing,
)
from assistant.evaluation.running import CaseResult
from assistant.messages import messages
from knowledge.catalogue import Catalogue
from knowledge.red_flags import RedFlags
from scheduler.domain import Language, Value

FOLDER = Path(__file__).parent
MOST_CHANGES = 200


class Row(Value):
    """One department: how often it was right, and what was answered instead, most often first."""

    department: str
    right: Figure
    instead: tuple[tuple[str, int], ...]


class Change(Value):
    """A case that two runs answered differently."""

    case: str
    text: str
    before: str
    now: str
    better: bool


class Comparison(Value):
    """Two runs over the same cases.

    `figures` are name, before and now. `p` is the exact probability (McNemar's test) of a
    difference like that between the cases that only one of them got right, were both as good.
    """

    figures: tuple[tuple[str, Figure, Figure], ...]
    changes: tuple[Change, ...]
    better: int
    worse: int
    p: float


def read_results(path: Path) -> dict[str, CaseResult]:
    """The results of an earlier run, as `--out` wrote them, by case.

    Raises:
        InvalidCases: the file cannot be read, or holds no results.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        results = [CaseResult.model_validate(one) for one in content["cases"]]
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise InvalidCases(f"{path} holds no results of `daozhen evaluate --out`") from error
    return {result.id: result for result in results}


def confusion(cases: Sequence[Case], results: Sequence[CaseResult]) -> tuple[Row, ...]:
    """By the first department that is right for a case, the most cases first."""
    by_department: dict[str, list[tuple[Case, CaseResult]]] = {}
    for case, result in zip(cases, results, strict=True):
        if case.departments:
            by_department.setdefault(case.departments[0], []).append((case, result))
    rows = [
        Row(
            department=department,
            right=Figure.count(is_right(case, result, 1) for case, result in pairs),
            instead=tuple(
                Counter(
                    result.departments[0].id if result.departments else ""
                    for case, result in pairs
                    if not is_right(case, result, 1)
                ).most_common(3)
            ),
        )
        for department, pairs in by_department.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.right.of, row.department)))


def compare_runs(
    cases: Sequence[Case], results: Sequence[CaseResult], earlier: dict[str, CaseResult]
) -> Comparison:
    """What is better and what is worse than in an earlier run, over the cases that both answered.

    Raises:
        InvalidCases: the earlier run answered none of them.
    """
    both = [(c, earlier[c.id], r) for c, r in zip(cases, results, strict=True) if c.id in earlier]
    if not both:
        raise InvalidCases("the earlier run answered none of these cases")
    asked = [case for case, _, _ in both]
    before = summarise(asked, [then for _, then, _ in both])
    now = summarise(asked, [result for _, _, result in both])
    changes = [
        Change(
            case=case.id,
            text=case.text,
            before=_said(then),
            now=_said(result),
            better=_is_good(case, result),
        )
        for case, then, result in both
        if _is_good(case, then) != _is_good(case, result)
    ]
    better = sum(change.better for change in changes)
    return Comparison(
        figures=tuple((name, before[name], now[name]) for name in now if now[name].of),
        changes=tuple(changes[:MOST_CHANGES]),
        better=better,
        worse=len(changes) - better,
        p=float(binomtest(better, len(changes)).pvalue) if changes else 1.0,
    )


def report(
    title: str,
    cases: Sequence[Case],
    results: Sequence[CaseResult],
    catalogue: Catalogue,
    red_flags: RedFlags,
    *,
    language: Language = "en",
    baselines: Sequence[Compared] = (),
    earlier: dict[str, CaseResult] | None = None,
) -> str:
    """The whole report as HTML.

    Raises:
        InvalidCases: `earlier` answered none of these cases.
    """
    flags = {flag.id: flag.names for flag in (*red_flags.flags, red_flags.similar)}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    missed = [
        (case, result)
        for case, result in zip(cases, results, strict=True)
        if case.disposition == "emergency" and not result.disposition.is_emergency
    ]
    return environment.get_template("report.html.jinja").render(
        title=title,
        language=language,
        say=messages(language).say,
        department=_names(catalogue, language),
        flag=lambda name: flags[name].in_language(language) if name in flags else name,
        read_by=results[0].read_by if results else "",
        number=len(cases),
        figures=[(name, figure) for name, figure in summarise(cases, results).items() if figure.of],
        seconds=timing(results),
        baselines=baselines,
        reliability=reliability(cases, results),
        rows=confusion(cases, results),
        emergencies=sum(case.disposition == "emergency" for case in cases),
        missed=missed,
        comparison=compare_runs(cases, results, earlier) if earlier is not None else None,
    )


def _names(catalogue: Catalogue, language: Language) -> Callable[[str], str]:
    def name(department: str) -> str:
        known = catalogue.by_id.get(department)
        return known.names.in_language(language) if known else department or "–"

    return name


def _said(result: CaseResult) -> str:
    first = result.departments[0].id if result.departments else "–"
    return f"{result.disposition.value}, {first}"


def _is_good(case: Case, result: CaseResult) -> bool:
    """Right in all that the case's labels can tell."""
    department = not case.departments or is_right(case, result, 1)
    if case.disposition in LEVELS:
        return department and level(result) == LEVELS[case.disposition]
    if case.disposition:
        return department and level(result) < LEVELS["emergency"]
    return department
