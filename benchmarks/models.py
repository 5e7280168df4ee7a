"""How well each embedded model reads a patient's words, next to reading by rules alone.

    python -m benchmarks.models [--models qwen2.5-0.5b qwen2.5-coder-1.5b] [--limit N]

Per language it prints, for each model in turn and for the rules: how many of the findings that a
person marked as present or absent, and of the words for when it began, were read, with 95% Wilson
intervals; how many quotes were right, wrongly denied or not verbatim; seconds and forward passes per
reading; and the median time as a multiple of the first model's in the same run. `--errors` adds every
reading that was not right.

A quote stands for a marked phrase where they share at least half of the shorter one. The cases,
`tests/cases/readings.jsonl`, are ours and meant for adjusting the prompt: a development set, whose
figures compare readers and are no claim about patients.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import LLMResult

from assistant import intake
from assistant.building import RED_FLAGS, open_model
from assistant.commands import progress_bars
from assistant.errors import ModelTimeout
from assistant.evaluation.figures import Figure
from assistant.intake import Reading
from assistant.model.weights import EMBEDDED
from assistant.settings import Settings
from benchmarks.common import CASES, out, print_table
from knowledge.red_flags import RedFlags, load_red_flags
from scheduler.domain import LANGUAGES, Language, Value

PATIENCE = 300.0
"""Seconds for one reading: a busy machine should show in the times, not in what was read."""
WARM_UP = "hello"


class ReadingCase(Value):
    """Words, and what a careful reader marks in them; every mark is verbatim and occurs once."""

    id: str
    lang: Language
    text: str
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reader made of a case; `quotes` as the reader gave them, before any were dropped."""

    case: ReadingCase
    reading: Reading | None
    quotes: tuple[str, ...]
    seconds: float
    forward_passes: int


@dataclass
class Tap(BaseCallbackHandler):
    """Overhears what a model answered and what that took."""

    answer: str = ""
    forward_passes: int = 0

    def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Keep the last answer."""
        message: Any = getattr(response.generations[0][0], "message", None)
        self.answer = str(message.content)
        self.forward_passes = int(message.response_metadata.get("forward_passes", 0))


@dataclass
class ModelReader:
    """Reads as the desk does where it has this model."""

    name: str
    model: BaseChatModel
    red_flags: RedFlags
    tap: Tap = field(default_factory=Tap)

    def __post_init__(self) -> None:
        self.model.callbacks = [self.tap]

    def read(self, case: ReadingCase) -> Outcome:
        """One reading; None for an answer that came too late or was cut off."""
        self.tap.answer, self.tap.forward_passes = "", 0
        started = time.perf_counter()
        reading: Reading | None = None
        try:
            read = intake.read_by_model(self.model, case.text, case.lang)
            reading = intake.without_unproven_denials(read, case.text, self.red_flags)
        except ModelTimeout:
            self.tap.answer = ""
        seconds = time.perf_counter() - started
        quotes = tuple(_quotes(self.tap.answer))
        return Outcome(case, reading, quotes, seconds, self.tap.forward_passes)


@dataclass
class RuleReader:
    """Reads as the desk does where no model answers."""

    red_flags: RedFlags
    name: str = "rules"

    def read(self, case: ReadingCase) -> Outcome:
        """One reading."""
        started = time.perf_counter()
        found = self.red_flags.mentions(case.text).values()
        reading = intake.read_by_rules([mention for mentions in found for mention in mentions])
        seconds = time.perf_counter() - started
        return Outcome(case, reading, (*reading.present, *reading.absent), seconds, 0)


def main() -> None:
    """Read with each model in turn and with the rules; print a table per language."""
    options = _options()
    cases = load_reading_cases(options.limit)
    red_flags = load_red_flags(RED_FLAGS)
    outcomes: dict[str, list[Outcome]] = {}
    for name in options.models:
        if reader := _open(name, red_flags):
            outcomes[name] = _read_all(reader, cases)
    rules = RuleReader(red_flags)
    outcomes[rules.name] = _read_all(rules, cases)
    out.print(f"\n{len(cases)} cases of our own; prompt {intake.reading_prompt().sha256[:12]}\n")
    for language in LANGUAGES:
        _print_language(language, outcomes)
    if options.errors:
        _print_errors(outcomes)


def load_reading_cases(limit: int | None = None) -> tuple[ReadingCase, ...]:
    """The cases; with `limit`, only so many of each language."""
    lines = (CASES / "readings.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [ReadingCase.model_validate_json(line) for line in lines]
    return tuple(
        c for language in LANGUAGES for c in [c for c in cases if c.lang == language][:limit]
    )


def figures(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Everything that is counted of the readings by one reader."""
    read = [(o.case, o.reading or Reading()) for o in outcomes]
    dated = [(c, r) for c, r in read if c.since]
    return {
        "readings finished": Figure.count(o.reading is not None for o in outcomes),
        "present found": Figure.count(_any(g, r.present, c) for c, r in read for g in c.present),
        "'present' right": Figure.count(_any(q, c.present, c) for c, r in read for q in r.present),
        "present, read as absent": Figure.count(
            _any(g, r.absent, c) for c, r in read for g in c.present
        ),
        "absent found": Figure.count(_any(g, r.absent, c) for c, r in read for g in c.absent),
        "absent, read as present": Figure.count(
            _any(g, r.present, c) for c, r in read for g in c.absent
        ),
        "since found": Figure.count(_any(c.since, [r.since], c) for c, r in dated),
        "since given, none said": Figure.count(r.since is not None for c, r in read if not c.since),
        "quotes verbatim": Figure.count(q in o.case.text for o in outcomes for q in o.quotes),
    }


def same(quote: str, other: str, text: str) -> bool:
    """True where the two stand over each other in `text` by half of the shorter one or more."""
    half = min(len(quote), len(other)) / 2
    shared = (
        min(a_end, b_end) - max(a, b)
        for a, a_end in _places(quote, text)
        for b, b_end in _places(other, text)
    )
    return max(shared, default=0) >= half


def _any(quote: str | None, others: Iterable[str | None], case: ReadingCase) -> bool:
    return any(quote and other and same(quote, other, case.text) for other in others)


def _places(quote: str, text: str) -> list[tuple[int, int]]:
    return [(m.start(), m.start() + len(quote)) for m in re.finditer(re.escape(quote), text)]


def _quotes(answer: str) -> Iterator[str]:
    """Every quote of a model's answer, as it stands there."""
    for value in json.loads(answer).values() if answer else ():
        yield from [value] if isinstance(value, str) else value or ()


def _open(name: str, red_flags: RedFlags) -> ModelReader | None:
    with progress_bars() as progress:
        model = open_model(Settings(model=name, reading_seconds=PATIENCE), progress)
    if model is None:
        out.print(f"{name}: skipped, it could not be loaded")
        return None
    reader = ModelReader(name, model, red_flags)
    first = reader.read(ReadingCase(id="warm-up", lang="en", text=WARM_UP))
    out.print(f"{name}: {first.seconds:.1f} s for the first reading, which prefills the prompt")
    return reader


def _read_all(reader: ModelReader | RuleReader, cases: Sequence[ReadingCase]) -> list[Outcome]:
    with progress_bars() as progress:
        return [reader.read(case) for case in progress.track(cases, description=reader.name)]


def _print_language(language: Language, outcomes: dict[str, list[Outcome]]) -> None:
    chosen = {n: [o for o in found if o.case.lang == language] for n, found in outcomes.items()}
    counted = {name: figures(found) for name, found in chosen.items()}
    seconds = {name: sorted(o.seconds for o in found) for name, found in chosen.items()}
    baseline = statistics.median(next(iter(seconds.values())))
    rows = [
        [figure, *(_cell(values[figure]) for values in counted.values())]
        for figure in next(iter(counted.values()))
    ]
    timed: dict[str, Callable[[str], str]] = {
        "seconds, median": lambda name: f"{statistics.median(seconds[name]):.3f}",
        "seconds, 95th percentile": lambda name: f"{_p95(seconds[name]):.3f}",
        "times the first reader": lambda name: f"{statistics.median(seconds[name]) / baseline:.3f}",
        "forward passes, median": lambda name: (
            f"{statistics.median(o.forward_passes for o in chosen[name]):.0f}"
        ),
    }
    rows += [[label, *map(say, chosen)] for label, say in timed.items()]
    cases = len(next(iter(chosen.values())))
    print_table(f"{language}: {cases} cases", ["share (of; 95%)", *chosen], rows)


def _cell(figure: Figure) -> str:
    if figure.share is None or figure.low is None or figure.high is None:
        return "-"
    return f"{figure.share:.1%} ({figure.of}; {figure.low:.0%}-{figure.high:.0%})"


def _p95(ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def _print_errors(outcomes: dict[str, list[Outcome]]) -> None:
    for name, found in outcomes.items():
        for outcome in found:
            case, reading = outcome.case, outcome.reading or Reading()
            marked = (case.present, case.absent, case.since)
            missed = [g for g in case.present if not _any(g, reading.present, case)]
            missed += [g for g in case.absent if not _any(g, reading.absent, case)]
            extra = [q for q in reading.present if not _any(q, case.present, case)]
            extra += [q for q in reading.absent if not _any(q, case.absent, case)]
            dated = _any(case.since, [reading.since], case) or case.since == reading.since
            if missed or extra or not dated:
                read = (reading.present, reading.absent, reading.since)
                out.print(f"{name} {case.id}: {case.text}", markup=False)
                out.print(f"    marked {marked}\n    read   {read}", markup=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(EMBEDDED), default=list(EMBEDDED))
    parser.add_argument("--limit", type=int, help="only so many cases of each language")
    parser.add_argument("--errors", action="store_true", help="print the readings that differ")
    return parser.parse_args()


if __name__ == "__main__":
    main()
