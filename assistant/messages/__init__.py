"""What Daozhen says, in message catalogues (gettext). A third language needs a file only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

from scheduler.domain import Language

FOLDER = Path(__file__).parent


class Messages:
    """The messages of one language, by id. Facts are filled in by name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def say(self, message: str, **facts: object) -> str:
        """The text of `message` with `facts` filled in.

        Raises:
            KeyError: there is no such message, or a fact is missing.
        """
        return self._texts[message].format(**facts)

    def ids(self) -> frozenset[str]:
        """The ids of all messages."""
        return frozenset(self._texts)


@lru_cache(maxsize=8)
def messages(language: Language) -> Messages:
    """The catalogue of `language`."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    return Messages({str(entry.id): str(entry.string) for entry in catalogue if entry.id})
