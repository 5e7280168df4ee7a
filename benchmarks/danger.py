"""How emergencies are told from what only sounds like one.

    python -m benchmarks.danger

First what the constants of `knowledge.red_flags.likeness` were chosen by: ten-fold cross-validation
within `described.yaml`, by sharpness and threshold. Then the result: pairs of an emergency and its
look-alike (`tests/cases/pairs.jsonl`) whose writers saw nothing of our data, and of which nothing was
ever used to choose or to describe anything; by the patterns alone, and by all readers of raw words.
"""

from __future__ import annotations

import numpy as np
from rich.progress import track
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from assistant.building import RED_FLAGS
from assistant.evaluation.cases import Case, load_cases
from assistant.evaluation.figures import Figure
from assistant.particulars import read_person
from assistant.triage import Urgency, assess
from assistant.words import clean
from benchmarks.common import CASES, out, print_table
from knowledge.red_flags import RedFlags, load_red_flags
from knowledge.red_flags.likeness import Described, classifier
from scheduler.domain import LANGUAGES, Person

SEED = 5
SHARPNESSES = (3.0, 10.0, 30.0, 100.0)
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


def main() -> None:
    """Print both tables."""
    red_flags = load_red_flags(RED_FLAGS)
    choose(red_flags.described)
    report(red_flags)


def choose(described: Described) -> None:
    """Cross-validated shares above each threshold: of emergencies, and of the others."""
    texts, urgent = described.examples()
    folds = StratifiedKFold(10, shuffle=True, random_state=SEED)
    rows = []
    for sharpness in track(SHARPNESSES, "Cross-validation", transient=True):
        found = cross_val_predict(
            classifier(sharpness), texts, urgent, cv=folds, method="predict_proba"
        )[:, 1]
        rows.append([f"{sharpness:g}", *(_shares(found, np.array(urgent), t) for t in THRESHOLDS)])
    print_table(
        f"Emergencies / others at least so much like one ({sum(urgent)} / {len(urgent) - sum(urgent)}, "
        f"cross-validated, seed {SEED})",
        ["sharpness", *(f"≥ {threshold}" for threshold in THRESHOLDS)],
        rows,
    )


def report(red_flags: RedFlags) -> None:
    """What the pairs are taken for."""
    patterns = red_flags.model_copy(update={"described": Described()})
    rows = []
    for language in LANGUAGES:
        cases = [case for case in load_cases(CASES / "pairs.jsonl") if case.lang == language]
        for name, readers in (("patterns alone", patterns), ("with likeness", red_flags)):
            found = [(case, _urgency(case, readers)) for case in cases]
            urgent = [u for case, u in found if case.disposition == "emergency"]
            others = [u for case, u in found if case.disposition != "emergency"]
            rows += [
                [f"{language}, {name}: emergencies recognised", _recognised(urgent)],
                ["– recognised, or asked about", _asked(urgent)],
                ["– look-alikes called an emergency", _recognised(others)],
                ["– look-alikes asked about", _asked(others)],
            ]
    print_table("Pairs that nothing was chosen by", ["", "share"], rows)
    out.print("Only raw words were read: neither the model nor retrieval can take anything back.")


def _urgency(case: Case, red_flags: RedFlags) -> Urgency:
    text = clean(case.text)
    told = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
    person, _ = read_person(text, case.lang, told)
    return assess(red_flags, text, person)


def _shares(found: np.ndarray, urgent: np.ndarray, threshold: float) -> str:
    above = found >= threshold
    return f"{above[urgent].mean():.1%} / {above[~urgent].mean():.1%}"


def _recognised(found: list[Urgency]) -> str:
    return str(Figure.count(each.disposition.is_emergency for each in found))


def _asked(found: list[Urgency]) -> str:
    return str(Figure.count(e.disposition.is_emergency or bool(e.questions) for e in found))


if __name__ == "__main__":
    main()
