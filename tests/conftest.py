"""What all tests share: one seed, one tiny hospital, and a desk that really works."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from langchain_core.language_models import BaseChatModel
from rich.progress import Progress

import assistant  # noqa: F401  # keeps the libraries below off the network
from assistant.reception import Reception
from assistant.timetable import Timetable
from knowledge.catalogue import Catalogue
from knowledge.index import documents, open_index
from knowledge.red_flags import RedFlags, load_red_flags
from knowledge.retrieval import Retriever
from scheduler.records import Records
from tests import builders
from tests.fakes import FakeEmbeddings, FrozenClock

SEED = int(os.environ.get("DAOZHEN_TEST_SEED", "20260301"))
RED_FLAGS = Path(__file__).parent.parent / "knowledge" / "red_flags"

hypothesis_settings.register_profile(
    "daozhen",
    derandomize=True,
    print_blob=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("daozhen")


def pytest_report_header() -> str:
    """Say how to get the same run again."""
    return f"seeds: random and numpy {SEED} (DAOZHEN_TEST_SEED); Hypothesis is derandomized"


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(SEED)
    np.random.seed(SEED)


@pytest.fixture
def quiet() -> Progress:
    """Progress that nobody sees."""
    return Progress(disable=True)


@pytest.fixture(scope="session")
def tiny_catalogue() -> Catalogue:
    """Six departments."""
    return builders.tiny_catalogue()


@pytest.fixture(scope="session")
def tiny_red_flags() -> RedFlags:
    """Six flags, one of each kind."""
    return builders.tiny_red_flags()


@pytest.fixture(scope="session")
def red_flags() -> RedFlags:
    """The reviewed red flags that ship."""
    return load_red_flags(RED_FLAGS)


@pytest.fixture
def clock() -> FrozenClock:
    """A Monday morning before the clinics open."""
    return FrozenClock(builders.MONDAY)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """An empty SQLite database."""
    with Records.open(f"sqlite:///{tmp_path / 'records.sqlite'}") as opened:
        yield opened


@pytest.fixture(scope="session")
def index_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the index of the tiny catalogue is kept."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def embeddings() -> FakeEmbeddings:
    """Remembers every text that it was given."""
    return FakeEmbeddings()


@pytest.fixture
def retriever(
    tiny_catalogue: Catalogue, index_home: Path, embeddings: FakeEmbeddings, quiet: Progress
) -> Retriever:
    """Real retrieval over a real Chroma; the index is built once a run."""
    store = open_index(tiny_catalogue, index_home, embeddings, quiet)
    return Retriever(tiny_catalogue, store, documents(tiny_catalogue))


@pytest.fixture
def open_desk(
    tiny_catalogue: Catalogue,
    tiny_red_flags: RedFlags,
    retriever: Retriever,
    records: Records,
    clock: FrozenClock,
) -> Callable[..., Reception]:
    """Opens a desk, with a model or with other parts where a test needs them."""

    def open_it(
        model: BaseChatModel | None = None,
        *,
        red_flags: RedFlags = tiny_red_flags,
        records: Records | None = records,
        catalogue: Catalogue = tiny_catalogue,
    ) -> Reception:
        timetable = Timetable(catalogue, records, clock=clock)
        return Reception(catalogue, red_flags, retriever, records, model, timetable=timetable)

    return open_it


@pytest.fixture
def reception(open_desk: Callable[..., Reception]) -> Reception:
    """A desk without a model."""
    return open_desk()
