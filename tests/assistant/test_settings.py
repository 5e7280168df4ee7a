"""Settings come from the environment, by names that an administrator can guess."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.settings import Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("DAOZHEN_") or name.upper() == "MODEL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.use_model
    assert not settings.hub
    assert settings.model == "qwen2.5-0.5b"


@pytest.mark.parametrize("name", ["MODEL", "DAOZHEN_MODEL"])
def test_the_model_has_two_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/models/mine")
    assert Settings().model == "/models/mine"


def test_the_short_name_of_the_model_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "short")
    monkeypatch.setenv("DAOZHEN_MODEL", "long")
    assert Settings().model == "short"


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("DAOZHEN_PORT", "8080", "port", 8080),
        ("DAOZHEN_USE_MODEL", "0", "use_model", False),
        ("DAOZHEN_HUB", "1", "hub", True),
        ("DAOZHEN_READING_SECONDS", "3.5", "reading_seconds", 3.5),
        ("DAOZHEN_EMERGENCY_PHONE", "112", "emergency_phone", "112"),
        ("DAOZHEN_CATALOGUE", "/hospital", "catalogue", Path("/hospital")),
        ("DAOZHEN_NOTICE_MINUTES", "0", "notice_minutes", 0),
    ],
)
def test_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(Settings(), field) == expected


def test_a_file_beside_the_program_is_read_and_the_environment_counts_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("MODEL=from-file\nDAOZHEN_PORT=1\nUNRELATED=1\n", encoding="utf-8")
    monkeypatch.setenv("DAOZHEN_PORT", "2")
    settings = Settings()
    assert (settings.model, settings.port) == ("from-file", 2)


def test_what_the_command_line_gives_counts_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "environment")
    monkeypatch.setenv("DAOZHEN_USE_MODEL", "1")
    settings = Settings(model="given", use_model=False)
    assert (settings.model, settings.use_model) == ("given", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAOZHEN_PORT", "99999"),
        ("DAOZHEN_PORT", "http"),
        ("DAOZHEN_READING_SECONDS", "0"),
        ("DAOZHEN_HORIZON_DAYS", "0"),
        ("DAOZHEN_NOTICE_MINUTES", "-1"),
        ("DAOZHEN_RESET_SECONDS", "1"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("DAOZHEN_").lower()):
        Settings()


def test_the_database_is_a_file_at_home_unless_another_is_given(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).database_url == f"sqlite:///{tmp_path}/records.sqlite"
    given = Settings(home=tmp_path, database="postgresql://db/daozhen")
    assert given.database_url == "postgresql://db/daozhen"
