"""Cases in, figures out: against results worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Heard
from assistant.errors import InvalidCases
from assistant.evaluation import running
from assistant.evaluation.cases import Case, load_cases
from assistant.evaluation.figures import Figure, reliability, summarise, timing
from assistant.evaluation.running import CaseResult, Ranked, answer_case, fingerprint
from assistant.reception import Reception
from scheduler.domain import Disposition
from tests.assistant.evaluation.builders import a_case, a_result
from tests.fakes import FakeModel


class Desk:
    """A reception that counts what it is asked, and breaks down when told to."""

    def __init__(self, reception: Reception, breaks_at: int = -1) -> None:
        self.reception = reception
        self.asked: list[str] = []
        self.breaks_at = breaks_at

    def decide(self, heard: Heard) -> Answer:
        """An answer, or a power cut."""
        if len(self.asked) == self.breaks_at:
            raise KeyboardInterrupt
        self.asked.append(heard.words)
        return self.reception.decide(heard)


def write(folder: Path, *lines: str) -> Path:
    """A file of cases."""
    path = folder / "cases.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_cases_are_read_with_what_they_leave_out_or_add(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '{"id": "a", "lang": "en", "text": "cough", "source": "made up"}',
        "",
        '{"id": "b", "lang": "zh", "text": "咳嗽\u2028发烧", "age": 0.5, "sex": "male", "pregnant": null, '
        '"departments": ["ent"], "disposition": "non_emergency"}',
    )
    first, second = load_cases(path)
    assert (first.departments, first.disposition, first.age) == (None, None, None)
    assert (second.departments, second.age, second.text) == (("ent",), 0.5, "咳嗽\u2028发烧")
    assert load_cases(path, limit=1) == (first,)


GOOD = '{"id": "a", "lang": "en", "text": "cough"}'


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([GOOD, "{"], "line 2"),
        ([GOOD, "", '{"id": "b", "lang": "fr", "text": "toux"}'], "line 3, lang"),
        (['{"id": "b", "lang": "en"}'], "line 1, text"),
        (['{"id": "b", "lang": "en", "text": "x", "disposition": "soon"}'], "line 1, disposition"),
        ([GOOD, GOOD], "same id"),
        ([""], "no case"),
    ],
)
def test_a_bad_file_is_refused_by_file_and_line(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(InvalidCases) as refused:
        load_cases(path)
    assert str(path) in str(refused.value)
    assert complaint in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "bytes"):
        with pytest.raises(InvalidCases, match="cannot be read"):
            load_cases(tmp_path / name)


CASES = (
    a_case("e1", disposition="emergency"),
    a_case("e2", disposition="emergency"),
    a_case("e3", disposition="emergency"),
    a_case("c1", disposition="consultation", departments=["ent", "allergy"]),
    a_case("c2", disposition="consultation", departments=["ent"]),
    a_case("s1", disposition="self_care"),
    a_case("n1", disposition="non_emergency", departments=["ent"]),
    a_case("u1"),
)
RESULTS = (
    a_result("e1", "emergency", "emergency"),
    a_result("e2", "consultation", asked=("heart",)),
    a_result("e3", "self_care"),
    a_result("c1", "consultation_24", "allergy", "ent"),
    a_result("c2", "emergency_ambulance", "emergency"),
    a_result("s1", "consultation", desk=True),
    a_result("n1", "consultation", "a", "b", "ent"),
    a_result("u1", "emergency", "emergency"),
)
BY_HAND = {
    "department_top1": (1, 3),  # c1
    "department_top3": (2, 3),  # c1, n1
    "emergency_sensitivity": (1, 3),  # e1
    "emergency_or_asked": (2, 3),  # e1, e2
    "false_emergencies": (1, 4),  # c2 of c1, c2, s1, n1
    "three_class": (2, 6),  # e1, c1
    "under_triage": (2, 6),  # e2, e3
    "over_triage": (2, 7),  # c2, s1; n1 can be over-triaged too
    "sent_to_desk": (1, 8),
    "asked_a_red_flag": (1, 8),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_figure_is_what_it_is_by_hand(name: str) -> None:
    figure = summarise(CASES, RESULTS)[name]
    assert (figure.hits, figure.of) == BY_HAND[name]


def test_every_figure_is_checked_by_hand() -> None:
    assert summarise(CASES, RESULTS).keys() == BY_HAND.keys()


def test_a_figure_of_no_cases_is_none() -> None:
    figure = Figure.count([])
    assert (figure.share, figure.low, figure.high) == (None, None, None)
    assert str(figure) == "no such case"


def test_a_wilson_interval_is_the_one_of_the_textbook() -> None:
    figure = Figure.count([True] * 8 + [False] * 2)
    assert figure.low == pytest.approx(0.4902, abs=1e-4)
    assert figure.high == pytest.approx(0.9433, abs=1e-4)
    assert str(figure).split() == ["80.0%", "(8", "of", "10;", "95%", "49.0%", "to", "94.3%)"]


@given(st.lists(st.booleans(), min_size=1, max_size=400))
def test_an_interval_holds_its_share(outcomes: list[bool]) -> None:
    figure = Figure.count(outcomes)
    assert figure.share is not None
    assert figure.low is not None
    assert figure.high is not None
    assert -1e-9 <= figure.low <= figure.share + 1e-9
    assert figure.share - 1e-9 <= figure.high <= 1 + 1e-9
    assert figure.high - figure.low < 0.95


def test_time_is_a_median_and_a_95th_percentile() -> None:
    results = [a_result(str(n), "consultation", seconds=n) for n in range(1, 101)]
    assert timing(results) == {"seconds_median": 50.5, "seconds_p95": 96}
    assert timing(results[:1]) == {"seconds_median": 1, "seconds_p95": 1}


def sure(right: list[bool], confidence: float) -> tuple[list[Case], list[CaseResult]]:
    """Answers that are all as sure, some of them right."""
    cases = [a_case(str(number), departments=["ent"]) for number in range(len(right))]
    results = [
        a_result(str(number), "consultation").model_copy(
            update={"departments": (Ranked(id="ent" if hit else "skin", confidence=confidence),)}
        )
        for number, hit in enumerate(right)
    ]
    return cases, results


def test_answers_that_are_as_right_as_they_are_sure_have_no_calibration_error() -> None:
    trust = reliability(*sure([True] * 6 + [False] * 4, 0.6))
    assert trust is not None
    assert trust.error == pytest.approx(0)
    assert trust.low <= trust.high
    (one,) = trust.bins
    assert (one.low, one.high, one.cases, one.right.hits) == (0.6, 0.7, 10, 6)


def test_boasting_and_modesty_both_count_as_calibration_error() -> None:
    first, then = sure([False] * 10, 0.9), sure([True] * 10, 0.3)
    cases, results = [*first[0], *then[0]], [*first[1], *then[1]]
    trust = reliability(cases, results)
    assert trust is not None
    assert trust.error == pytest.approx((0.9 + 0.7) / 2)
    assert [one.cases for one in trust.bins] == [10, 10]


def test_full_confidence_is_in_the_last_group() -> None:
    trust = reliability(*sure([True], 1.0))
    assert trust is not None
    assert trust.bins[0].high == 1.0


def test_without_departments_nothing_is_said_of_confidence() -> None:
    assert reliability([a_case()], [a_result("c1", "consultation", "ent")]) is None
    assert reliability([a_case(departments=["ent"])], [a_result("c1", "consultation")]) is None


def test_an_emergency_says_so_and_still_ranks_departments(reception: Reception) -> None:
    text = "stomach ache after meals and crushing chest pain"
    result = answer_case(a_case(text=text), reception)
    assert result.disposition == Disposition.EMERGENCY_AMBULANCE
    assert result.departments[0].id == "gastroenterology"
    assert result.flags == ("heart",)


def test_the_emergency_department_is_right_where_an_emergency_is_answered() -> None:
    case = a_case("e1", departments=["emergency"], disposition="emergency")
    for disposition, hits in (("emergency", 1), ("consultation", 0)):
        figures = summarise([case], [a_result("e1", disposition, "ent")])
        assert figures["department_top1"].hits == hits


def test_an_ordinary_case_names_ranked_departments(reception: Reception) -> None:
    case = a_case(text="stomach ache after meals, no crushing chest pain", age=30, sex="male")
    result = answer_case(case, reception)
    assert result.departments[0].id == "gastroenterology"
    assert "gynaecology" not in [d.id for d in result.departments]
    assert result.asked == ("heart",)
    assert (result.read_by, result.desk) == ("rules", False)


def test_answering_cases_leaves_nothing_on_the_desk(reception: Reception) -> None:
    answer_case(a_case(text="crushing chest pain"), reception)
    assert reception.records is not None
    assert not reception.records.handovers()


TEXTS = ("stomach ache", "itchy rash", "a cough and a fever", "acne on my face")


@pytest.fixture
def four() -> tuple[Case, ...]:
    """Four cases."""
    return tuple(a_case(f"c{n}", text=text) for n, text in enumerate(TEXTS))


def test_after_an_interruption_only_what_is_missing_is_answered(
    reception: Reception, tmp_path: Path, four: tuple[Case, ...]
) -> None:
    kept = tmp_path / "runs" / "unfinished.jsonl"
    with pytest.raises(KeyboardInterrupt):
        running.evaluate(four, Desk(reception, breaks_at=2), kept)  # type: ignore[arg-type]
    again, seen = Desk(reception), []
    results = running.evaluate(four, again, kept, seen.append)  # type: ignore[arg-type]
    assert again.asked == list(TEXTS[2:])
    assert [r.id for r in results] == [r.id for r in seen] == ["c0", "c1", "c2", "c3"]


def test_a_line_that_was_cut_off_is_answered_again_and_spoils_no_other(
    reception: Reception, tmp_path: Path, four: tuple[Case, ...]
) -> None:
    kept = tmp_path / "unfinished.jsonl"
    with pytest.raises(KeyboardInterrupt):
        running.evaluate(four, Desk(reception, breaks_at=2), kept)  # type: ignore[arg-type]
    kept.write_text(kept.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        running.evaluate(four, Desk(reception, breaks_at=2), kept)  # type: ignore[arg-type]
    last = Desk(reception)
    running.evaluate(four, last, kept)  # type: ignore[arg-type]
    assert last.asked == [TEXTS[3]]


def test_a_run_is_named_by_cases_catalogue_and_model(
    open_desk: Callable[..., Reception], four: tuple[Case, ...]
) -> None:
    reception = open_desk()
    name = fingerprint(four, reception)
    assert name == fingerprint(four, open_desk())
    assert name != fingerprint(four[:3], reception)
    assert name != fingerprint(four, open_desk(FakeModel()))
    smaller = reception.catalogue.model_copy(update={"schedules": ()})
    assert name != fingerprint(four, open_desk(catalogue=smaller))


def test_results_are_plain_json(reception: Reception) -> None:
    result = answer_case(a_case(), reception)
    assert CaseResult.model_validate(json.loads(result.model_dump_json())) == result
