"""What little would do: each answers the same cases, so that a figure can be judged.

A baseline ranks departments for a case. None of them sees what is right, and none is tuned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from sklearn.feature_extraction.text import TfidfVectorizer

from assistant.answer import Heard
from assistant.errors import ModelTimeout
from assistant.evaluation.cases import Case
from assistant.evaluation.figures import Figure
from assistant.intake import rendered
from assistant.reception import Reception
from assistant.words import clean
from knowledge.catalogue import EMERGENCY, Catalogue
from knowledge.index import documents
from knowledge.terms import terms
from scheduler.domain import Language, Person, Value

Ranking = Callable[[Case], Sequence[str]]


class Compared(Value):
    """How often a baseline's first department, or one of its first three, is right."""

    name: str
    top1: Figure
    top3: Figure


def compare(
    cases: Sequence[Case], baselines: Mapping[str, Ranking], on_case: Callable[[], None]
) -> tuple[Compared, ...]:
    """The figures of each baseline on the cases that have a department."""
    labelled = [case for case in cases if case.departments]
    found = []
    for name, ranking in baselines.items():
        first, three = [], []
        for case in labelled:
            ranked = list(ranking(case))
            right = [department in (case.departments or ()) for department in ranked]
            first.append(any(right[:1]))
            three.append(any(right[:3]))
            on_case()
        found.append(Compared(name=name, top1=Figure.count(first), top3=Figure.count(three)))
    return tuple(found)


def baselines_for(reception: Reception) -> dict[str, Ranking]:
    """The busiest departments, the nearest entries, and with a model: without it, and it alone."""
    catalogue = reception.catalogue
    chosen: dict[str, Ranking] = {
        "majority": busiest(catalogue),
        "nearest": nearest(catalogue),
    }
    if reception.model is not None:
        chosen["no_model"] = without_model(reception)
        chosen["model_alone"] = by_model(reception.model, catalogue)
    return chosen


def busiest(catalogue: Catalogue) -> Ranking:
    """The departments with the largest usual share of outpatients, whatever the words are."""
    clinics = [d for d in catalogue.departments if d.id != EMERGENCY]
    ranked = [d.id for d in sorted(clinics, key=lambda d: -d.usual_share)]
    return lambda case: ranked


def nearest(catalogue: Catalogue) -> Ranking:
    """The departments of the nearest entries of the same knowledge, by TF-IDF and nothing else."""
    entries = documents(catalogue)
    vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True)
    matrix = vectorizer.fit_transform([entry.page_content for entry in entries])
    of = [str(entry.metadata["department"]) for entry in entries]

    def ranked(case: Case) -> Sequence[str]:
        alike = (matrix @ vectorizer.transform([clean(case.text)]).T).toarray()[:, 0]
        return list(dict.fromkeys(of[i] for i in np.argsort(-alike, kind="stable")))

    return ranked


def without_model(reception: Reception) -> Ranking:
    """The same desk, read by rules."""
    desk = reception.without_model()

    def ranked(case: Case) -> Sequence[str]:
        person = Person(age=case.age, sex=case.sex, pregnant=case.pregnant)
        answer = desk.decide(Heard(words=case.text, person=person, language=case.lang))
        if answer.urgency.disposition.is_emergency and EMERGENCY in (case.departments or ()):
            return [EMERGENCY]
        return [c.department for c in answer.referral.candidates] if answer.referral else []

    return ranked


def by_model(model: BaseChatModel, catalogue: Catalogue) -> Ranking:
    """One department, named by the model from the list of all of them, without any knowledge."""
    names = {d.id: d.names for d in catalogue.departments}
    options = " | ".join(json.dumps(json.dumps(name)) for name in names)

    @lru_cache
    def prompt(language: Language) -> str:
        listed = [(name, words.in_language(language)) for name, words in names.items()]
        return rendered("choose_department.jinja", departments=listed).text

    def ranked(case: Case) -> Sequence[str]:
        messages = [SystemMessage(prompt(case.lang)), HumanMessage(clean(case.text))]
        try:
            answer = model.invoke(messages, grammar=f"start: {options}")
            return [json.loads(str(answer.content))]
        except (ModelTimeout, ValueError):
            return []

    return ranked
