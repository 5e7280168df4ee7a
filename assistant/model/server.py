"""A LangChain chat model over an OpenAI-compatible server of the hospital's own, such as vLLM."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from assistant.errors import ModelTimeout, ModelUnavailable


class ServerChatModel(BaseChatModel):
    """A model that another process serves; it is asked as `LocalChatModel` is.

    `invoke` and `stream` take `grammar`, `seconds` and `cancelled`. The grammar is sent as vLLM reads
    it (`structured_outputs`, with its guidance backend); a server that refuses it is asked without,
    and what it then answers is checked like everything that a model says. An answer that nobody
    wants any more is closed, which ends its decoding at the server.

    Raises:
        ModelTimeout: the server does not answer, not in time, or with an error.
    """

    name: str | None = None
    max_tokens: int = 256
    seconds: float = 60.0

    _client: ChatOpenAI = PrivateAttr()
    _takes_grammars: bool = PrivateAttr(default=True)

    @classmethod
    def connect(
        cls, address: str, name: str, *, key: str = "none", seconds: float = 60.0
    ) -> ServerChatModel:
        """A model by its name at a server, such as http://10.0.0.5:8000/v1.

        Raises:
            ModelUnavailable: the address is none, or not within the hospital: what patients say must
                not leave it.
        """
        _require_own_network(address)
        model = cls(name=name, seconds=seconds)
        model._client = ChatOpenAI(
            base_url=address,
            api_key=SecretStr(key),
            model=name,
            temperature=0,
            timeout=seconds,
            max_retries=0,
        )
        return model

    @property
    def _llm_type(self) -> str:
        return "daozhen-server"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"name": self.name, "max_tokens": self.max_tokens}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        text = "".join(self._pieces(messages, stop, **options))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self._pieces(messages, stop, **options):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

    def _pieces(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        *,
        grammar: str | None = None,
        seconds: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        **_: Any,
    ) -> Iterator[str]:
        deadline = time.monotonic() + (seconds or self.seconds)
        wanted = {"structured_outputs": {"grammar": grammar}} if grammar else {}
        try:
            if wanted and self._takes_grammars:
                try:
                    yield from self._asked(messages, stop, wanted, deadline, cancelled)
                    return
                except (openai.BadRequestError, openai.UnprocessableEntityError):
                    self._takes_grammars = False  # refused before the first piece
            yield from self._asked(messages, stop, {}, deadline, cancelled)
        except openai.OpenAIError as error:
            raise ModelTimeout(f"the model's server failed ({type(error).__name__})") from error

    def _asked(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        more: dict[str, Any],
        deadline: float,
        cancelled: Callable[[], bool],
    ) -> Iterator[str]:
        answer = self._client.stream(
            messages, stop=stop, extra_body=more or None, max_tokens=self.max_tokens
        )
        for piece in answer:
            if time.monotonic() > deadline or cancelled():
                raise ModelTimeout("the answer took too long or was no longer wanted")
            yield str(piece.text)


def _require_own_network(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelUnavailable(
            f"{address!r} is no address of a server, such as http://10.0.0.5:8000/v1"
        )
    try:
        found = socket.getaddrinfo(parts.hostname, None)
    except OSError as error:
        raise ModelUnavailable(f"there is no server {parts.hostname}: {error}") from error
    for *_, place in found:
        if not ipaddress.ip_address(str(place[0]).split("%")[0]).is_private:
            raise ModelUnavailable(
                f"{parts.hostname} is not within the hospital's own network:"
                " what patients say must not leave it"
            )
