"""From settings to a working `Reception`: each part opened once, with progress on what takes long."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from rich.progress import Progress

from assistant.errors import ModelTimeout, ModelUnavailable
from assistant.intake import read_by_model
from assistant.model.weights import EMBEDDED, embedded_folder
from assistant.reception import Reception
from assistant.settings import Settings
from assistant.timetable import Timetable
from knowledge.catalogue import REFERENCE_HOSPITAL, Catalogue, with_general_knowledge
from knowledge.embedding import LocalEmbeddings
from knowledge.experience import Experience, load
from knowledge.importing import read_catalogue
from knowledge.index import documents, open_index
from knowledge.red_flags import load_red_flags
from knowledge.retrieval import Retriever
from scheduler.files import read_weights
from scheduler.records import Records

RED_FLAGS = Path(__file__).parent.parent / "knowledge" / "red_flags"
logger = logging.getLogger(__name__)


def open_reception(
    settings: Settings, progress: Progress, *, with_records: bool = True
) -> Reception:
    """Open everything that a visit needs; without a model where there is none to be had.

    Raises:
        InvalidCatalogue, InvalidRedFlags, IndexUnavailable, InvalidVisits: the hospital's knowledge
            is unusable.
        RecordsUnavailable: the database is.
        InvalidInstance: the file of weights is.
    """
    catalogue = open_catalogue(settings)
    retriever = open_retriever(settings, catalogue, progress, open_experience(settings))
    red_flags = load_red_flags(RED_FLAGS)
    # Compiles the patterns and fits what is described now, so that no patient waits for it.
    red_flags.mentions("")
    red_flags.described.likeness("")
    records = Records.open(settings.database_url) if with_records else None
    return Reception(
        catalogue,
        red_flags,
        retriever,
        records,
        open_model(settings, progress),
        timetable=open_timetable(settings, catalogue, records),
    )


def open_timetable(settings: Settings, catalogue: Catalogue, records: Records | None) -> Timetable:
    """The clinics of a catalogue, with the hospital's own weights.

    Raises:
        InvalidInstance: the file of weights is unusable.
    """
    return Timetable(
        catalogue,
        records,
        horizon_days=settings.horizon_days,
        notice=timedelta(minutes=settings.notice_minutes),
        weights=read_weights(settings.weights) if settings.weights else None,
    )


def open_catalogue(settings: Settings) -> Catalogue:
    """The catalogue of the settings, else the imported one, else the reference hospital's."""
    source = settings.catalogue
    if source is None and settings.imported_catalogue.exists():
        source = settings.imported_catalogue
    reference = read_catalogue(REFERENCE_HOSPITAL)
    if source is None:
        return reference
    return with_general_knowledge(read_catalogue(source), reference)


def open_retriever(
    settings: Settings,
    catalogue: Catalogue,
    progress: Progress,
    experience: Experience | None = None,
) -> Retriever:
    """What ranks the departments of a catalogue; its index is built on first use.

    Raises:
        IndexUnavailable: the index can neither be opened nor built.
    """
    store = open_index(catalogue, settings.home, LocalEmbeddings(), progress)
    return Retriever(catalogue, store, documents(catalogue), experience)


def open_experience(settings: Settings) -> Experience | None:
    """What past visits taught, if anything.

    Raises:
        InvalidVisits: the file of it is broken.
    """
    return load(settings.learned) if settings.learned.exists() else None


def open_model(settings: Settings, progress: Progress) -> BaseChatModel | None:
    """The language model of the settings, or None, with a warning that says why."""
    if not settings.use_model:
        return None
    try:
        if settings.server:
            return _served(settings)
        # Loading torch takes seconds: only where a model is wanted.
        from assistant.model.local import LocalChatModel

        folder: Path | str = settings.model
        if embedded := EMBEDDED.get(settings.model):
            folder = embedded_folder(embedded, settings.home, progress)
        task = progress.add_task("Loading the language model", total=1)
        model = LocalChatModel.load(folder, hub=settings.hub, seconds=settings.reading_seconds)
        progress.update(task, advance=1)
    except ModelUnavailable as error:
        logger.warning("Going on without a language model: %s", error)
        return None
    return model


def _served(settings: Settings) -> BaseChatModel:
    try:
        from assistant.model.server import ServerChatModel
    except ImportError as error:
        raise ModelUnavailable(
            "install what servers need: pip install 'daozhen[server]'"
        ) from error
    return ServerChatModel.connect(
        settings.server,
        settings.model,
        key=settings.server_key.get_secret_value(),
        seconds=settings.reading_seconds,
    )


def warm_up(model: BaseChatModel | None) -> None:
    """Do now what the first patient would wait for: read the fixed part of the prompt, and pack the
    weights. Takes up to a minute; patients can be answered meanwhile."""
    if model is None:
        return
    from assistant.model.local import LocalChatModel

    if not isinstance(model, LocalChatModel):
        return
    try:
        read_by_model(model, "hello", "en")
    except ModelTimeout:
        logger.warning("The language model is slow: it did not read a word in time")
    model.pack()
