"""Cases answered one by one, kept as they come."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from assistant.answer import Answer, Heard
from assistant.evaluation.cases import Case
from assistant.reception import Reception
from scheduler.domain import Disposition, Person, Value


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
    """Names a run: the same cases, catalogue, red flags, past visits and model
    give the same name."""
    parts = [case.model_dump_json() for case in cases]
    parts.append(reception.catalogue.model_dump_json())
    parts.append(reception.red_flags.model_dump_json())
    parts.append(reception.learned)
    parts.append(reception.model.name or "model" if reception.model else "rules")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def answer_case(case: Case, reception: Reception) -> CaseResult:
    """What the desk would answer if this was all that the patient ever said."""
    person = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
    started = time.perf_counter()
    answer = reception.decide(Heard(words=case.text, person=person, language=case.lang))
    return result_of(case.id, answer, time.perf_counter() - started)


def result_of(name: str, answer: Answer, seconds: float) -> CaseResult:
    """What of an answer is kept."""
    return CaseResult(
        id=name,
        disposition=answer.urgency.disposition,
        acuity=answer.urgency.acuity,
        departments=_departments(answer),
        desk=answer.outcome in ("desk", "unreadable"),
        asked=tuple(raised.flag.id for raised in answer.urgency.questions),
        flags=tuple(raised.flag.id for raised in answer.urgency.raised),
        read_by=answer.model.name,
        seconds=round(seconds, 3),
    )


def _departments(answer: Answer) -> tuple[Ranked, ...]:
    candidates = answer.referral.candidates if answer.referral else ()
    return tuple(Ranked(id=c.department, confidence=c.confidence) for c in candidates)


def _kept(unfinished: Path) -> Iterator[CaseResult]:
    """Results of an interrupted run; a line that was cut off is answered again."""
    if not unfinished.exists():
        return
    for line in unfinished.read_text(encoding="utf-8").splitlines():
        try:
            yield CaseResult.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            continue
