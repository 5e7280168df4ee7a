"""What a reading costs, beside plain `generate` asked for the same JSON: `python -m benchmarks.decoding`.

Both use the same weights, prompt and cases (`tests/cases/readings.jsonl`, ours) on the same machine,
in turn, one case after another; `generate` is greedy, with its own key-value cache. Counted are
forward passes, seconds, and how many answers can be used: JSON of the right form whose quotes are
all the patient's own words. Ratios are ours over plain; the intervals are over resampled cases.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import ValidationError
from transformers import AutoModelForCausalLM, AutoTokenizer

from assistant import intake
from assistant.commands import progress_bars
from assistant.intake import Reading
from assistant.model.local import LocalChatModel
from assistant.model.weights import EMBEDDED, embedded_folder
from assistant.settings import Settings
from benchmarks.common import out, print_table
from benchmarks.models import PATIENCE, ReadingCase, load_reading_cases

MOST_TOKENS = 200
RESAMPLES = 2000


@dataclass(frozen=True)
class Cost:
    """What one answer took, and whether it can be used as it stands."""

    passes: int
    seconds: float
    usable: bool


class Plain:
    """`generate`, as anybody would call it."""

    def __init__(self, folder: Path | str) -> None:
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
        self._network: Any = AutoModelForCausalLM.from_pretrained(
            folder, device_map="auto", dtype=dtype
        )
        self._network.generation_config.update(
            do_sample=False, temperature=None, top_p=None, top_k=None, repetition_penalty=None
        )

    def read(self, case: ReadingCase) -> Cost:
        """One answer; the prompt's pass counts as one, and so does each token after the first."""
        chat = [
            {"role": "system", "content": intake.reading_prompt().text},
            {"role": "user", "content": case.text},
        ]
        started = time.perf_counter()
        inputs = self._tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._network.device)
        produced = self._network.generate(**inputs, max_new_tokens=MOST_TOKENS)
        tokens = produced[0, inputs["input_ids"].shape[1] :]
        text = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return Cost(len(tokens), time.perf_counter() - started, usable(text, case))


class Ours:
    """The desk's own reading."""

    def __init__(self, folder: Path | str) -> None:
        self._model = LocalChatModel.load(folder, seconds=PATIENCE)
        self._model.pack()

    def read(self, case: ReadingCase) -> Cost:
        """One answer, as `intake` asks for it."""
        messages = [SystemMessage(intake.reading_prompt().text), HumanMessage(case.text)]
        started = time.perf_counter()
        answer = self._model.invoke(messages, **intake.reading_options(case.text, case.lang))
        seconds = time.perf_counter() - started
        passes = int(answer.response_metadata["forward_passes"])
        return Cost(passes, seconds, usable(str(answer.content), case))


def usable(text: str, case: ReadingCase) -> bool:
    """Whether an answer is a reading and quotes nothing that was not said."""
    try:
        reading = Reading.model_validate(json.loads(text, strict=False))
    except (ValueError, ValidationError):
        return False
    quotes = [*reading.present, *reading.absent, reading.since or "", reading.degree or ""]
    return all(quote in case.text for quote in quotes)


def main() -> None:
    """Read every case both ways and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-0.5b", help="an embedded model, or a folder")
    parser.add_argument("--limit", type=int, default=8, help="cases of each language")
    options = parser.parse_args()
    cases = load_reading_cases(options.limit)
    with progress_bars() as progress:
        embedded = EMBEDDED.get(options.model)
        folder = embedded_folder(embedded, Settings().home, progress) if embedded else options.model
        ours, plain = Ours(folder), Plain(folder)
        warm_up = ReadingCase(id="warm-up", lang="en", text="hello")
        ours.read(warm_up), plain.read(warm_up)
        costs = [
            (ours.read(case), plain.read(case))
            for case in progress.track(cases, description=options.model)
        ]
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    threads = torch.get_num_threads()
    both = [list(each) for each in zip(*costs, strict=True)]
    rows = [
        ["forward passes, mean", *(f"{_mean(c.passes for c in each):.1f}" for each in both),
         ratio([(a.passes, b.passes) for a, b in costs])],
        ["seconds, mean", *(f"{_mean(c.seconds for c in each):.2f}" for each in both),
         ratio([(a.seconds, b.seconds) for a, b in costs])],
        ["usable answers", *(f"{sum(c.usable for c in each)} of {len(each)}" for each in both), ""],
    ]  # fmt: skip
    title = f"{options.model} on {device} ({threads} threads), {len(cases)} readings"
    print_table(title, ["", "ours", "plain generate", "ours / plain (95%)"], rows)


def ratio(pairs: Sequence[tuple[float, float]]) -> str:
    """The ratio of the sums with its bootstrap interval over cases (seed 0)."""
    values = np.array(pairs, dtype=float)
    draws = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    sums = values[draws].sum(axis=1)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    ours, plain = values.sum(axis=0)
    return f"{ours / plain:.2f} ({low:.2f}-{high:.2f})"


def _mean(values: Any) -> float:
    return statistics.fmean(values)


if __name__ == "__main__":
    out.print("reading, one case after another; this takes minutes on a CPU")
    main()
