"""Triage cases in, figures out: `daozhen evaluate`. Cases and results as docs/formats.md describes."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from scipy.stats import binomtest

from assistant.answer import Answer, Heard
from assistant.errors import InvalidCases
from assistant.reception import Reception
from knowledge.catalogue import EMERGENCY
from scheduler.domain import Disposition, Language, Person, Sex, Value

Expected = Literal["emergency", "consultation", "self_care", "non_emergency"]
LEVELS = {"self_care": 0, "consultation": 1, "emergency": 2}


class Case(BaseModel):
    """One case, with what is right where somebody said so. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    lang: Language
    text: str
    age: float | None = None
    sex: Sex | None = None
    pregnant: bool | None = None
    departments: tuple[str, ...] | None = None
    disposition: Expected | None = None


class Ranked(Value):
    """A department in an answer."""

    id: str
    confidence: float


class CaseResult(Value):
    """What was answered to a case. `seconds` of wall time."""

    id: str
    disposition: Disposition
    acuity: int
    departments: tuple[Ranked, ...]
    desk: bool
    asked: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    read_by: str
    seconds: float


class Figure(Value):
    """A share with its 95% Wilson interval; None where no case could tell."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def count(cls, outcomes: Iterable[bool]) -> Figure:
        """The share of true outcomes."""
        values = list(outcomes)
        if not values:
            return cls(hits=0, of=0, share=None, low=None, high=None)
        interval = binomtest(sum(values), len(values)).proportion_ci(method="wilson")
        return cls(
            hits=sum(values),
            of=len(values),
            share=sum(values) / len(values),
            low=float(interval.low),
            high=float(interval.high),
        )

    def __str__(self) -> str:
        if self.share is None or self.low is None or self.high is None:
            return "no such case"
        return (
            f"{self.share:6.1%}  ({self.hits} of {self.of}; 95% {self.low:.1%} to {self.high:.1%})"
        )


def load_cases(path: Path, limit: int | None = None) -> tuple[Case, ...]:
    """Read cases, one JSON object a line.

    Raises:
        InvalidCases: the file cannot be read, or a line of it; the message says which and why.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # a case may hold other line breaks
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidCases(f"{path} cannot be read: {error}") from error
    cases = [_case(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]
    if len({case.id for case in cases}) != len(cases):
        raise InvalidCases(f"{path}: two cases have the same id")
    if not cases:
        raise InvalidCases(f"{path} holds no case: one JSON object a line is needed")
    return tuple(cases[:limit])


def evaluate(
    cases: Sequence[Case],
    reception: Reception,
    unfinished: Path,
    on_case: Callable[[CaseResult], None] = lambda result: None,
) -> tuple[CaseResult, ...]:
    """Answer every case. Results are kept in `unfinished` as they come, and taken from there again."""
    done = {result.id: result for result in _kept(unfinished)}
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("w", encoding="utf-8") as kept:
        kept.writelines(result.model_dump_json() + "\n" for result in done.values())
        for case in cases:
            if case.id not in done:
                done[case.id] = answer_case(case, reception)
                kept.write(done[case.id].model_dump_json() + "\n")
                kept.flush()
            on_case(done[case.id])
    return tuple(done[case.id] for case in cases)


def fingerprint(cases: Sequence[Case], reception: Reception) -> str:
    """Names a run: the same cases, catalogue, red flags and model give the same name."""
    parts = [case.model_dump_json() for case in cases]
    parts.append(reception.catalogue.model_dump_json())
    parts.append(reception.red_flags.model_dump_json())
    parts.append(reception.model.name or "model" if reception.model else "rules")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def answer_case(case: Case, reception: Reception) -> CaseResult:
    """What the desk would answer if this was all that the patient ever said."""
    person = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
    started = time.perf_counter()
    answer = reception.decide(Heard(words=case.text, person=person, language=case.lang))
    return CaseResult(
        id=case.id,
        disposition=answer.urgency.disposition,
        acuity=answer.urgency.acuity,
        departments=_departments(answer),
        desk=answer.outcome in ("desk", "unreadable"),
        asked=tuple(raised.flag.id for raised in answer.urgency.questions),
        flags=tuple(raised.flag.id for raised in answer.urgency.raised),
        read_by=answer.model.name,
        seconds=round(time.perf_counter() - started, 3),
    )


def summarise(cases: Sequence[Case], results: Sequence[CaseResult]) -> dict[str, Figure]:
    """The figures of a run, by name. Each counts only the cases whose labels can tell."""
    pairs = list(zip(cases, results, strict=True))
    labelled = [(c, r) for c, r in pairs if c.departments]
    urgent = [(c, r) for c, r in pairs if c.disposition == "emergency"]
    others = [(c, r) for c, r in pairs if c.disposition and c.disposition != "emergency"]
    # 'non_emergency' says only what it is not: it can be over-triaged, not under-triaged.
    graded = [(LEVELS[c.disposition], level(r)) for c, r in pairs if c.disposition in LEVELS]
    over = [given > right for right, given in graded]
    over += [level(r) == 2 for c, r in pairs if c.disposition == "non_emergency"]
    return {
        "department_top1": Figure.count(_hit(c, r, 1) for c, r in labelled),
        "department_top3": Figure.count(_hit(c, r, 3) for c, r in labelled),
        "emergency_sensitivity": Figure.count(r.disposition.is_emergency for _, r in urgent),
        "emergency_or_asked": Figure.count(
            r.disposition.is_emergency or bool(r.asked) for _, r in urgent
        ),
        "false_emergencies": Figure.count(r.disposition.is_emergency for _, r in others),
        "three_class": Figure.count(right == given for right, given in graded),
        "under_triage": Figure.count(given < right for right, given in graded),
        "over_triage": Figure.count(over),
        "sent_to_desk": Figure.count(r.desk for _, r in pairs),
        "asked_a_red_flag": Figure.count(bool(r.asked) for _, r in pairs),
    }


def timing(results: Sequence[CaseResult]) -> dict[str, float]:
    """Seconds per case: median and 95th percentile."""
    seconds = sorted(result.seconds for result in results)
    return {
        "seconds_median": statistics.median(seconds),
        "seconds_p95": seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))],
    }


def level(result: CaseResult) -> int:
    """A disposition on the three levels that cases are labelled with; see `LEVELS`."""
    if result.disposition.is_emergency:
        return 2
    return 0 if result.disposition == Disposition.SELF_CARE else 1


def _departments(answer: Answer) -> tuple[Ranked, ...]:
    candidates = answer.referral.candidates if answer.referral else ()
    return tuple(Ranked(id=c.department, confidence=c.confidence) for c in candidates)


def _hit(case: Case, result: CaseResult, first: int) -> bool:
    right = case.departments or ()
    if EMERGENCY in right and result.disposition.is_emergency:
        return True
    return any(ranked.id in right for ranked in result.departments[:first])


def _case(path: Path, number: int, line: str) -> Case:
    try:
        return Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise InvalidCases(f"{path}, line {number}, {where}: {first['msg']}") from error


def _kept(unfinished: Path) -> Iterator[CaseResult]:
    """Results of an interrupted run; a line that was cut off is answered again."""
    if not unfinished.exists():
        return
    for line in unfinished.read_text(encoding="utf-8").splitlines():
        try:
            yield CaseResult.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            continue
