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


@dataclass(slots=True, eq=False)
class Request:
    """An answer that is asked for, and how far it has come.

    `guess` tells from the tokens of the answer so far which may come next; `deadline` is a time of
    `time.monotonic()`.
    """

    prompt: Sequence[int]
    matcher: llguidance.LLMatcher | None
    max_tokens: int
    deadline: float
    cancelled: Callable[[], bool] = lambda: False
    guess: Guess = no_guess
    effort: Effort = field(default_factory=Effort)
    produced: list[int] = field(default_factory=list)
    ended: bool = False

    @property
    def done(self) -> bool:
        """Whether nothing more comes."""
        stopped = self.matcher is not None and self.matcher.is_stopped()
        return self.ended or stopped or len(self.produced) >= self.max_tokens

    def begin(self) -> list[int]:
        """The tokens that the answer must begin with."""
        forced = self._forced()
        self.produced += forced
        return forced

    def guessed(self) -> list[int]:
        """Tokens that may come next and are worth a check.

        Raises:
            ModelTimeout: the deadline has passed, or the answer is no longer wanted.
        """
        if time.monotonic() > self.deadline or self.cancelled():
            raise ModelTimeout("the answer took too long or was no longer wanted")
        most = min(MOST_GUESSED, self.max_tokens - len(self.produced) - 1)
        return _guessed(self.produced, self.guess, self.matcher, most)

    def settle(
        self, logits: torch.Tensor, guessed: Sequence[int], ends: frozenset[int]
    ) -> tuple[list[int], int]:
        """The tokens that one pass settles, and how many of them had been guessed: the guesses that
        are right, the token after them, and what the grammar then forces.

        `logits` are (1 + guessed, vocabulary): of what comes after the answer so far and after each
        guess.
        """
        tokens: list[int] = []
        while not tokens or (shared(tokens, guessed) == len(tokens) and not self._stopped()):
            token = _choose(logits[len(tokens)], self.matcher)
            if token in ends:
                self.ended = True
                break
            tokens.append(token)
            if self.matcher:
                self.matcher.consume_token(token)
                tokens += self._forced()
        right = shared(tokens, guessed)
        self.effort.guessed_tokens += right
        self.produced += tokens
        return tokens, right

    def _stopped(self) -> bool:
        return self.matcher is not None and self.matcher.is_stopped()

    def _forced(self) -> list[int]:
        forced = _forced(self.matcher) if self.matcher else []
        self.effort.forced_tokens += len(forced)
        return forced


@dataclass(slots=True)
class Decoder:
    """A network and the cache of the prompt that it saw last. One thread at a time."""

    network: PreTrainedModel
    end_tokens: frozenset[int]
    cache: DynamicCache = field(default_factory=DynamicCache)
    seen: list[int] = field(default_factory=list)

    def run(self, request: Request) -> Iterator[list[int]]:
        """Yield tokens as they come, until the grammar is complete or an end token is chosen.

        Raises:
            ModelTimeout: the deadline passed, or the answer was no longer wanted.
        """
        if forced := request.begin():
            yield forced
        pending = self._reuse([*request.prompt, *forced], request.effort)
        while not request.done:
            guessed = request.guessed()
            request.effort.forward_passes += 1
            logits = self._forward([*pending, *guessed], 1 + len(guessed))
            tokens, right = request.settle(logits, guessed, self.end_tokens)
            self._forget(len(guessed) - right)
            pending = tokens[right:]
            if tokens:
                yield tokens

    def hold(self, prompt: Sequence[int]) -> None:
        """Let the cache hold this and nothing else."""
        missing = self._reuse([*prompt, -1], Effort())[:-1]
        if missing:
            self._forward(missing, 1)

    def _reuse(self, prompt: list[int], effort: Effort) -> list[int]:
        """Keep the cached start that `prompt` shares with what was seen last; return the rest."""
        same = shared(self.seen, prompt[:-1])
        self._forget(len(self.seen) - same)
        effort.reused_tokens += same
        return prompt[same:]

    def _forget(self, surplus: int) -> None:
        """Drop the last tokens of the cache."""
        if surplus:
            self.cache.crop(-surplus)
            del self.seen[-surplus:]

    @torch.inference_mode()
    def _forward(self, tokens: list[int], keep: int) -> torch.Tensor:
        """Logits (keep, vocabulary) of what follows each of the last tokens."""
        inputs = torch.tensor([tokens], device=self.network.device)
        try:
            output = self.network(
                input_ids=inputs,
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=keep,
            )
        except RuntimeError:  # out of memory, say: some layers of the cache may have grown already
            self.cache, self.seen = DynamicCache(), []
            raise
        self.seen += tokens
        logits: torch.Tensor = output.logits[0]
        return logits


def _choose(logits: torch.Tensor, matcher: llguidance.LLMatcher | None) -> int:
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


def shared(tokens: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their start."""
    pairs = zip(tokens, others, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(tokens), len(others)))


def _allowed(matcher: llguidance.LLMatcher, vocabulary: int) -> torch.Tensor:
    """A boolean per token of the vocabulary: may it come next?"""
    mask = llguidance.numpy.allocate_token_bitmask(1, vocabulary)
    llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
    bits = np.unpackbits(mask[0].view(np.uint8), bitorder="little")[:vocabulary]
    return torch.from_numpy(bits.astype(bool))
