"""What a hospital's past visits teach: which department saw people who spoke like this.

Kept are weights of terms that several visits share, never anybody's words. They are one more source
of a referral's scores. How much they count is chosen on visits that they were not learned from.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from knowledge.errors import InvalidVisits
from knowledge.terms import terms

Scores = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_VISITS, FEWEST_DEPARTMENTS = 60, 2
SHARED_BY = 3
"""A term that fewer visits have is not kept: it could tell who they were."""
STRENGTH = 10.0
UNSEEN = 0.05
"""The share of doubt that is spread over all departments, seen or not."""
FOLDS = 5
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
TEMPERATURES = (0.5, 0.7, 1.0, 1.4, 2.0)


class Visit(NamedTuple):
    """The words of one past visit, and the id of the department that was right."""

    words: str
    department: str


@dataclass(frozen=True, slots=True)
class Experience:
    """Weights of terms by department; how much they count (`weight`), and how sure the sum of all
    sources is then (`temperature`)."""

    vectorizer: TfidfVectorizer
    departments: tuple[str, ...]
    coefficients: Scores
    intercepts: Scores
    weight: float
    temperature: float
    visits: int

    @property
    def digest(self) -> str:
        """Names what was learned."""
        numbers = self.coefficients.astype(np.float32).tobytes() + self.intercepts.tobytes()
        named = json.dumps([self.departments, self.weight, self.temperature]).encode()
        return hashlib.sha256(numbers + named).hexdigest()

    def scores(self, text: str, departments: Sequence[str]) -> Scores:
        """What to add to the scores of these departments for some words."""
        row = (self.vectorizer.transform([text]) @ self.coefficients.T)[0] + self.intercepts
        powers = np.exp(row - row.max())
        seen = dict(zip(self.departments, powers / powers.sum(), strict=True))
        shares = np.array([seen.get(name, 0.0) for name in departments])
        return np.asarray(self.weight * np.log((1 - UNSEEN) * shares + UNSEEN / len(departments)))


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned, and what it gained on visits that it was not learned from: for each visit
    whether the right department came first, or among the first three, without it and with it."""

    experience: Experience
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]


def learn(visits: Sequence[Visit], departments: Sequence[str], scores: Scores) -> Lesson:
    """Learn from visits, given the `scores` that each has without them (visits × departments).

    Raises:
        InvalidVisits: there are too few to learn from.
    """
    right = np.array([departments.index(visit.department) for visit in visits])
    if len(visits) < FEWEST_VISITS or len(set(right.tolist())) < FEWEST_DEPARTMENTS:
        raise InvalidVisits(
            f"{len(visits)} visits to {len(set(right.tolist()))} departments are too few to learn "
            f"from: {FEWEST_VISITS} visits and {FEWEST_DEPARTMENTS} departments at least"
        )
    with_it = np.empty_like(scores)
    for others, held_out in _folds(len(visits)):
        taught = _taught(visits, departments, scores, right, others)
        with_it[held_out] = _with(taught, visits, departments, scores, held_out)
    everything = np.arange(len(visits))
    return Lesson(
        experience=_taught(visits, departments, scores, right, everything),
        before=_hits(scores, right),
        after=_hits(with_it, right),
    )


def save(experience: Experience, path: Path) -> None:
    """Write what was learned; numbers and terms only, nothing that runs when it is read."""
    told = {
        "terms": experience.vectorizer.get_feature_names_out().tolist(),
        "departments": experience.departments,
        "weight": experience.weight,
        "temperature": experience.temperature,
        "visits": experience.visits,
    }
    content = io.BytesIO()
    np.savez_compressed(
        content,
        told=np.frombuffer(json.dumps(told).encode(), dtype=np.uint8),
        idf=experience.vectorizer.idf_,
        coefficients=experience.coefficients.astype(np.float32),
        intercepts=experience.intercepts,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(content.getvalue())
    partial.replace(path)


def load(path: Path) -> Experience:
    """Read what was learned.

    Raises:
        InvalidVisits: the file is not what `save` wrote.
    """
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            told = json.loads(file["told"].tobytes())
            vectorizer = _vectorizer(vocabulary=told["terms"])
            vectorizer.idf_ = file["idf"]
            return Experience(
                vectorizer=vectorizer,
                departments=tuple(told["departments"]),
                coefficients=file["coefficients"].astype(np.float64),
                intercepts=file["intercepts"],
                weight=told["weight"],
                temperature=told["temperature"],
                visits=told["visits"],
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise InvalidVisits(f"{path} cannot be read; run `daozhen learn` again") from error


# --- learning -------------------------------------------------------------------------------------


def _taught(
    visits: Sequence[Visit], departments: Sequence[str], scores: Scores, right: Ints, known: Ints
) -> Experience:
    """Learned from the `known` visits: how much it counts is chosen on a part of them, held out."""
    part, held_out = _folds(len(known))[0]
    trial = _fitted(visits, known[part])
    at = known[held_out]
    alone = _with(trial, visits, departments, np.zeros_like(scores), at)
    _, weight, temperature = min(
        (_loss((scores[at] + weight * alone) / temperature, right[at]), weight, temperature)
        for weight in WEIGHTS
        for temperature in TEMPERATURES
    )
    return _fitted(visits, known, weight, temperature)


def _fitted(
    visits: Sequence[Visit], known: Ints, weight: float = 1.0, temperature: float = 1.0
) -> Experience:
    vectorizer = _vectorizer(min_df=SHARED_BY)
    try:
        matrix = vectorizer.fit_transform([visits[i].words for i in known])
    except ValueError as error:
        raise InvalidVisits("the visits share no words: nothing can be learned") from error
    labels = [visits[i].department for i in known]
    if len(set(labels)) < FEWEST_DEPARTMENTS:
        raise InvalidVisits("nearly all visits are to one department: nothing can be learned")
    model = LogisticRegression(C=STRENGTH, max_iter=500).fit(matrix, labels)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps the second class only
        coefficients = np.vstack([-coefficients / 2, coefficients / 2])
        intercepts = np.concatenate([-intercepts / 2, intercepts / 2])
    return Experience(
        vectorizer=vectorizer,
        departments=tuple(map(str, model.classes_)),
        coefficients=coefficients,
        intercepts=intercepts,
        weight=weight,
        temperature=temperature,
        visits=len(known),
    )


def _vectorizer(**settings: object) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=terms, sublinear_tf=True, **settings)


def _with(
    experience: Experience,
    visits: Sequence[Visit],
    departments: Sequence[str],
    scores: Scores,
    at: Ints,
) -> Scores:
    added = [experience.scores(visits[i].words, departments) for i in at]
    return np.asarray(scores[at] + np.array(added))


def _folds(number: int) -> list[tuple[Ints, Ints]]:
    return list(KFold(FOLDS, shuffle=True, random_state=0).split(np.arange(number)))


def _loss(scores: Scores, right: Ints) -> float:
    """The mean surprise at what was right."""
    least = scores.max(axis=1, keepdims=True)
    total = np.log(np.exp(scores - least).sum(axis=1)) + least[:, 0]
    return float((total - scores[np.arange(len(right)), right]).mean())


def _hits(scores: Scores, right: Ints) -> NDArray[np.bool_]:
    """Whether the right department came first, and among the first three."""
    rank = (scores > scores[np.arange(len(right)), right][:, None]).sum(axis=1)
    return np.stack([rank < 1, rank < 3], axis=1)
