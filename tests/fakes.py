"""Stand-ins at the boundary: a model with a queue of answers, an embedder that hashes, a clock."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

SIZE = 256
_UNITS = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]")


class FakeModel(BaseChatModel):
    """Answers from a queue, raises what is an exception in it, and remembers what it was asked."""

    name: str | None = "fake"
    answers: list[Any] = Field(default_factory=list)
    asked: list[tuple[list[BaseMessage], dict[str, Any]]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any
    ) -> ChatResult:
        self.asked.append((messages, options))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=answer))])

    @property
    def heard(self) -> str:
        """Everything that reached the model, as one text."""
        return "\n".join(str(message.content) for messages, _ in self.asked for message in messages)


class FakeEmbeddings(Embeddings):
    """Texts that share words or Chinese characters are near each other."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        self.texts += texts
        return [_vector(_UNITS.findall(text.lower())) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text that searches."""
        return self.embed_documents([text])[0]


class FrozenClock:
    """A time that passes only when told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


def _vector(units: Iterable[str]) -> list[float]:
    vector = [0.01] * SIZE  # no text is without a direction
    for unit in units:
        vector[zlib.crc32(unit.encode()) % SIZE] += 1
    length = math.hypot(*vector)
    return [value / length for value in vector]
