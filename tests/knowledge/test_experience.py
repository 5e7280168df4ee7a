"""Past visits: what they teach is weighed on visits held out, and none of their words is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import InvalidVisits
from knowledge.experience import Experience, Lesson, Visit, learn, load, save
from knowledge.retrieval import Retriever
from tests.knowledge.test_retrieval import names, needs

DEPARTMENTS = ("dermatology", "gastroenterology", "gynaecology", "unseen")
SAYINGS = {
    "dermatology": ("my zorblax itches", "an itchy zorblax again", "this zorblax is red"),
    "gastroenterology": ("a quivelling belly", "quivelling after meals", "it is quivelling badly"),
    "gynaecology": ("the monthly plonk hurts", "a plonk that came late", "no plonk since May"),
}
"""Words that nobody's knowledge has, in a hospital where everybody knows them."""


def visits(each: int = 30) -> list[Visit]:
    return [
        Visit(sayings[number % len(sayings)], department)
        for number in range(each)
        for department, sayings in SAYINGS.items()
    ]


def nothing_known(number: int) -> np.ndarray:
    """Scores that prefer what is never right."""
    return np.tile([0.0, 0.0, 0.0, 1.0], (number, 1))


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return learn(visits(), DEPARTMENTS, nothing_known(90))


def test_visits_held_out_show_what_was_gained(lesson: Lesson) -> None:
    assert lesson.before[:, 0].sum() == 0
    assert lesson.after[:, 0].mean() > 0.9
    assert lesson.after.shape == (90, 2)
    assert lesson.experience.weight > 0


def test_where_words_say_nothing_of_the_department_hardly_anything_is_believed() -> None:
    random = np.random.default_rng(0)
    same = [Visit("it hurts", str(random.choice(DEPARTMENTS[:3]))) for _ in range(120)]
    sure = np.full((120, 4), 0.0)
    sure[np.arange(120), [DEPARTMENTS.index(visit.department) for visit in same]] = 5.0
    found = learn(same, DEPARTMENTS, sure)
    assert found.after[:, 0].all()


def test_a_department_without_visits_can_still_be_found(lesson: Lesson) -> None:
    scores = lesson.experience.scores("my zorblax itches", DEPARTMENTS)
    assert np.isfinite(scores).all()
    assert scores.argmax() == DEPARTMENTS.index("dermatology")
    assert scores.argmin() == DEPARTMENTS.index("unseen")


def test_of_two_departments_the_right_one_is_learned() -> None:
    two = [visit for visit in visits(40) if visit.department != "gynaecology"]
    found = learn(two, DEPARTMENTS, nothing_known(len(two)))
    assert found.experience.scores("itchy zorblax", DEPARTMENTS).argmax() == 0
    assert found.experience.scores("quivelling", DEPARTMENTS).argmax() == 1


def test_what_few_have_said_is_not_kept(tmp_path: Path) -> None:
    rare = Visit("my zorblax itches, says Bartholomew", "dermatology")
    experience = learn([*visits(), rare], DEPARTMENTS, nothing_known(91)).experience
    assert "w:zorblax" in experience.vectorizer.vocabulary_
    assert "w:bartholomew" not in experience.vectorizer.vocabulary_
    save(experience, tmp_path / "learned.npz")
    assert b"bartholomew" not in (tmp_path / "learned.npz").read_bytes()


def test_what_was_learned_is_read_back_as_it_was(lesson: Lesson, tmp_path: Path) -> None:
    path = tmp_path / "home" / "learned.npz"
    save(lesson.experience, path)
    again = load(path)
    for text in ("my zorblax itches", "quivelling", "something else", ""):
        expected = lesson.experience.scores(text, DEPARTMENTS)
        assert again.scores(text, DEPARTMENTS) == pytest.approx(expected, abs=1e-4)
    assert (again.weight, again.temperature) == (
        lesson.experience.weight,
        lesson.experience.temperature,
    )
    assert load(path).digest == again.digest


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04"])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "learned.npz"
    path.write_bytes(content)
    with pytest.raises(InvalidVisits, match="run `daozhen learn` again"):
        load(path)


@pytest.mark.parametrize(
    ("few", "message"),
    [
        (visits(5), "too few"),
        ([Visit("a rash", "dermatology")] * 80, "too few"),
        ([Visit(f"{n:x}", DEPARTMENTS[n % 2]) for n in range(80)], "no words"),
    ],
)
def test_too_little_to_learn_from_is_refused(few: list[Visit], message: str) -> None:
    with pytest.raises(InvalidVisits, match=message):
        learn(few, DEPARTMENTS, nothing_known(len(few)))


def taught(retriever: Retriever, experience: Experience) -> Retriever:
    retriever._experience = experience
    return retriever


def test_a_referral_uses_what_past_visits_taught(retriever: Retriever, lesson: Lesson) -> None:
    assert names(retriever.refer(needs("monthly plonk")))[0] != "gynaecology"
    referral = taught(retriever, lesson.experience).refer(needs("monthly plonk"))
    assert names(referral)[0] == "gynaecology"


def test_past_visits_never_make_words_less_like_an_emergency(
    retriever: Retriever, lesson: Lesson
) -> None:
    for text in ("heart attack", "stroke", "severe injury", "my zorblax itches"):
        before = retriever.refer(needs(text)).like_emergency
        assert taught(retriever, lesson.experience).refer(needs(text)).like_emergency == before
        retriever._experience = None
