"""Greedy decoding under a grammar, over one reusable key-value cache.

Tokens that the grammar leaves no choice about are appended without a forward pass of their own, and
whatever two prompts have in common at their start is computed once. Where the answer so far can be
found in a text that it is likely to follow, what comes next there is guessed, and one pass checks
the guess (prompt lookup, after Saxena 2023): the answer is the same, only cheaper.
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

MOST_GUESSED = 6
"""Tokens checked by one pass beside the one that it is for: more cost more than they save."""

Guess = Callable[[Sequence[int]], Sequence[int]]


def no_guess(produced: Sequence[int]) -> Sequence[int]:
    """Nothing is known of what comes next."""
    return ()


@dataclass(slots=True)
class Effort:
    """What an answer cost: forward passes, and tokens that came without one of their own."""

    forward_passes: int = 0
    forced_tokens: int = 0
    guessed_tokens: int = 0
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
        guess: Guess = no_guess,
    ) -> Iterator[list[int]]:
        """Yield tokens as they come, until the grammar is complete or an end token is chosen.

        `guess` tells from the tokens of the answer so far which may come next.

        Raises:
            ModelTimeout: `time.monotonic()` passed `deadline`, or `cancelled()` became true.
        """
        produced = _forced(matcher) if matcher else []
        effort.forced_tokens += len(produced)
        if produced:
            yield list(produced)
        pending = self._reuse([*prompt, *produced], effort)
        while len(produced) < max_tokens and not (matcher and matcher.is_stopped()):
            if time.monotonic() > deadline or cancelled():
                raise ModelTimeout("the answer took too long or was no longer wanted")
            most = min(MOST_GUESSED, max_tokens - len(produced) - 1)
            guessed = _guessed(produced, guess, matcher, most)
            logits = self._forward(pending, guessed, effort)
            tokens, ended = self._read(logits, guessed, matcher, effort)
            right = _shared(tokens, guessed)
            effort.guessed_tokens += right
            self._forget(len(guessed) - right)
            pending = tokens[right:]
            produced += tokens
            if tokens:
                yield tokens
            if ended:
                return

    def _reuse(self, prompt: list[int], effort: Effort) -> list[int]:
        """Keep the cached start that `prompt` shares with what was seen last; return the rest."""
        shared = _shared(self.seen, prompt[:-1])
        self._forget(len(self.seen) - shared)
        effort.reused_tokens += shared
        return prompt[shared:]

    def _forget(self, surplus: int) -> None:
        """Drop the last tokens of the cache."""
        if surplus:
            self.cache.crop(-surplus)
            del self.seen[-surplus:]

    def _read(
        self,
        logits: torch.Tensor,
        guessed: Sequence[int],
        matcher: llguidance.LLMatcher | None,
        effort: Effort,
    ) -> tuple[list[int], bool]:
        """The tokens that one pass settles, and whether the answer ends with them: those guessed
        that are right, the one after them, and what the grammar then forces."""
        tokens: list[int] = []
        while True:
            token = self._choose(logits[len(tokens)], matcher)
            if token in self.end_tokens:
                return tokens, True
            tokens.append(token)
            if matcher:
                matcher.consume_token(token)
                forced = _forced(matcher)
                effort.forced_tokens += len(forced)
                tokens += forced
            stopped = matcher is not None and matcher.is_stopped()
            if stopped or _shared(tokens, guessed) < len(tokens):
                return tokens, False

    @torch.inference_mode()
    def _forward(
        self, pending: Sequence[int], guessed: Sequence[int], effort: Effort
    ) -> torch.Tensor:
        """Logits (1 + guessed, vocabulary) of what follows `pending` and each guessed token."""
        effort.forward_passes += 1
        tokens = [*pending, *guessed]
        inputs = torch.tensor([tokens], device=self.network.device)
        try:
            output = self.network(
                input_ids=inputs,
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1 + len(guessed),
            )
        except RuntimeError:  # out of memory, say: some layers of the cache may have grown already
            self.cache, self.seen = DynamicCache(), []
            raise
        self.seen += tokens
        logits: torch.Tensor = output.logits[0]
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


def _guessed(
    produced: Sequence[int], guess: Guess, matcher: llguidance.LLMatcher | None, most: int
) -> list[int]:
    """What may come next, as far as the grammar allows it; forced tokens are no guess."""
    if matcher is None:
        return list(guess(produced))[:most]
    ahead = matcher.deep_copy()
    guessed: list[int] = []
    while len(guessed) < most and not ahead.is_stopped():
        tokens = list(guess([*produced, *guessed]))[: most - len(guessed)]
        tokens = tokens[: ahead.validate_tokens(tokens)]
        if not tokens:
            break
        # One by one, so that what is forced comes in the very tokens in which it will be forced.
        ahead.consume_token(tokens[0])
        guessed += [tokens[0], *_forced(ahead)]
    return guessed


def _shared(tokens: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their start."""
    pairs = zip(tokens, others, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(tokens), len(others)))


def _allowed(matcher: llguidance.LLMatcher, vocabulary: int) -> torch.Tensor:
    """A boolean per token of the vocabulary: may it come next?"""
    mask = llguidance.numpy.allocate_token_bitmask(1, vocabulary)
    llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
    bits = np.unpackbits(mask[0].view(np.uint8), bitorder="little")[:vocabulary]
    return torch.from_numpy(bits.astype(bool))
