"""A catalogue while it is being read: the entries so far, where each was read, what was wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

from knowledge.catalogue import Catalogue, Kind, Labels, require_consistent
from knowledge.errors import InvalidCatalogue
from knowledge.importing.fields import tidy
from knowledge.importing.validating import validated
from scheduler.domain import Department, Location, Practitioner, Value, WeeklySession

KINDS: tuple[Kind, ...] = get_args(Kind)

_MODELS: Mapping[Kind, type[Value]] = {
    "departments": Department,
    "practitioners": Practitioner,
    "locations": Location,
    "schedules": WeeklySession,
}


class Draft:
    """Collects entries and problems from any number of files."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._entries: dict[Kind, list[tuple[str, Value]]] = {kind: [] for kind in KINDS}
        self._complete = True

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Notes that a file, or a part of one, could not be read at all, and goes on."""
        try:
            yield
        except InvalidCatalogue as error:
            self.problems += error.problems
            self._complete = False

    def add(self, kind: Kind, where: str, raw: object) -> None:
        """Add an entry that was read at `where`, whatever names and spellings its fields have."""
        if not isinstance(raw, Mapping):
            self.problems.append(
                f"{where}: this should be an entry with fields, such as id and name"
            )
            return
        fields, unread = tidy(kind, raw)
        self.problems += [f"{where}, {field}: {problem}" for field, problem in unread.items()]
        entry, problems = validated(_MODELS[kind], fields, unread)
        self.problems += [where + problem for problem in problems]
        if entry:
            self._entries[kind].append((where, entry))

    def finished(self, source: str) -> Catalogue:
        """The catalogue. Raises `InvalidCatalogue` with every problem of any of its parts.

        What does not fit together is looked for only where every file could be read: without a list
        of departments, each mention of one would seem wrong.
        """
        read: dict[str, Any] = {
            kind: tuple(entry for _, entry in found) for kind, found in self._entries.items()
        }
        catalogue = Catalogue(**read)
        if self._complete and (catalogue.departments or not self.problems):
            labels: Labels = {kind: [where for where, _ in e] for kind, e in self._entries.items()}
            with self.reading():
                require_consistent(catalogue, source, labels)
        if self.problems:
            raise InvalidCatalogue(list(dict.fromkeys(self.problems)))
        return catalogue
