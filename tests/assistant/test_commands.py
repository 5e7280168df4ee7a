"""The terminal: what goes in, what is printed, what a command ends with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from assistant import building, commands
from assistant.errors import ModelUnavailable
from assistant.reception import Reception
from assistant.settings import Settings
from knowledge.catalogue import Catalogue
from knowledge.errors import IndexUnavailable
from knowledge.experience import load
from knowledge.retrieval import Retriever
from scheduler.records import Records
from tests.fakes import FakeModel

STOMACH = "stomach ache after meals"
Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAOZHEN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MODEL", raising=False)
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path, reception: Reception, monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Opens the tiny desk instead of the real one; the settings that it was opened with."""
    seen: list[Settings] = []

    def open_it(settings: Settings, progress: object, **_: object) -> Reception:
        seen.append(settings)
        return reception

    monkeypatch.setattr(building, "open_reception", open_it)
    monkeypatch.setattr(commands, "open_reception", open_it)
    return seen


@pytest.fixture
def run(opened: list[Settings], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command; consoles are made anew, since the runner swaps the streams."""

    def run_it(*arguments: object) -> Result:
        monkeypatch.setattr(commands, "out", Console(highlight=False, soft_wrap=True))
        monkeypatch.setattr(commands, "err", Console(stderr=True, soft_wrap=True))
        return CliRunner().invoke(commands.cli, [str(each) for each in arguments])

    return run_it


@pytest.fixture
def records(home: Path) -> Iterator[Records]:
    """The database that the commands open."""
    with Records.open(Settings().database_url) as opened:
        yield opened


def write_cases(folder: Path, *texts: str) -> Path:
    """A file of cases."""
    path = folder / "cases.jsonl"
    lines = [
        json.dumps({"id": f"c{n}", "lang": "en", "text": t, "departments": ["gastroenterology"]})
        for n, t in enumerate(texts)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


# --- receive ---------------------------------------------------------------------------------------


def test_an_answer_is_told_in_words(run: Run) -> None:
    result = run("receive", STOMACH)
    assert result.exit_code == 0
    assert "Gastroenterology · Dr " in result.output
    assert "Monday 3 March" in result.output
    assert f"“{STOMACH}”" in result.output


def test_it_is_told_in_the_language_of_the_words(run: Run) -> None:
    result = run("receive", "饭后胃痛")
    assert "消化内科" in result.output


def test_an_emergency_says_what_to_do(run: Run) -> None:
    result = run("receive", "crushing chest pain")
    assert "What to do about heart." in result.output
    assert "•" not in result.output


def test_a_question_is_asked(run: Run) -> None:
    assert "? Is it heart now?" in run("receive", f"{STOMACH}, no crushing chest pain").output


def test_json_has_the_shape_that_is_documented(run: Run) -> None:
    result = run("receive", STOMACH, "--json", "--age", "30", "--sex", "female", "--not-pregnant")
    data = json.loads(result.stdout)
    assert data["disposition"] == "consultation"
    assert data["departments"][0]["id"] == "gastroenterology"
    assert set(data["appointment"]) == {"department", "practitioner", "start", "end"}
    assert {"about", "text", "brief", "evidence"} == set(data["reasons"][0])
    assert data["needs"]["person"] == {"age": 30, "sex": "female", "pregnant": False}
    assert data["model"]["name"] == "rules"


def test_json_of_an_emergency_has_no_appointment(run: Run) -> None:
    data = json.loads(run("receive", "胸口压榨", "--json").stdout)
    assert (data["disposition"], data["acuity"]) == ("emergency_ambulance", 1)
    assert data["appointment"] is None


def test_receiving_books_nothing_and_tells_nobody(run: Run, records: Records) -> None:
    run("receive", "crushing chest pain")
    run("receive", STOMACH)
    assert not records.handovers()
    assert records.verify_audit().events == 0


@pytest.mark.parametrize(
    "options",
    [("--lang", "fr"), ("--sex", "other"), ("--age", "-1"), ("--age", "200"), ("--age", "old")],
)
def test_nonsense_on_the_command_line_is_refused(run: Run, options: tuple[str, str]) -> None:
    result = run("receive", STOMACH, *options)
    assert result.exit_code == 2
    assert options[0] in result.output


def test_no_model_means_no_model(run: Run, opened: list[Settings]) -> None:
    run("receive", STOMACH, "--no-model")
    run("receive", STOMACH)
    assert [settings.use_model for settings in opened] == [False, True]


def test_an_error_of_ours_ends_a_command_with_its_message(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(*_: Any, **__: Any) -> None:
        raise IndexUnavailable("delete [that] folder")

    monkeypatch.setattr(commands, "open_reception", unusable)
    result = run("receive", STOMACH)
    assert result.exit_code == 1
    assert "IndexUnavailable" in result.output
    assert "delete [that] folder" in result.output
    assert "Traceback" not in result.output


# --- evaluate --------------------------------------------------------------------------------------


def test_figures_are_printed_and_written(run: Run, tmp_path: Path, home: Path) -> None:
    cases = write_cases(tmp_path, STOMACH, "acne on my face")
    out = tmp_path / "results.json"
    result = run("evaluate", "--cases", cases, "--no-model", "--out", out)
    assert result.exit_code == 0, result.output
    assert "2 cases of cases.jsonl, read by rules" in result.output
    assert "(1 of 2; 95%" in result.output
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["summary"]["department_top1"]["share"] == 0.5
    assert [case["id"] for case in written["cases"]] == ["c0", "c1"]
    assert not list((home / "evaluations").iterdir())


def test_a_report_compares_with_an_earlier_run_and_with_baselines(run: Run, tmp_path: Path) -> None:
    cases = write_cases(tmp_path, STOMACH, "acne on my face")
    earlier, page = tmp_path / "results.json", tmp_path / "report.html"
    run("evaluate", "--cases", cases, "--out", earlier)
    told = run(
        *("evaluate", "--cases", cases, "--baselines", "--report", page),
        *("--compare", earlier, "--lang", "zh"),
    )
    assert told.exit_code == 0, told.output
    assert "nearest" in told.output
    written = page.read_text(encoding="utf-8")
    for heading in ("各项指标", "简单方法的对照", "与先前运行比较", "把握与正确率是否相符"):
        assert heading in written


def test_a_limit_answers_the_first_cases_only(run: Run, tmp_path: Path) -> None:
    cases = write_cases(tmp_path, STOMACH, "acne on my face")
    assert "1 cases" in run("evaluate", "--cases", cases, "--limit", "1").output


def test_a_bad_file_of_cases_is_named_before_anything_is_opened(
    run: Run, tmp_path: Path, opened: list[Settings]
) -> None:
    cases = tmp_path / "bad.jsonl"
    cases.write_text("{}", encoding="utf-8")
    result = run("evaluate", "--cases", cases)
    assert result.exit_code == 1
    assert "line 1" in result.output
    assert not opened


# --- learn -----------------------------------------------------------------------------------------


@pytest.fixture
def tiny_retriever(
    retriever: Retriever, tiny_catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny hospital's retrieval instead of the real one's."""
    monkeypatch.setattr(commands, "open_catalogue", lambda settings: tiny_catalogue)
    monkeypatch.setattr(commands, "open_retriever", lambda *parts: retriever)


def visits(folder: Path) -> Path:
    """Ninety visits to doctors of whom nothing but these visits knows what they treat."""
    rows = [f"my {word} hurts again,{department}" for word, department in LOCAL_WORDS] * 30
    path = folder / "visits.csv"
    path.write_text("\n".join(["complaint,department", *rows]), encoding="utf-8")
    return path


LOCAL_WORDS = (("zorblax", "dermatology"), ("plonk", "gynaecology"), ("quivel", "gastroenterology"))


@pytest.mark.usefixtures("tiny_retriever")
def test_past_visits_are_learned_from_and_used(run: Run, tmp_path: Path, home: Path) -> None:
    told = run("learn", visits(tmp_path))
    assert told.exit_code == 0, told.output
    assert "90 visits" in told.output
    assert "(90 of 90;" in told.output
    assert load(home / "learned.npz").visits == 90


@pytest.mark.usefixtures("tiny_retriever")
def test_trying_takes_nothing_into_use(run: Run, tmp_path: Path, home: Path) -> None:
    told = run("learn", visits(tmp_path), "--try")
    assert told.exit_code == 0, told.output
    assert "Nothing was taken into use." in told.output
    assert not (home / "learned.npz").exists()


@pytest.mark.usefixtures("tiny_retriever")
def test_visits_to_unknown_departments_are_a_clear_error(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("complaint,department\na rash,Skin Spa", encoding="utf-8")
    told = run("learn", path)
    assert told.exit_code == 1
    assert "Skin Spa" in told.output
    assert "Traceback" not in told.output


# --- desk and audit --------------------------------------------------------------------------------


def hand_over(records: Records, acuity: int, words: str) -> str:
    """A case on the desk."""
    return records.hand_over(
        reason="unsure", acuity=acuity, language="en", details={"words": words}, actor="kiosk"
    )


def test_the_desk_lists_the_most_urgent_first_and_words_as_they_are(
    run: Run, records: Records
) -> None:
    hand_over(records, 4, "my knee [bold]")
    hand_over(records, 2, "my chest")
    output = run("desk").output
    assert output.index("my chest") < output.index("my knee [bold]")


def test_a_case_is_closed_by_its_id(run: Run, records: Records) -> None:
    name = hand_over(records, 4, "my knee")
    assert "my knee" not in run("desk", "--close", name, "--note", "seen").output
    assert run("desk", "--close", "unknown").exit_code == 1


def test_an_intact_trail_is_said_to_be_so(run: Run, records: Records) -> None:
    hand_over(records, 4, "my knee")
    result = run("audit")
    assert (result.exit_code, result.output.strip()) == (0, "1 events, intact")


def test_a_broken_trail_ends_with_an_error(run: Run, records: Records) -> None:
    hand_over(records, 4, "my knee")
    with records._engine.begin() as connection:
        triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'")
        for (name,) in triggers.fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE audit_event SET actor = 'somebody else'")
    result = run("audit")
    assert result.exit_code == 1
    assert "broken at event" in result.output


# --- import ----------------------------------------------------------------------------------------


def test_a_catalogue_is_imported_and_what_knows_nothing_is_named(
    run: Run, tmp_path: Path, home: Path, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        commands, "open_catalogue", lambda chosen: commands.read_catalogue(chosen.catalogue)
    )
    source = tmp_path / "mine.json"
    source.write_text(
        json.dumps({"departments": [{"id": "ent", "names": {"en": "ENT"}}]}), encoding="utf-8"
    )
    result = run("import", source)
    assert result.exit_code == 0, result.output
    assert "Imported 1 departments" in result.output
    assert "Known by name only" in result.output
    assert "ent" in result.output
    assert (home / "catalogue.json").exists()


def test_a_catalogue_that_contradicts_itself_is_refused_and_nothing_is_taken_over(
    run: Run, tmp_path: Path, home: Path
) -> None:
    source = tmp_path / "mine.json"
    entry = {"id": "ent", "names": {"en": "ENT"}, "part_of": "nowhere"}
    source.write_text(json.dumps({"departments": [entry]}), encoding="utf-8")
    result = run("import", source)
    assert result.exit_code == 1
    assert "nowhere" in result.output
    assert not (home / "catalogue.json").exists()


# --- building --------------------------------------------------------------------------------------


def test_a_desk_opens_without_a_model_where_there_is_none_to_be_had(
    home: Path, quiet: Any, caplog: pytest.LogCaptureFixture
) -> None:
    missing = Settings(model=str(home / "no such folder"))
    assert building.open_model(missing, quiet) is None
    assert "Going on without a language model" in caplog.text


def test_an_embedded_model_that_cannot_be_fetched_is_done_without(
    home: Path, quiet: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ModelUnavailable("could not be downloaded")

    monkeypatch.setattr(building, "embedded_folder", refuse)
    assert building.open_model(Settings(), quiet) is None
    assert "could not be downloaded" in caplog.text


def test_a_model_that_is_not_wanted_is_not_looked_for(
    home: Path, quiet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "embedded_folder", None)
    assert building.open_model(Settings(use_model=False), quiet) is None


def test_a_model_is_named_in_json(
    run: Run, reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = {"present": ["stomach ache"], "absent": [], "since": None, "degree": None}
    monkeypatch.setattr(reception, "model", FakeModel(answers=[json.dumps(reading)]))
    data = json.loads(run("receive", STOMACH, "--json").stdout)
    assert data["model"]["name"] == "fake"
    assert data["needs"]["findings"] == [{"quote": "stomach ache", "status": "present"}]


def test_a_rehearsal_fills_the_days_of_the_reference_hospital_and_of_no_other(
    run: Run, home: Path
) -> None:
    result = run("rehearse", "--patients", 12, "--days", 3, "--before", 0)
    assert result.exit_code == 0, result.output
    assert "12 of 12" in result.output
    with Records.open(Settings(home=home).database_url) as records:
        assert len(records.appointments(date.today(), 3)) == 12
    (home / "catalogue.json").write_text("{}", encoding="utf-8")
    refused = run("rehearse")
    assert refused.exit_code == 1
    assert "real hospital" in refused.output
