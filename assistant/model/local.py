"""A LangChain chat model over local weights, with decoding under a grammar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any

import llguidance
import llguidance.hf
import torch
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from assistant.errors import ModelTimeout, ModelUnavailable
from assistant.model.batching import run_together
from assistant.model.decoding import Decoder, Request
from assistant.model.line import Line, Ticket
from assistant.model.packing import can_pack, pack

ROLES = {"human": "user", "ai": "assistant", "system": "system"}
LOOK_BACK, LOOK_AHEAD = 24, 40
"""Characters of an answer by which its place in a text is found, and of the text from there."""
TOGETHER = 16
"""Requests that a GPU answers in the same passes. On a CPU, whose cores one answer keeps busy, they
come one after another."""
FENCE = "\ue000"
"""A private-use character that marks where a message's own words stand in the rendered chat."""


class LocalChatModel(BaseChatModel):
    """Any causal language model of a local folder, as a LangChain chat model.

    `invoke` and `stream` take, besides the messages, `grammar` (Lark, as llguidance reads it),
    `seconds` (time limit, with the time in line), `cancelled` (a callable asked before every pass),
    `ahead` (told how many requests come before this one) and `follows` (texts that the answer is
    likely to follow: they make it faster and change nothing in it). Answers are greedy, so the same
    messages and grammar give the same answer. Requests are answered first come, first served: on a GPU
    as many together as wait (up to `together`), on a CPU one at a time.

    What a person said can never act as a control token: message contents are tokenized apart from
    the chat template, with special tokens read as plain text.
    """

    name: str | None = None
    max_tokens: int = 256
    seconds: float = 60.0
    together: int = Field(default_factory=lambda: TOGETHER if torch.cuda.is_available() else 1)

    _tokenizer: PreTrainedTokenizerBase = PrivateAttr()
    _of_words: PreTrainedTokenizerBase = PrivateAttr()
    _constraints: llguidance.LLTokenizer = PrivateAttr()
    _decoder: Decoder = PrivateAttr()
    _line: Line = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Open the line."""
        super().model_post_init(context)
        self._line = Line(self._serve, self.together)

    @classmethod
    def load(cls, folder: Path | str, *, hub: bool = False, **settings: Any) -> LocalChatModel:
        """Load a model folder (or a hub name where `hub` allows it); Accelerate places it.

        Raises:
            ModelUnavailable: there is no model at `folder`, or it cannot be read.
        """
        on_gpu = torch.cuda.is_available()
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=not hub)
            network = AutoModelForCausalLM.from_pretrained(
                folder,
                local_files_only=not hub,
                use_safetensors=True,
                device_map="auto",
                # bfloat16 decodes five times slower than float32 on CPUs without instructions for it.
                dtype=torch.bfloat16 if on_gpu else torch.float32,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelUnavailable(f"no model could be loaded from {folder}: {error}") from error
        if not isinstance(tokenizer, PreTrainedTokenizerFast):
            raise ModelUnavailable(f"{folder} has no fast tokenizer, which decoding needs")
        model = cls(name=Path(folder).name, **settings)
        vocabulary = int(network.config.vocab_size)
        model._tokenizer = tokenizer
        # How special tokens are read is a state of a tokenizer, and kiosks ask at the same time: with
        # one tokenizer for both, what a person said could be read as control tokens.
        model._of_words = deepcopy(tokenizer)
        model._constraints = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        network.train(False)
        model._decoder = Decoder(network, _end_tokens(network, tokenizer))
        return model

    def sharing(self, together: int) -> LocalChatModel:
        """The same weights behind a line of its own, which answers so many requests together."""
        other = LocalChatModel(
            name=self.name, max_tokens=self.max_tokens, seconds=self.seconds, together=together
        )
        other._tokenizer, other._of_words = self._tokenizer, self._of_words
        other._constraints = self._constraints
        other._decoder = Decoder(self._decoder.network, self._decoder.end_tokens)
        return other

    def pack(self) -> None:
        """Pack the weights where that makes decoding faster. It takes a while; answers can be asked
        for meanwhile."""
        if self._decoder.network.device.type == "cpu" and can_pack():
            pack(self._decoder.network)

    @property
    def _llm_type(self) -> str:
        return "daozhen-local"

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
        request = self._request(messages, **options)
        text = "".join(self._pieces(request, **options))
        message = AIMessage(content=_until(text, stop), response_metadata=asdict(request.effort))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self._pieces(self._request(messages, **options), **options):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

    def _request(
        self,
        messages: Sequence[BaseMessage],
        *,
        grammar: str | None = None,
        seconds: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        follows: Sequence[str] = (),
        **_: Any,
    ) -> Request:
        return Request(
            prompt=self._tokens(messages),
            matcher=self._matcher(grammar) if grammar else None,
            max_tokens=self.max_tokens,
            deadline=time.monotonic() + (seconds or self.seconds),
            cancelled=cancelled,
            guess=lambda tokens: self._guess(tokens, follows),
        )

    def _pieces(
        self, request: Request, *, ahead: Callable[[int], None] = lambda ahead: None, **_: Any
    ) -> Iterator[str]:
        gone, cancelled = Event(), request.cancelled
        request.cancelled = lambda: gone.is_set() or cancelled()
        produced: list[int] = []
        told = ""
        try:
            for tokens in self._line.ask(request, ahead):
                produced += tokens
                text = str(self._tokenizer.decode(produced, skip_special_tokens=True))
                if not text.endswith("\ufffd"):  # half a character: wait for the rest of it
                    yield text[len(told) :]
                    told = text
        finally:
            gone.set()

    def _serve(self, tickets: list[Ticket]) -> None:
        """Answer those whose turn it is."""
        if len(tickets) == 1:
            for tokens in self._decoder.run(tickets[0].wanted):
                tickets[0].tell(tokens)
            tickets[0].end()
            return
        waiting = {ticket.wanted: ticket for ticket in tickets}
        for request, tokens in run_together(self._decoder, [*waiting]):
            waiting[request].tell(tokens)
            if request.done:
                waiting.pop(request).end()
        for request, ticket in waiting.items():
            if request.done:  # from its beginning: there was nothing to choose
                ticket.end()
            else:
                ticket.fail(ModelTimeout("the answer took too long or was no longer wanted"))

    def _guess(self, produced: Sequence[int], follows: Sequence[str]) -> Sequence[int]:
        """The tokens that come next in the text that the answer seems to follow."""
        said = (
            str(self._tokenizer.decode(list(produced), skip_special_tokens=True)) if follows else ""
        )
        after = next_in(follows, said)
        tokens = self._plain(after)
        # The last one may have been cut off in the middle of a word.
        return tokens if len(after) < LOOK_AHEAD else tokens[:-1]

    def _matcher(self, grammar: str) -> llguidance.LLMatcher:
        compiled = llguidance.LLMatcher.grammar_from_lark(grammar)
        matcher = llguidance.LLMatcher(self._constraints, compiled)
        if matcher.is_error():
            raise ValueError(f"not a grammar: {matcher.get_error()}")
        return matcher

    def _tokens(self, messages: Sequence[BaseMessage]) -> list[int]:
        """The chat as tokens: the template's markers are special, the messages' words never are."""
        fenced = [
            {"role": ROLES[m.type], "content": f"{FENCE}{i}{FENCE}"} for i, m in enumerate(messages)
        ]
        rendered = self._tokenizer.apply_chat_template(
            fenced, tokenize=False, add_generation_prompt=True
        )
        tokens: list[int] = []
        for index, piece in enumerate(str(rendered).split(FENCE)):
            if index % 2:
                tokens += self._plain(str(messages[int(piece)].content))
            else:
                tokens += self._tokenizer(piece, add_special_tokens=False).input_ids
        return tokens

    def _plain(self, words: str) -> list[int]:
        """Words as tokens of which none is a control token."""
        tokens: list[int] = self._of_words(
            words, add_special_tokens=False, split_special_tokens=True
        ).input_ids
        return tokens


def _end_tokens(network: Any, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    configured = network.generation_config.eos_token_id
    ends = configured if isinstance(configured, list) else [configured]
    return frozenset(t for t in [*ends, tokenizer.eos_token_id] if t is not None)


def next_in(texts: Sequence[str], said: str) -> str:
    """What comes next in the text that holds the longest end of what was said; else nothing."""
    for length in range(min(LOOK_BACK, len(said)), 0, -1):
        end = said[-length:]
        for text in texts:
            if (found := text.find(end)) >= 0:
                start = found + length
                return text[start : start + LOOK_AHEAD]
    return ""


def _until(text: str, stop: list[str] | None) -> str:
    for word in stop or ():
        text = text.split(word, 1)[0]
    return text
