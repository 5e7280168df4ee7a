"""Baselines: each does what its name says, and nothing that could help it more."""

from __future__ import annotations

import json
from collections.abc import Callable

from assistant.errors import ModelTimeout
from assistant.evaluation.baselines import baselines_for, busiest, by_model, compare, nearest
from assistant.reception import Reception
from knowledge.catalogue import EMERGENCY, Catalogue
from tests.assistant.evaluation.builders import a_case
from tests.fakes import FakeModel


def test_the_busiest_departments_are_named_whatever_the_words_are(
    tiny_catalogue: Catalogue,
) -> None:
    ranking = busiest(tiny_catalogue)
    ranked = list(ranking(a_case()))
    assert ranked == list(ranking(a_case(text="acne on my face")))
    shares = [tiny_catalogue.by_id[name].usual_share for name in ranked]
    assert shares == sorted(shares, reverse=True)
    assert EMERGENCY not in ranked


def test_the_nearest_entry_names_the_department(tiny_catalogue: Catalogue) -> None:
    ranked = nearest(tiny_catalogue)(a_case(text="my period is late"))
    assert ranked[0] == "gynaecology"
    assert len(ranked) == len(set(ranked))


def test_a_model_alone_chooses_one_department_from_the_whole_list(
    tiny_catalogue: Catalogue,
) -> None:
    model = FakeModel(answers=['"dermatology"'])
    assert by_model(model, tiny_catalogue)(a_case(text="a rash")) == ["dermatology"]
    (messages, options), *_ = model.asked
    for department in tiny_catalogue.departments:
        assert department.id in str(messages[0].content)
        assert json.dumps(json.dumps(department.id)) in options["grammar"]
    assert messages[1].content == "a rash"
    assert "a rash" not in str(messages[0].content)


def test_a_model_that_fails_has_no_department(tiny_catalogue: Catalogue) -> None:
    model = FakeModel(answers=[ModelTimeout("too slow"), "no JSON"])
    ranking = by_model(model, tiny_catalogue)
    assert [ranking(a_case()), ranking(a_case())] == [[], []]


def test_with_a_model_there_are_two_baselines_more(open_desk: Callable[..., Reception]) -> None:
    assert baselines_for(open_desk()).keys() == {"majority", "nearest"}
    with_model = baselines_for(open_desk(FakeModel()))
    assert with_model.keys() == {"majority", "nearest", "no_model", "model_alone"}


def test_without_the_model_rules_read(open_desk: Callable[..., Reception]) -> None:
    model = FakeModel()
    case = a_case(text="my period is late")
    found = baselines_for(open_desk(model))["no_model"](case)
    assert found[0] == "gynaecology"
    assert model.asked == []


def test_figures_of_baselines_are_those_by_hand() -> None:
    cases = [
        a_case("c1", departments=["ent"]),
        a_case("c2", departments=["skin", "allergy"]),
        a_case("c3", departments=["eyes"]),
        a_case("unlabelled"),
    ]
    counted: list[int] = []
    (one,) = compare(
        cases, {"same": lambda case: ["ent", "b", "skin", "eyes"]}, lambda: counted.append(1)
    )
    assert (one.top1.hits, one.top3.hits, one.top1.of) == (1, 2, 3)
    assert len(counted) == 3
