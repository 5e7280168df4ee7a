"""Needs → departments that may be right, how sure that is, and what it rests on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.words import language_of
from knowledge.catalogue import EMERGENCY, Catalogue
from knowledge.retrieval import MOST_CANDIDATES, UNSURE_BELOW, Referral, Retriever
from knowledge.terms import terms
from scheduler.domain import Finding, Needs, Person

NOBODY = Person()


def needs(text: str, person: Person = NOBODY, *quotes: str) -> Needs:
    """Needs as rules read them, or as a model does where there are quotes."""
    return Needs(
        text=text,
        language=language_of(text, "en"),
        person=person,
        findings=tuple(Finding(quote=quote) for quote in quotes),
        read_by="fake" if quotes else "rules",
    )


def names(referral: Referral) -> list[str]:
    """The departments of a referral, best first."""
    return [candidate.department for candidate in referral.candidates]


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("stomach ache after meals", "gastroenterology"),
        ("饭后胃痛", "gastroenterology"),
        ("itchy rash", "dermatology"),
        ("胳膊红疹很痒", "dermatology"),
        ("painful periods", "gynaecology"),
        ("孩子咳嗽发烧", "paediatrics"),
        ("eczema", "dermatology"),
        ("胃炎", "gastroenterology"),
    ],
)
def test_the_department_that_knows_the_words_comes_first(
    retriever: Retriever, text: str, department: str
) -> None:
    assert names(retriever.refer(needs(text)))[0] == department


def test_a_department_that_may_not_see_the_person_is_left_out_and_said_so(
    retriever: Retriever,
) -> None:
    referral = retriever.refer(needs("painful periods", Person(sex="male")))
    assert "gynaecology" not in names(referral)
    assert [(e.department, e.rule) for e in referral.excluded] == [("gynaecology", "sex")]


@pytest.mark.parametrize("person", [NOBODY, Person(sex="female")])
def test_what_is_not_known_of_a_person_excludes_nothing(
    retriever: Retriever, person: Person
) -> None:
    referral = retriever.refer(needs("painful periods", person))
    assert names(referral)[0] == "gynaecology"
    assert not referral.excluded


@pytest.mark.parametrize(("age", "seen"), [(4, True), (14, True), (15, False)])
def test_ages_are_kept_to(retriever: Retriever, age: float, seen: bool) -> None:
    referral = retriever.refer(needs("a cough and a fever", Person(age=age)))
    assert ("paediatrics" in names(referral)) is seen


def test_the_emergency_department_is_no_clinic_but_may_be_asked_about(
    retriever: Retriever,
) -> None:
    referral = retriever.refer(needs("unconscious after an accident"))
    assert EMERGENCY not in names(referral)
    assert referral.like_emergency
    assert not retriever.refer(needs("stomach ache after meals")).like_emergency


def test_a_model_that_quotes_the_harmless_part_hides_no_likeness_to_an_emergency(
    retriever: Retriever,
) -> None:
    text = "unconscious after an accident, unconscious, and acne on my face"
    assert retriever.refer(needs(text)).like_emergency
    assert retriever.refer(needs(text, NOBODY, "acne on my face")).like_emergency


def test_what_a_model_quotes_counts_besides_the_words(retriever: Retriever) -> None:
    text = "I have a stomach ache after meals but came for acne on my face"
    plain = retriever.refer(needs(text))
    focused = retriever.refer(needs(text, NOBODY, "acne on my face"))
    before, after = (
        next(c.confidence for c in r.candidates if c.department == "dermatology")
        for r in (plain, focused)
    )
    assert after > before


def test_evidence_is_a_phrase_and_a_passage_in_the_language_of_the_words(
    retriever: Retriever,
) -> None:
    (best, *_) = retriever.refer(needs("饭后胃痛，腹胀")).candidates
    phrase, passage = best.evidence
    assert phrase.kind in ("name", "complaint", "condition")
    assert passage.passage == "stomach"
    assert "接诊胃痛" in passage.text


def test_nobody_can_be_seen_where_every_department_refuses(
    retriever: Retriever, tiny_catalogue: Catalogue
) -> None:
    women = tuple(
        d.model_copy(update={"sees": d.sees.model_copy(update={"sex": "female"})})
        for d in tiny_catalogue.departments
    )
    retriever._catalogue = tiny_catalogue.model_copy(update={"departments": women})
    referral = retriever.refer(needs("itchy rash", Person(sex="male")))
    assert referral.unsure
    assert not referral.candidates
    assert {e.rule for e in referral.excluded} == {"sex"}


@given(text=st.text(min_size=1, max_size=60), age=st.none() | st.floats(0, 120))
@hypothesis_settings(max_examples=40)
def test_any_words_get_ranked_candidates_whose_confidence_is_a_share(
    retriever: Retriever, text: str, age: float | None
) -> None:
    referral = retriever.refer(needs(text, Person(age=age)))
    shares = [candidate.confidence for candidate in referral.candidates]
    assert 0 < len(shares) <= MOST_CANDIDATES
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.001
    assert referral.unsure == (shares[0] < UNSURE_BELOW)


def test_the_words_of_the_catalogue_are_known(retriever: Retriever) -> None:
    assert {"stomach", "eczema", "rashes"} <= retriever.known_words
    assert "duele" not in retriever.known_words


def test_terms_are_words_pairs_and_runs_of_characters() -> None:
    assert {"w:hot", "p:hot tea", "<hot", "hot>"} <= set(terms("Hot tea"))
    assert {"胃", "胃痛", "饭后胃"} <= set(terms("饭后胃痛"))
    assert not [term for term in terms("胃,痛") if term == "胃痛"]
