"""Several answers in the same forward passes, each as it would be alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel

from assistant.errors import ModelTimeout
from assistant.model.decoding import Decoder, Request, shared


def run_together(
    decoder: Decoder, requests: Sequence[Request]
) -> Iterator[tuple[Request, list[int]]]:
    """As `Decoder.run` for each request; every piece comes with the request that it is for.

    A request whose deadline passes or that is no longer wanted drops out undone.
    """
    pending: dict[Request, list[int]] = {}
    for request in requests:
        if forced := request.begin():
            yield request, forced
        pending[request] = [*request.prompt, *forced]
    first, *others = pending.values()
    same = min((shared(first[:-1], each[:-1]) for each in others), default=0)
    decoder.hold(first[:same])
    batch = _Batch(decoder.network, decoder.cache, same, len(requests))
    for request in requests:
        request.effort.reused_tokens += same
        pending[request] = pending[request][same:]
    rows = list(requests)
    while guesses := _still_wanted(rows):
        batch.keep([index for index, request in enumerate(rows) if request in guesses])
        rows = list(guesses)
        logits = batch.forward([(pending[each], guesses[each]) for each in rows])
        for index, request in enumerate(rows):
            request.effort.forward_passes += 1
            guessed = guesses[request]
            own = logits[index, logits.shape[1] - 1 - len(guessed) :]
            tokens, right = request.settle(own, guessed, decoder.end_tokens)
            batch.forget(index, len(guessed) - right)
            pending[request] = tokens[right:]
            yield request, tokens


def _still_wanted(requests: Sequence[Request]) -> dict[Request, list[int]]:
    """Those that go on, with what is guessed of each."""
    guesses: dict[Request, list[int]] = {}
    for request in requests:
        try:
            if not request.done:
                guesses[request] = request.guessed()
        except ModelTimeout:
            continue
    return guesses


class _Batch:
    """Rows of a cache that begin with the same tokens and go on differently.

    What a row has less than others in a pass is padding on its left, and what was guessed wrong
    stays in the cache: both are masked for good.
    """

    def __init__(
        self, network: PreTrainedModel, start: DynamicCache, length: int, rows: int
    ) -> None:
        self._network = network
        self._cache = DynamicCache()
        if length:  # one that was cropped to nothing still has its old number of rows
            self._cache = deepcopy(start)
            self._cache.batch_repeat_interleave(rows)
        self._seen = np.ones((rows, length), dtype=bool)

    def keep(self, rows: list[int]) -> None:
        """Drop all other rows."""
        if len(rows) < len(self._seen):
            self._seen = self._seen[rows]
            if self._cache.get_seq_length():
                kept = torch.tensor(rows, device=self._network.device)
                self._cache.batch_select_indices(kept)

    @torch.inference_mode()
    def forward(self, rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> torch.Tensor:
        """Logits (rows, 1 + most guessed, vocabulary) of what follows each row's pending tokens and
        each of its guesses, at the right."""
        width = max(len(pending) + len(guessed) for pending, guessed in rows)
        tokens = np.zeros((len(rows), width), dtype=np.int64)
        fresh = np.zeros((len(rows), width), dtype=bool)
        for index, (pending, guessed) in enumerate(rows):
            own = [*pending, *guessed]
            tokens[index, width - len(own) :] = own
            fresh[index, width - len(own) :] = True
        places = self._seen.sum(axis=1, keepdims=True) + fresh.cumsum(axis=1) - 1
        self._seen = np.concatenate([self._seen, fresh], axis=1)
        output = self._network(
            input_ids=self._tensor(tokens),
            attention_mask=self._tensor(self._seen.astype(np.int64)),
            position_ids=self._tensor(places.clip(min=0)),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1 + max(len(guessed) for _, guessed in rows),
        )
        logits: torch.Tensor = output.logits
        return logits

    def forget(self, row: int, surplus: int) -> None:
        """Mask the last tokens of a row."""
        if surplus:
            self._seen[row, -surplus:] = False

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self._network.device)
