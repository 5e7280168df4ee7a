"""What the answers to labelled cases amount to, with 95% intervals."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from assistant.evaluation.cases import Case
from assistant.evaluation.running import CaseResult
from knowledge.catalogue import EMERGENCY
from scheduler.domain import Disposition, Value

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = {"self_care": 0, "consultation": 1, "emergency": 2}
BINS, RESAMPLES = 10, 1_000


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
        "department_top1": Figure.count(is_right(c, r, 1) for c, r in labelled),
        "department_top3": Figure.count(is_right(c, r, 3) for c, r in labelled),
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


def is_right(case: Case, result: CaseResult, first: int) -> bool:
    """Whether a right department is among the first so many."""
    right = case.departments or ()
    if EMERGENCY in right and result.disposition.is_emergency:
        return True
    return any(ranked.id in right for ranked in result.departments[:first])


class Bin(Value):
    """Answers of like confidence: how many, how sure on average, and how many of them right."""

    low: float
    high: float
    cases: int
    confidence: float
    right: Figure


class Reliability(Value):
    """Whether the first department is right as often as its confidence says.

    `error` is the expected calibration error over ten bins of equal width (Naeini, Cooper and
    Hauskrecht, 2015), `low` and `high` its 95% interval by the bootstrap.
    """

    bins: tuple[Bin, ...]
    error: float
    low: float
    high: float


def reliability(cases: Sequence[Case], results: Sequence[CaseResult]) -> Reliability | None:
    """How far confidence can be trusted; None where no case has a department to compare with."""
    pairs = [
        (result.departments[0].confidence, result.departments[0].id in case.departments)
        for case, result in zip(cases, results, strict=True)
        if case.departments and result.departments
    ]
    if not pairs:
        return None
    sure = np.array([confidence for confidence, _ in pairs])
    right = np.array([hit for _, hit in pairs], dtype=float)
    number = np.minimum((sure * BINS).astype(int), BINS - 1)
    again = np.random.default_rng(0).integers(0, len(pairs), (RESAMPLES, len(pairs)))
    errors = [_calibration_error(sure[at], right[at], number[at]) for at in again]
    low, high = np.percentile(errors, [2.5, 97.5])
    bins = [
        Bin(
            low=one / BINS,
            high=(one + 1) / BINS,
            cases=int((number == one).sum()),
            confidence=float(sure[number == one].mean()),
            right=Figure.count(right[number == one] > 0),
        )
        for one in np.unique(number).tolist()
    ]
    error = _calibration_error(sure, right, number)
    return Reliability(bins=tuple(bins), error=error, low=float(low), high=float(high))


def _calibration_error(sure: Floats, right: Floats, number: Ints) -> float:
    """The mean distance of confidence and share right over the bins, by their number of cases."""
    distance = np.bincount(number, sure - right, minlength=BINS)
    return float(np.abs(distance).sum() / len(sure))
