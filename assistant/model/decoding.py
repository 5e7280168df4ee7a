"""Greedy decoding under a grammar, over one reusable key-value cache.

Tokens that the grammar leaves no choice about are appended without a forward pass of their own, and
whatever two prompts have in common at their start is computed once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import llguidance
import llguidance.numpy
import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel

from assistant.errors import ModelTimeout


@dataclass(slots=True)
class Effort:
    """What an answer cost: forward passes, and tokens that came without one."""

    forward_passes: int = 0
    forced_tokens: int = 0
    reused_tokens: int = 0


@dataclass(slots=True)
class Decoder:
    """A network and the cache of the prompt that it saw last. One thread at a time."""

    network: PreTrainedModel
    end_tokens: frozenset[int]
    cache: DynamicCache = field(default_factory=DynamicCache)
    seen: list[int] = field(default_factory=list)

    def run(
        self,
        prompt: Sequence[int],
        matcher: llguidance.LLMatcher | None,
        *,
        max_tokens: int,
        deadline: float,
        cancelled: Callable[[], bool],
        effort: Effort,
    ) -> Iterator[list[int]]:
        """Yield tokens as they come, until the grammar is complete or an end token is chosen.

        Raises:
            ModelTimeout: `time.monotonic()` passed `deadline`, or `cancelled()` became true.
        """
        pending = list(prompt)
        produced = 0
        if matcher and (forced := _forced(matcher)):
            effort.forced_tokens += len(forced)
            produced += len(forced)
            pending += forced
            yield forced
        pending = self._reuse(pending, effort)
        while produced < max_tokens and not (matcher and matcher.is_stopped()):
            if time.monotonic() > deadline or cancelled():
                raise ModelTimeout("the answer took too long or was no longer wanted")
            token = self._choose(self._forward(pending, effort), matcher)
            if token in self.end_tokens:
                return
            pending = [token]
            if matcher:
                matcher.consume_token(token)
                forced = _forced(matcher)
                effort.forced_tokens += len(forced)
                pending += forced
            produced += len(pending)
            yield pending

    def _reuse(self, prompt: list[int], effort: Effort) -> list[int]:
        """Keep the cached start that `prompt` shares with what was seen last; return the rest."""
        shared = 0
        for ours, theirs in zip(self.seen, prompt[:-1], strict=False):
            if ours != theirs:
                break
            shared += 1
        if surplus := len(self.seen) - shared:
            self.cache.crop(-surplus)
            self.seen = self.seen[:shared]
        effort.reused_tokens += shared
        return prompt[shared:]

    @torch.inference_mode()
    def _forward(self, tokens: list[int], effort: Effort) -> torch.Tensor:
        effort.forward_passes += 1
        inputs = torch.tensor([tokens], device=self.network.device)
        try:
            output = self.network(
                input_ids=inputs, past_key_values=self.cache, use_cache=True, logits_to_keep=1
            )
        except RuntimeError:  # out of memory, say: some layers of the cache may have grown already
            self.cache, self.seen = DynamicCache(), []
            raise
        self.seen += tokens
        logits: torch.Tensor = output.logits[0, -1]
        return logits

    def _choose(self, logits: torch.Tensor, matcher: llguidance.LLMatcher | None) -> int:
        if matcher is None:
            return int(logits.argmax())
        allowed = _allowed(matcher, len(logits)).to(logits.device)
        return int(logits.masked_fill(~allowed, float("-inf")).argmax())


def _forced(matcher: llguidance.LLMatcher) -> list[int]:
    """The tokens that must come next, consumed."""
    forced: list[int] = matcher.compute_ff_tokens()
    if forced:
        matcher.consume_tokens(forced)
    return forced


def _allowed(matcher: llguidance.LLMatcher, vocabulary: int) -> torch.Tensor:
    """A boolean per token of the vocabulary: may it come next?"""
    mask = llguidance.numpy.allocate_token_bitmask(1, vocabulary)
    llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
    bits = np.unpackbits(mask[0].view(np.uint8), bitorder="little")[:vocabulary]
    return torch.from_numpy(bits.astype(bool))
