"""Both languages say the same things, with the same facts, and nothing that is said is missing."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.pofile import read_po

import assistant
from assistant.access import ROOMS
from assistant.answer import Ground, Outcome, Problem, Topic
from assistant.desk import Why
from assistant.dialogue import AGES, PREGNANT, Subject
from assistant.evaluation.figures import summarise
from assistant.messages import FOLDER, messages
from assistant.pages.board.view import ALERTS as BOARD_ALERTS
from assistant.pages.board.view import BUSY, SPANS
from assistant.pages.desk.shift import ALERTS
from assistant.pages.patient.layout import COMPLAINTS, EXAMPLES, STEPS
from assistant.pages.patient.visit import FlagAnswer
from assistant.pages.understanding import KINDS
from assistant.triage import DUE_HOURS
from scheduler.domain import (
    LANGUAGES,
    Disposition,
    Language,
    PartOfDay,
    Sex,
    Title,
    WithoutSlot,
)
from scheduler.online import Kind
from scheduler.records import AppointmentStatus
from scheduler.records.values import NEXT
from scheduler.rules import SOFT, WHOLE_PLAN

OBSTACLES = ("emergency", "own_pin", "grid", "opening", "earliest", "works_in_department", "skill",
             "wheelchair_room", "commitment", "room", "equipment", "pinned", "practitioner",
             "patient")  # fmt: skip
ROOM = Path(assistant.__file__).parent
QUOTED = re.compile(r"[\"']([a-z_]+(?:\.[a-z_0-9]+)+)[\"']")
MADE = {
    *(f"outcome.{name}" for name in get_args(Outcome)),
    *(f"said.{name}" for name in get_args(Outcome) if name != "unreadable"),
    *(f"problem.{name}" for name in get_args(Problem)),
    *(f"desk.why.{name}" for name in ("danger_unclear", "unsure", "full", "records")),
    *(f"desk.title.{name}" for name in ("danger_unclear", "full", "records")),
    *(f"unreadable.{name}" for name in ("too_long", "no_words")),
    *(f"why.topic.{name}" for name in get_args(Topic)),
    *(f"ground.{name}" for name in get_args(Ground.model_fields["kind"].annotation)),
    *(f"why.excluded.{name}" for name in ("age", "sex", "pregnancy")),
    *(f"why.{kind}.{met}" for kind in ("wish", "language") for met in ("met", "unmet", "outweighed")),
    "wish.practitioner",
    *(f"status.{name}" for name in get_args(AppointmentStatus)),
    *(f"mark.{name}" for names in NEXT.values() for name in names),
    *(f"staff.why.{name}" for name in get_args(Why)),
    *(f"staff.look.{name}" for name in ("waiting", "day")),
    *(f"staff.reason.{name}" for name in ("emergency", "emergency_button", "asked_for_a_person")),
    *(f"staff.reason.{name}" for name in ("walk_in", "desk", "unsure", "danger_unclear")),
    *(f"staff.reason.{name}" for name in ("full", "records", "no_timetable")),
    *(f"staff.reason.{name}" for name in ("moved", "lost_time")),
    *(f"staff.alert.{name}" for name in ALERTS),
    *(f"staff.{room[1:]}" for room in ROOMS),
    *(f"insight.speak.{name}" for name in LANGUAGES),
    *(f"board.alert.{name}" for name in BOARD_ALERTS),
    *(f"board.busy.{name}" for name in BUSY),
    *(f"board.span.{name}" for name in SPANS),
    *(f"board.none.{name}" for name in get_args(WithoutSlot)),
    *(f"time.{name}" for name in ("days", "hours", "minutes")),
    *(f"board.worth.{name}" for name in ("day", "before", "first_come")),
    *(f"points.{name}" for name in (*(rule.name for rule in SOFT), *WHOLE_PLAN, "unplaced")),
    *(f"obstacle.{name}" for name in OBSTACLES),
    *(f"door.{name}" for name in ("refused", "records", "nobody")),
    *(f"why.urgency{how}" for how in ("", ".alike", ".confirmed")),
    *(f"title.{name}" for name in get_args(Title)),
    *(f"why.level.{acuity}" for acuity in DUE_HOURS),
    *(f"within.{hours}" for hours in DUE_HOURS.values()),
    *(f"step.{name}" for name in STEPS),
    *(f"offer.{name}" for name in get_args(Kind)),
    *(f"understood.{name}" for name in KINDS if not name.startswith("wish_")),
    *(f"understood.wish.{name}" for name in (*LANGUAGES, *get_args(Sex), *get_args(PartOfDay))),
    *(f"example.{number}" for number in range(1, EXAMPLES + 1)),
    *(f"complaint.{number}" for number in range(1, COMPLAINTS + 1)),
    *(f"who.{name}" for name in ("me", "child", "other")),
    *(f"sex.{name}" for name in get_args(Sex)),
    *(f"pregnant.{name}" for name in PREGNANT),
    *(f"age.{name}" for name in AGES),
    *(f"question.{name}" for name in get_args(Subject)),
    *(f"button.{name}" for name in get_args(FlagAnswer)),
    *(f"differs.{name}" for name in ("later", "earlier", "woman", "man", "doctor")),
    *("quote", "said.no_timetable", "differs.but", "differs.and"),
    *(f"disposition.{one.value}" for one in Disposition),
    *(f"figure.{name}" for name in summarise((), ())),
    *(f"baseline.{name}" for name in ("daozhen", "majority", "nearest", "no_model", "model_alone")),
    *("why.time.late", "why.time.in_time", "why.department", "why.department.plain"),
}  # fmt: skip
"""Ids that the code puts together from names."""


def texts(language: Language) -> dict[str, str]:
    """Messages by id, as they stand in the file."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def used() -> set[str]:
    """Ids that stand in the code or in a template as they are."""
    sources = [*ROOM.rglob("*.py"), *ROOM.rglob("*.html"), *ROOM.rglob("*.jinja")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    groups = {name.split(".")[0] for name in texts("en")}
    return {
        name
        for name in QUOTED.findall(code)
        if name.split(".")[0] in groups
        and not name.endswith((".html", ".gguf", ".jinja", ".css", ".js"))
    }


def test_both_languages_have_the_same_messages() -> None:
    assert texts("en").keys() == texts("zh").keys()


def test_every_message_has_the_same_facts_in_both_languages() -> None:
    chinese = texts("zh")
    different = {i for i, text in texts("en").items() if facts(text) != facts(chinese[i])}
    assert different == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty(language: Language) -> None:
    assert [
        i for i, text in texts(language).items() if not text.strip(" ,") and "sep" not in i
    ] == []


def test_every_message_that_is_used_exists() -> None:
    assert (used() | MADE) - texts("en").keys() == set()


def test_every_message_that_exists_is_used() -> None:
    spoken = used() | MADE
    rules = {name for name in texts("en") if name.startswith("rule.")}
    assert texts("en").keys() - spoken - rules == set()


def test_chinese_is_chinese_and_english_is_english() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [i for i, text in texts("en").items() if chinese.search(text)] == []
    bare = [i for i, text in texts("zh").items() if not chinese.search(text)]
    assert {
        i for i in bare if re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", texts("zh")[i]))
    } == set()


@pytest.mark.parametrize("name", get_args(Problem))
def test_problems_need_no_facts_in_the_terminal(name: str) -> None:
    assert messages("en").say(f"problem.{name}")


def test_a_missing_fact_is_an_error() -> None:
    with pytest.raises(KeyError):
        messages("en").say("why.minor")


def facts(text: str) -> set[str]:
    """The names of the facts that a text takes."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
