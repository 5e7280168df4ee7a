"""A third reader of danger, beside the patterns and the retrieval: how far words as a whole resemble
those of people in an emergency, and not those of people whose like words meant nothing urgent.

A logistic regression over TF-IDF of `knowledge.terms`, fitted to `described.yaml` whenever it is
loaded. It can only raise: it never speaks against what another reader found.
"""

from __future__ import annotations

from functools import cached_property

from pydantic import BaseModel, ConfigDict
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from knowledge.terms import terms
from scheduler.domain import Phrases

SHARPNESS = 30.0
"""The inverse strength of the regularisation; see `benchmarks/danger.py` for this and for the next."""
ASKED_FROM = 0.4
"""Words at least this much like an emergency are asked about."""
RAISED_FROM = 0.7
"""Words at least this much like an emergency are taken for one."""


class Described(BaseModel):
    """What people said who were in an emergency, and what `others` said who were not."""

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    emergencies: Phrases = Phrases()
    others: Phrases = Phrases()

    def likeness(self, text: str) -> float:
        """How much `text` is like an emergency, from 0 to 1; 0 where nothing is described."""
        if self._model is None:
            return 0.0
        return float(self._model.predict_proba([text])[0, 1])

    def examples(self) -> tuple[list[str], list[bool]]:
        """All messages, and whether each was an emergency."""
        emergencies = [*self.emergencies.en, *self.emergencies.zh]
        others = [*self.others.en, *self.others.zh]
        return emergencies + others, [True] * len(emergencies) + [False] * len(others)

    @cached_property
    def _model(self) -> Pipeline | None:
        texts, urgent = self.examples()
        return classifier(SHARPNESS).fit(texts, urgent) if len(set(urgent)) > 1 else None


def classifier(sharpness: float) -> Pipeline:
    """What learns to tell emergencies from others."""
    return make_pipeline(
        TfidfVectorizer(analyzer=terms, sublinear_tf=True),
        LogisticRegression(C=sharpness, class_weight="balanced", max_iter=1000),
    )
