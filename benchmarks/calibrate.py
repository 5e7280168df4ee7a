"""How the constants of `knowledge.retrieval` were chosen, on our own cases alone.

    python -m benchmarks.calibrate

Prints department accuracy by lexical weight, likelihood by temperature, and what each threshold of
confidence would send to the desk: for short messages (`tests/cases/departments.jsonl`) and for whole
accounts by writers who had not seen the hospital's knowledge (`narratives.jsonl`). Both are
development sets: their figures here justify constants and are no claim about how good referrals are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.building import open_catalogue
from assistant.commands import progress_bars
from assistant.evaluation.cases import Case, load_cases
from assistant.particulars import read_person
from assistant.settings import Settings
from assistant.words import clean
from benchmarks.common import CASES
from knowledge import retrieval
from knowledge.catalogue import EMERGENCY, Catalogue
from knowledge.embedding import LocalEmbeddings
from knowledge.index import documents, open_index
from knowledge.retrieval import Retriever
from scheduler.domain import Person

FILES = ("departments.jsonl", "narratives.jsonl")
Matrix = NDArray[np.float64]


def main() -> None:
    """Print three tables for each file."""
    settings = Settings()
    catalogue = open_catalogue(settings)
    with progress_bars() as progress:
        store = open_index(catalogue, settings.home, LocalEmbeddings(), progress)
    retriever = Retriever(catalogue, store, documents(catalogue))
    for name in FILES:
        print(f"\n=== {name}")
        calibrate(retriever, catalogue, load_cases(CASES / name))


def calibrate(retriever: Retriever, catalogue: Catalogue, cases: tuple[Case, ...]) -> None:
    """Print the three tables for these cases."""
    right = np.array(
        [[d.id in (c.departments or ()) for d in catalogue.departments] for c in cases]
    )
    allowed = np.array([_allowed(case, catalogue) for case in cases])

    print("lexical weight   top-1   top-3")
    chosen = retrieval.LEXICAL_WEIGHT
    for weight in (0.0, 0.4, 0.8, 1.0, 1.2, 1.5, 2.0):
        scores = _scores(retriever, cases, allowed, weight)
        order = np.argsort(-scores, axis=1)
        hits = np.take_along_axis(right, order, axis=1)
        print(f"{weight:14}   {hits[:, 0].mean():.3f}   {hits[:, :3].any(1).mean():.3f}")

    scores = _scores(retriever, cases, allowed, chosen)
    retrieval.LEXICAL_WEIGHT = chosen
    print("\ntemperature   negative log-likelihood   mean confidence")
    for temperature in (0.4, 0.5, 0.6, 0.7, 0.8, 1.0):
        shares = _shares(scores, temperature)
        loss = -np.log((shares * right).sum(1).clip(1e-9)).mean()
        print(f"{temperature:11}   {loss:23.4f}   {shares.max(1).mean():.3f}")

    shares = _shares(scores, retrieval.TEMPERATURE)
    correct = right[np.arange(len(cases)), shares.argmax(1)]
    print("\nunsure below   to the desk   right among those   right among the rest")
    for threshold in (0.3, 0.4, 0.5, 0.6):
        unsure = shares.max(1) < threshold
        among = f"{correct[unsure].mean():.3f}" if unsure.any() else "    -"
        print(
            f"{threshold:12}   {unsure.mean():11.3f}   {among:>17}   {correct[~unsure].mean():.3f}"
        )


def _scores(
    retriever: Retriever, cases: tuple[Case, ...], allowed: Matrix, weight: float
) -> Matrix:
    retrieval.LEXICAL_WEIGHT = weight
    scores = np.array([retriever.scores(clean(case.text)) for case in cases])
    return np.where(allowed, scores, -np.inf)


def _shares(scores: Matrix, temperature: float) -> Matrix:
    powers = np.exp((scores - scores.max(1, keepdims=True)) / temperature)
    shares: Matrix = powers / powers.sum(1, keepdims=True)
    return shares


def _allowed(case: Case, catalogue: Catalogue) -> list[bool]:
    told = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
    person, _ = read_person(clean(case.text), case.lang, told)
    return [d.id != EMERGENCY and not d.sees.refuses(person) for d in catalogue.departments]


if __name__ == "__main__":
    main()
