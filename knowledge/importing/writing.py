"""`write_catalogue`: a catalogue as one JSON file."""

from __future__ import annotations

import os
from pathlib import Path

from knowledge.catalogue import Catalogue


def write_catalogue(catalogue: Catalogue, path: Path) -> None:
    """Write `catalogue` to `path` for `read_catalogue`; readers see the old file or the new one.

    What was never said, such as whom a department sees, is not written either: it makes a difference
    to `with_general_knowledge`. Raises OSError.
    """
    text = catalogue.model_dump_json(exclude_unset=True, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
