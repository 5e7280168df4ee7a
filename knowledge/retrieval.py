"""`Needs` → ranked departments, each with a confidence and what it rests on.

Two rankings are fused: the mean of a department's nearest entries in the vector store, and TF-IDF
of words, word pairs and character runs against all that the department says of itself. A clinic's
usual share of outpatients is added as the prior that it is, and what past visits teach where a
hospital has let it learn from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np
from chromadb.errors import ChromaError
from langchain_chroma import Chroma
from langchain_core.documents import Document
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from knowledge.catalogue import EMERGENCY, Catalogue
from knowledge.errors import IndexUnavailable
from knowledge.experience import Experience
from knowledge.terms import terms
from scheduler.domain import Language, Needs, Person, Value

Scores = NDArray[np.float64]

NEIGHBOURS = 400
BEST_ENTRIES = 5
LEXICAL_WEIGHT = 0.8
TEMPERATURE = 0.7
"""Divides fused scores before the softmax; fitted on our own cases by `benchmarks/calibrate.py`."""
UNSURE_BELOW = 0.45
"""Referrals less sure than this go to a person; chosen by the same command."""
SHARE_WEIGHT = 1.0
"""How much a clinic's usual share of outpatients counts, by its logarithm."""
EMERGENCY_MARGIN = 1.0
"""Words whose fused score for emergency care comes this near to the best clinic's are asked about."""
MOST_CANDIDATES = 3
NEAREST_PHRASES = 3


class Evidence(Value):
    """An entry of the hospital's knowledge that speaks for a department."""

    kind: str
    text: str
    passage: str | None = None
    similarity: float


class Candidate(Value):
    """A department that may be right, and how sure that is (0 to 1).

    `phrases` are the complaints known to belong there that are nearest to the words.
    """

    department: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    phrases: tuple[str, ...] = ()


class Excluded(Value):
    """A department that the words point to and the hospital's rules rule out."""

    department: str
    rule: str


class Referral(Value):
    """Ranked departments, best first. `unsure` sends the patient to a person.

    `like_emergency` says that the words resemble what emergency care sees: a reason to ask.
    """

    candidates: tuple[Candidate, ...]
    excluded: tuple[Excluded, ...] = ()
    unsure: bool
    like_emergency: bool = False


class _Hit(NamedTuple):
    document: Document
    similarity: float


class Weighed(NamedTuple):
    """What words say for each department, whoever spoke them: scores in the catalogue's order."""

    scores: Scores
    hits: list[_Hit]
    language: Language
    temperature: float
    like_emergency: bool


class Retriever:
    """Ranks the departments of one catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        store: Chroma,
        entries: list[Document],
        experience: Experience | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._experience = experience
        self._store = store
        self._ids = [d.id for d in catalogue.departments]
        texts: dict[str, list[str]] = {name: [] for name in self._ids}
        for entry in entries:
            texts[entry.metadata["department"]].append(entry.page_content)
        self._vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform("\n".join(own) for own in texts.values()).T

    @property
    def known_words(self) -> frozenset[str]:
        """The English words that the hospital's knowledge uses, in lower case."""
        vocabulary: Mapping[str, int] = self._vectorizer.vocabulary_
        return frozenset(term[2:] for term in vocabulary if term.startswith("w:"))

    @property
    def learned(self) -> str:
        """Names what past visits taught; empty where they taught nothing."""
        return self._experience.digest if self._experience else ""

    def refer(self, needs: Needs) -> Referral:
        """Rank the departments that may see this person.

        Raises:
            IndexUnavailable: the index cannot be searched.
        """
        return self.rank(self.weigh(needs), needs.person)

    def weigh(self, needs: Needs) -> Weighed:
        """What the words alone speak for: the costly half of `refer`.

        Raises:
            IndexUnavailable: the index cannot be searched.
        """
        said = "\n".join((needs.counted, *needs.chosen))
        hits = self._nearest(said)
        scores = self.scores(said, hits)
        # Before a model's choice of quotes counts, or that others who spoke so went to a clinic.
        like_emergency = self._near_emergency(scores)
        quotes = [finding.quote for finding in needs.present]
        if needs.read_by != "rules" and quotes:
            focus = ("，" if needs.language == "zh" else ", ").join(quotes)
            if focus != needs.counted:
                scores = (scores + self.scores(focus, self._nearest(focus))) / 2
        temperature = TEMPERATURE
        if self._experience is not None:
            scores = scores + self._experience.scores(said, self._ids)
            temperature = self._experience.temperature
        return Weighed(scores, hits, needs.language, temperature, like_emergency)

    def rank(self, weighed: Weighed, person: Person) -> Referral:
        """Of the departments that the words speak for, those that may see this person."""
        scores, hits, language, temperature, like_emergency = weighed
        refused = dict(self._refused(person))
        allowed = np.array([name not in refused and name != EMERGENCY for name in self._ids])
        if not allowed.any():
            return Referral(
                candidates=(),
                excluded=_excluded(refused),
                unsure=True,
                like_emergency=like_emergency,
            )
        confidence = _softmax(np.where(allowed, scores, -np.inf) / temperature)
        order = [i for i in np.argsort(-confidence) if allowed[i]][:MOST_CANDIDATES]
        candidates = tuple(
            Candidate(
                department=self._ids[i],
                confidence=round(float(confidence[i]), 4),
                evidence=_evidence(hits, self._ids[i], language),
                phrases=_phrases(hits, self._ids[i], language),
            )
            for i in order
        )
        first = self._ids[int(np.argmax(scores))]
        excluded = {first: refused[first]} if first in refused else {}
        return Referral(
            candidates=candidates,
            excluded=_excluded(excluded),
            unsure=candidates[0].confidence < UNSURE_BELOW,
            like_emergency=like_emergency,
        )

    def scores(self, text: str, hits: list[_Hit] | None = None) -> Scores:
        """A score for every department, in the order of the catalogue; higher is better."""
        dense = self._dense(self._nearest(text) if hits is None else hits)
        fused = _standard(dense) + LEXICAL_WEIGHT * _standard(self._lexical(text))
        shares = [department.usual_share for department in self._catalogue.departments]
        scores: Scores = fused + SHARE_WEIGHT * np.log(shares)
        return scores

    def _near_emergency(self, scores: Scores) -> bool:
        if EMERGENCY not in self._ids:
            return False
        others = [s for name, s in zip(self._ids, scores, strict=True) if name != EMERGENCY]
        own = scores[self._ids.index(EMERGENCY)]
        return bool(own > max(others, default=-np.inf) - EMERGENCY_MARGIN)

    def _nearest(self, text: str) -> list[_Hit]:
        try:
            found = self._store.similarity_search_with_score(text, k=NEIGHBOURS)
        except (ChromaError, OSError, RuntimeError) as error:
            raise IndexUnavailable(f"the index cannot be searched: {error}") from error
        return [_Hit(document, 1 - distance) for document, distance in found]

    def _dense(self, hits: list[_Hit]) -> Scores:
        """Mean similarity of each department's best entries; the farthest hit stands in for more."""
        best: dict[str, list[float]] = defaultdict(list)
        for document, similarity in hits:
            best[document.metadata["department"]].append(similarity)
        floor = min((hit.similarity for hit in hits), default=0.0)
        padding = [floor] * BEST_ENTRIES
        return np.array(
            [np.mean((best.get(name, []) + padding)[:BEST_ENTRIES]) for name in self._ids]
        )

    def _lexical(self, text: str) -> Scores:
        similarity: Scores = (self._vectorizer.transform([text]) @ self._matrix).toarray()[0]
        return similarity

    def _refused(self, person: Person) -> Iterator[tuple[str, str]]:
        for department in self._catalogue.departments:
            if rule := department.sees.refuses(person):
                yield department.id, rule


def _evidence(hits: list[_Hit], department: str, language: Language) -> tuple[Evidence, ...]:
    """The nearest phrase and the nearest passage of a department, in the patient's language."""
    chosen: dict[bool, Evidence] = {}
    for document, similarity in hits:
        meta = document.metadata
        if meta["department"] != department or meta["language"] != language:
            continue
        if (
            meta["kind"] == "name"
        ):  # 'you said stomach pain, so the stomach clinic' explains nothing
            continue
        is_passage = meta["kind"] == "passage"
        if is_passage not in chosen:
            chosen[is_passage] = Evidence(
                kind=meta["kind"],
                text=document.page_content,
                passage=meta.get("passage"),
                similarity=round(similarity, 4),
            )
    return tuple(chosen[is_passage] for is_passage in sorted(chosen))


def _phrases(hits: list[_Hit], department: str, language: Language) -> tuple[str, ...]:
    """The nearest phrases of a department in the patient's language, nearest first."""
    own = (
        document.page_content
        for document, _ in hits
        if document.metadata["department"] == department
        and document.metadata["language"] == language
        and document.metadata["kind"] == "complaint"
    )
    return tuple(islice(dict.fromkeys(own), NEAREST_PHRASES))


def _excluded(refused: Mapping[str, str]) -> tuple[Excluded, ...]:
    return tuple(Excluded(department=name, rule=rule) for name, rule in refused.items())


def _standard(scores: Scores) -> Scores:
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)


def _softmax(scores: Scores) -> Scores:
    powers = np.exp(scores - scores.max())
    result: Scores = powers / powers.sum()
    return result
