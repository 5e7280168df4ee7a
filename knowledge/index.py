"""The hospital's knowledge as a searchable index: embedded Chroma, built once for each content."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from rich.progress import Progress

from knowledge import embedding
from knowledge.catalogue import Catalogue
from knowledge.errors import IndexUnavailable
from scheduler.domain import LANGUAGES, Department

Kind = Literal["name", "complaint", "condition", "passage"]
FORMAT = 1
BATCH = 64
CONDITIONS_TOGETHER = 6
"""Names of conditions in one entry. Alone they take twice the time to index and find no better."""


def documents(catalogue: Catalogue) -> list[Document]:
    """Everything that a referral can rest on, one document a phrase or passage and language."""
    return [document for d in catalogue.departments for document in _of_department(d)]


def open_index(
    catalogue: Catalogue, home: Path, embeddings: Embeddings, progress: Progress
) -> Chroma:
    """The vector store of `catalogue`, built under `home` on first use.

    Raises:
        IndexUnavailable: it can neither be opened nor built.
    """
    entries = documents(catalogue)
    folder = home / "index" / _digest(entries)
    try:
        if not folder.is_dir():
            _build(entries, folder, embeddings, progress)
        return _store(folder, embeddings)
    except (OSError, ChromaError) as error:
        raise IndexUnavailable(
            f"the index in {folder} cannot be used ({error}): delete that folder and start again"
        ) from error


def _of_department(department: Department) -> Iterator[Document]:
    for language in LANGUAGES:
        phrases: list[tuple[Kind, str]] = []
        if name := getattr(department.names, language):
            phrases.append(("name", name))
        phrases += [("name", alias) for alias in getattr(department.aliases, language)]
        phrases += [("complaint", text) for text in getattr(department.complaints, language)]
        conditions = getattr(department.conditions, language)
        phrases += [("condition", ", ".join(group)) for group in _groups(conditions)]
        for kind, text in phrases:
            metadata = {"department": department.id, "kind": kind, "language": language}
            yield Document(page_content=text, metadata=metadata)
        for passage in department.passages:
            if text := getattr(passage, language):
                title = passage.title.in_language(language)
                metadata = {"department": department.id, "kind": "passage", "language": language}
                metadata["passage"] = passage.id
                yield Document(page_content=f"{title}: {text}", metadata=metadata)


def _groups(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(names), CONDITIONS_TOGETHER):
        yield names[start : start + CONDITIONS_TOGETHER]


def _digest(entries: list[Document]) -> str:
    content = [(entry.page_content, entry.metadata) for entry in entries]
    text = json.dumps([FORMAT, embedding.NAME, content], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _build(
    entries: list[Document], folder: Path, embeddings: Embeddings, progress: Progress
) -> None:
    """Fill a new store beside its final place, then move it there."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    task = progress.add_task("Indexing the hospital's knowledge (once)", total=len(entries))
    try:
        store = _store(partial, embeddings)
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            store.add_documents(batch, ids=[str(start + i) for i in range(len(batch))])
            progress.update(task, advance=len(batch))
    finally:
        # Chroma keeps a store open for the life of the process; it must let go before the move, or
        # before another attempt.
        SharedSystemClient.clear_system_cache()
    partial.rename(folder)


def _store(folder: Path, embeddings: Embeddings) -> Chroma:
    return Chroma(
        collection_name="knowledge",
        embedding_function=embeddings,
        persist_directory=str(folder),
        client_settings=Settings(
            anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder)
        ),
        collection_configuration={"hnsw": {"space": "cosine", "ef_search": 500}},
    )
