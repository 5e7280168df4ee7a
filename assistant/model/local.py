"""A LangChain chat model over local weights, with decoding under a grammar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import llguidance
import llguidance.hf
import torch
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from assistant.errors import ModelUnavailable
from assistant.model.decoding import Decoder, Effort
from assistant.model.line import Line
from assistant.model.packing import can_pack, pack

ROLES = {"human": "user", "ai": "assistant", "system": "system"}
LOOK_BACK, LOOK_AHEAD = 24, 40
"""Characters of an answer by which its place in a text is found, and of the text from there."""
FENCE = "\ue000"
"""A private-use character that marks where a message's own words stand in the rendered chat."""


class LocalChatModel(BaseChatModel):
    """Any causal language model of a local folder, as a LangChain chat model.

    `invoke` and `stream` take, besides the messages, `grammar` (Lark, as llguidance reads it),
    `seconds` (time limit, with the time in line), `cancelled` (a callable asked before every pass),
    `ahead` (told how many requests come before this one) and `follows` (texts that the answer is
    likely to follow: they make it faster and change nothing in it). Answers are greedy, so the same
    messages and grammar give the same answer. One request runs at a time, first come, first served.

    What a person said can never act as a control token: message contents are tokenized apart from
    the chat template, with special tokens read as plain text.
    """

    name: str | None = None
    max_tokens: int = 256
    seconds: float = 60.0

    _tokenizer: PreTrainedTokenizerBase = PrivateAttr()
    _constraints: llguidance.LLTokenizer = PrivateAttr()
    _decoder: Decoder = PrivateAttr()
    _line: Line = PrivateAttr(default_factory=Line)

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
        model._constraints = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        network.train(False)
        model._decoder = Decoder(network, _end_tokens(network, tokenizer))
        return model

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
        effort = Effort()
        text = "".join(self._pieces(messages, effort, **options))
        message = AIMessage(content=_until(text, stop), response_metadata=_spent(effort))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self._pieces(messages, Effort(), **options):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

    def _pieces(
        self,
        messages: Sequence[BaseMessage],
        effort: Effort,
        *,
        grammar: str | None = None,
        seconds: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        follows: Sequence[str] = (),
        ahead: Callable[[int], None] = lambda ahead: None,
        **_: Any,
    ) -> Iterator[str]:
        deadline = time.monotonic() + (seconds or self.seconds)
        matcher = self._matcher(grammar) if grammar else None
        prompt = self._tokens(messages)
        with self._line.turn(deadline=deadline, cancelled=cancelled, ahead=ahead):
            answer = self._decoder.run(
                prompt,
                matcher,
                max_tokens=self.max_tokens,
                deadline=deadline,
                cancelled=cancelled,
                effort=effort,
                guess=lambda tokens: self._guess(tokens, follows),
            )
            produced: list[int] = []
            told = ""
            for tokens in answer:
                produced += tokens
                text = str(self._tokenizer.decode(produced, skip_special_tokens=True))
                if not text.endswith("\ufffd"):  # half a character: wait for the rest of it
                    yield text[len(told) :]
                    told = text

    def _guess(self, produced: Sequence[int], follows: Sequence[str]) -> Sequence[int]:
        """The tokens that come next in the text that the answer seems to follow."""
        said = (
            str(self._tokenizer.decode(list(produced), skip_special_tokens=True)) if follows else ""
        )
        after = next_in(follows, said)
        tokens: list[int] = self._tokenizer(after, add_special_tokens=False).input_ids
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
            words = str(messages[int(piece)].content) if index % 2 else piece
            tokens += self._tokenizer(
                words, add_special_tokens=False, split_special_tokens=bool(index % 2)
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


def _spent(effort: Effort) -> dict[str, int]:
    return {
        "forward_passes": effort.forward_passes,
        "forced_tokens": effort.forced_tokens,
        "guessed_tokens": effort.guessed_tokens,
        "reused_tokens": effort.reused_tokens,
    }
