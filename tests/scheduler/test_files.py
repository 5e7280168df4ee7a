"""What people hand over as files: read as it was written, or refused with the file and the field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scheduler.domain import Value, Words
from scheduler.errors import InvalidInstance, InvalidPlan
from scheduler.files import (
    FOLDER,
    SCHEMAS,
    read_instance,
    read_plan,
    read_request,
    read_weights,
    schema,
    write_json,
    write_schemas,
)
from scheduler.generation import generate
from scheduler.rules import Weights
from scheduler.solver import solve
from tests.scheduler.builders import a_plan, a_practitioner, a_request, an_instance

Reader = Callable[[Path], Value]
FULL = '{"requests": [], "sessions": [%s], "practitioners": [{"id": "li", "names": {"en": "Li"}}]}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where nothing is yet."""
    return tmp_path / "file.json"


# --- what is written is read again ----------------------------------------------------------------


def test_a_generated_instance_is_read_as_it_was_written(file: Path) -> None:
    made = generate(departments=2, practitioners=4, patients=40, seed=1)
    write_json(file, made)
    assert read_instance(file) == made


def test_a_plan_is_read_as_it_was_written(file: Path) -> None:
    planned = solve(an_instance(a_request("ann"), a_request("bob")), seconds=1)
    write_json(file, planned)
    assert read_plan(file) == planned


def test_a_request_is_read_as_it_was_written(file: Path) -> None:
    wanted = a_request("ann", sex="female", skills=("procedure",))
    write_json(file, wanted)
    assert read_request(file) == wanted


def test_chinese_stays_legible_in_utf_8(file: Path) -> None:
    made = an_instance(
        practitioners=[a_practitioner("dr-wang").model_copy(update={"names": Words(zh="王医生")})]
    )
    write_json(file, made)
    assert "王医生" in file.read_text(encoding="utf-8")
    assert read_instance(file) == made


def test_a_mark_before_the_text_does_no_harm(file: Path) -> None:
    write_json(file, a_request())
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_request(file) == a_request()


def test_what_cannot_be_written_leaves_the_file_as_it_was(file: Path) -> None:
    write_json(file, a_plan())
    before = file.read_bytes()
    file.with_name("file.json.part").mkdir()
    with pytest.raises(InvalidPlan, match="cannot be written"):
        write_json(file, solve(an_instance(), seconds=1))
    assert file.read_bytes() == before


def test_nothing_is_left_beside_what_was_written(file: Path) -> None:
    write_json(file, a_plan())
    assert [found.name for found in file.parent.iterdir()] == ["file.json"]


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    write_json(link, a_plan())
    assert link.is_symlink()
    assert read_plan(file) == a_plan()


# --- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "EOF while parsing"),
        ("{", "Invalid JSON"),
        ("[" * 3000, "recursion limit"),
        ("[]", "should be an object"),
        ("{}", "requests: Field required"),
        (FULL % '{"start": "soon"}', r"sessions\[0\]\.start: Input should be a valid datetime"),
        (FULL % "5", r"sessions\[0\]: Input should be an object"),
        (
            FULL % '{"start": "2026-03-02T09:00Z", "end": "2026-03-02T10:00",'
            ' "practitioner": "li", "department": "ent"}',
            r"sessions\[0\]\.start: Input should not have timezone info",
        ),
        (
            FULL % '{"start": "2026-03-02T09:00", "end": "2026-03-02T10:00",'
            ' "practitioner": "wu", "department": "ent"}',
            "file.json: a session names an unknown practitioner: wu",
        ),
        (
            FULL % '{"start": "2026-03-02T09:00", "end": "2026-03-02T10:00",'
            ' "practitioner": "li", "department": "ent"},'
            '{"start": "2029-03-02T09:00", "end": "2029-03-02T10:00",'
            ' "practitioner": "li", "department": "ent"}',
            "plan at most 100 days",
        ),
        (FULL.replace("{", '{"doctors": 3, ', 1) % "", "doctors: Extra inputs are not permitted"),
    ],
)
def test_a_bad_instance_is_refused_with_its_field(file: Path, content: str, said: str) -> None:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInstance, match=said) as refused:
        read_instance(file)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize("read", [read_instance, read_plan, read_request, read_weights])
def test_every_reader_says_that_a_file_is_missing_a_folder_or_no_text(
    read: Reader, file: Path
) -> None:
    wrong = InvalidPlan if read is read_plan else InvalidInstance
    with pytest.raises(wrong, match="there is no file"):
        read(file)
    with pytest.raises(wrong, match="is a folder"):
        read(file.parent)
    file.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(wrong, match="not UTF-8 at byte 8"):
        read(file)


def test_what_stands_for_a_file_but_cannot_be_read_is_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    with pytest.raises(InvalidPlan, match="cannot be read"):
        read_plan(loop)


def test_many_mistakes_are_counted_not_listed(file: Path) -> None:
    file.write_text(FULL % ", ".join("9" * 8), encoding="utf-8")
    with pytest.raises(InvalidInstance, match="and 3 more") as refused:
        read_instance(file)
    assert str(refused.value).count("sessions[") == 5


def test_a_plan_in_the_place_of_an_instance_is_refused(file: Path) -> None:
    write_json(file, a_plan())
    with pytest.raises(InvalidInstance, match=r"instance\.schema\.json"):
        read_instance(file)


# --- weights --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ['{"waiting_per_hour": 30}', '{\n\t"waiting_per_hour": 30\n}', "waiting_per_hour: 30\n"],
)
def test_weights_are_json_or_yaml_and_keep_what_they_leave_out(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    assert read_weights(file) == Weights(waiting_per_hour=30)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "valid dictionary"),
        ("- 3", "valid dictionary"),
        ("patience: 3", "patience: Extra inputs are not permitted"),
        ("moving: -1", "moving: Input should be greater than or equal to 0"),
        ("moving: much", "moving: Input should be a valid integer"),
        ("moving: 1.5", "moving: Input should be a valid integer"),
        ("moving: yes", "moving: Input should be a valid integer"),
        ("3: 4", "Keys should be strings"),
        ("moving: [", "neither JSON nor YAML"),
        ("moving: 2026-99-99", "neither JSON nor YAML"),
    ],
)
def test_bad_weights_are_refused_with_their_name(file: Path, content: str, said: str) -> None:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInstance, match=said):
        read_weights(file)


# --- schemas --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schemas_are_up_to_date(name: str, tmp_path: Path) -> None:
    write_schemas(tmp_path)
    published, now = (folder / f"{name}.schema.json" for folder in (FOLDER, tmp_path))
    assert published.read_text("utf-8") == now.read_text("utf-8"), "python -m scheduler.files"


def test_the_schema_takes_the_times_that_are_written(file: Path) -> None:
    made = generate(departments=1, practitioners=2, patients=10)
    pattern = schema("instance")["$defs"]["Session"]["properties"]["start"]["pattern"]
    for session in json.loads(made.model_dump_json())["sessions"]:
        assert re.match(pattern, session["start"])
    assert not re.match(pattern, "2026-03-02T09:00Z")


def test_the_schema_names_every_field_that_is_written() -> None:
    described = schema("instance")
    made = json.loads(generate(departments=2, practitioners=4, patients=40).model_dump_json())
    assert made.keys() <= described["properties"].keys()
    assert described["required"] == ["requests", "sessions", "practitioners"]
    fields = described["$defs"]["AppointmentRequest"]["properties"].keys()
    assert all(request.keys() <= fields for request in made["requests"])


def test_the_examples_of_the_documentation_can_be_used(file: Path) -> None:
    text = (FOLDER.parent / "scheduling.md").read_text("utf-8")
    examples = re.findall(r"```(json|yaml)\n(.*?)```", text, flags=re.DOTALL)
    for kind, example in examples:
        file.write_text(example, encoding="utf-8")
        assert read_instance(file).requests if kind == "json" else read_weights(file) != Weights()
    assert [kind for kind, _ in examples] == ["json", "yaml"]
