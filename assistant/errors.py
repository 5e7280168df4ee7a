"""What can go wrong in the conversation, as one tree."""


class AssistantError(Exception):
    """Any error of this room."""


class ModelUnavailable(AssistantError):
    """The language model cannot be fetched, verified or loaded. The desk works on without it."""


class ModelTimeout(AssistantError):
    """The language model did not answer in time, or its answer was no longer wanted."""


class UnreadableWords(AssistantError):
    """The patient's message cannot be worked with; `code` names the message to show."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class InvalidCases(AssistantError):
    """A file of triage cases is malformed; the message names file and line."""


class InvalidSettings(AssistantError):
    """A setting has no sense; the message names it and says why."""
