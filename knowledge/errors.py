"""What can be wrong with a hospital's knowledge, as one tree."""


class KnowledgeError(Exception):
    """Any error of this room."""


class InvalidCatalogue(KnowledgeError):
    """A catalogue cannot be used. `problems` says each thing wrong, with file, row and field."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class InvalidRedFlags(KnowledgeError):
    """The red-flag data contradicts itself; the message names file and entry."""


class InvalidVisits(KnowledgeError):
    """Past visits cannot be read or learned from."""


class IndexUnavailable(KnowledgeError):
    """The vector index cannot be built or opened."""
