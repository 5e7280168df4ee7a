"""The index: built once for each content, never half."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.progress import Progress

from knowledge.catalogue import Catalogue
from knowledge.errors import IndexUnavailable
from knowledge.index import documents, open_index
from tests.fakes import FakeEmbeddings


class Failing(FakeEmbeddings):
    """An embedder whose disk is full."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Fail."""
        raise OSError("no space left on device")


def renamed(catalogue: Catalogue) -> Catalogue:
    """The same catalogue with one department under another name."""
    first, *rest = catalogue.departments
    names = first.names.model_copy(update={"en": "Accidents"})
    return catalogue.model_copy(
        update={"departments": (first.model_copy(update={"names": names}), *rest)}
    )


def test_everything_that_a_department_says_of_itself_can_be_found(
    tiny_catalogue: Catalogue,
) -> None:
    entries = {
        (e.metadata["department"], e.metadata["kind"], e.metadata["language"], e.page_content)
        for e in documents(tiny_catalogue)
    }
    assert ("dermatology", "name", "en", "Dermatology") in entries
    assert ("dermatology", "complaint", "zh", "脸上长痘") in entries
    assert ("dermatology", "condition", "en", "eczema, psoriasis") in entries
    passage = "What we see: We see rashes and moles."
    assert ("dermatology", "passage", "en", passage) in entries


def test_a_language_that_a_department_does_not_speak_leaves_nothing_empty() -> None:
    one = Catalogue.model_validate({"departments": [{"id": "ent", "names": {"zh": "耳鼻喉科"}}]})
    (entry,) = documents(one)
    assert (entry.page_content, entry.metadata["language"]) == ("耳鼻喉科", "zh")


def test_the_index_is_built_once_and_opened_afterwards(
    tiny_catalogue: Catalogue, tmp_path: Path, quiet: Progress
) -> None:
    first, second = FakeEmbeddings(), FakeEmbeddings()
    built = open_index(tiny_catalogue, tmp_path, first, quiet)
    again = open_index(tiny_catalogue, tmp_path, second, quiet)
    assert len(first.texts) == len(documents(tiny_catalogue))
    assert not second.texts
    hits = [s.similarity_search("itchy rash", k=1)[0].page_content for s in (built, again)]
    assert hits == ["itchy red rash on the arms"] * 2


def test_another_content_gets_an_index_of_its_own(
    tiny_catalogue: Catalogue, tmp_path: Path, quiet: Progress
) -> None:
    open_index(tiny_catalogue, tmp_path, FakeEmbeddings(), quiet)
    embeddings = FakeEmbeddings()
    open_index(renamed(tiny_catalogue), tmp_path, embeddings, quiet)
    assert "Accidents" in embeddings.texts
    assert len(list((tmp_path / "index").iterdir())) == 2


def test_an_interrupted_build_leaves_no_index_and_is_started_again(
    tiny_catalogue: Catalogue, tmp_path: Path, quiet: Progress
) -> None:
    with pytest.raises(IndexUnavailable, match="no space left"):
        open_index(tiny_catalogue, tmp_path, Failing(), quiet)
    assert all(folder.suffix == ".partial" for folder in (tmp_path / "index").iterdir())
    store = open_index(tiny_catalogue, tmp_path, FakeEmbeddings(), quiet)
    assert store.similarity_search("itchy rash", k=1)


def test_a_damaged_index_is_reported_with_what_to_do(
    tiny_catalogue: Catalogue, tmp_path: Path, quiet: Progress
) -> None:
    open_index(tiny_catalogue, tmp_path / "intact", FakeEmbeddings(), quiet)
    (folder,) = (tmp_path / "intact" / "index").iterdir()
    broken = tmp_path / "broken" / "index" / folder.name
    broken.mkdir(parents=True)
    (broken / "chroma.sqlite3").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(IndexUnavailable, match="delete that folder"):
        open_index(tiny_catalogue, tmp_path / "broken", FakeEmbeddings(), quiet)


def test_a_home_that_cannot_be_written_to_is_reported(
    tiny_catalogue: Catalogue, tmp_path: Path, quiet: Progress
) -> None:
    (tmp_path / "index").write_text("a file where a folder should be")
    with pytest.raises(IndexUnavailable):
        open_index(tiny_catalogue, tmp_path, FakeEmbeddings(), quiet)
