"""Many kiosks at once: how long a reading takes when others wait too: `python -m benchmarks.kiosks`.

For 1, 4 and 16 kiosks, each of which asks for one reading at the same moment: the median and the
95th percentile of the seconds until it has its reading, and the longest wait over the median
reading alone and the place in the line (at most 2 is the aim on CPUs). Once with requests one after
another, once with those that wait in the same passes; the same cases, in turn, on the same machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import torch
from langchain_core.messages import HumanMessage, SystemMessage

from assistant import intake
from assistant.commands import progress_bars
from assistant.model.local import TOGETHER, LocalChatModel
from assistant.model.weights import EMBEDDED, embedded_folder
from assistant.settings import Settings
from benchmarks.common import print_table
from benchmarks.models import PATIENCE, ReadingCase, load_reading_cases

KIOSKS = (1, 4, 16)


def main() -> None:
    """Ask from that many kiosks at once, and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-0.5b", help="an embedded model, or a folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kiosks", type=int, nargs="+", default=KIOSKS)
    options = parser.parse_args()
    cases = load_reading_cases(24)
    with progress_bars() as progress:
        embedded = EMBEDDED.get(options.model)
        folder = embedded_folder(embedded, Settings().home, progress) if embedded else options.model
        singly = LocalChatModel.load(Path(folder), seconds=PATIENCE, together=1)
        singly.pack()
        together = singly.sharing(TOGETHER)
        _read(singly, cases[0])  # the fixed prompt is in the cache, as at any kiosk but the first
        alone = [_read(singly, case) for case in cases[:16]]
        rows = []
        for kiosks in options.kiosks:
            for name, model in (("one after another", singly), ("together", together)):
                waits = np.array([
                    _rush(model, _some(cases, kiosks, number)) for number in range(options.rounds)
                ])  # fmt: skip
                rows.append([str(kiosks), name, *_figures(waits, float(np.median(alone)))])
                progress.log(*rows[-1])
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    title = (
        f"{options.model} on {device} ({torch.get_num_threads()} threads); "
        f"a reading alone takes {np.median(alone):.2f} s"
    )
    names = ["kiosks at once", "answered", "median s", "p95 s", "wait / (alone x place), worst"]
    print_table(title, names, rows)


def _some(cases: Sequence[ReadingCase], kiosks: int, number: int) -> list[ReadingCase]:
    return [cases[(number * kiosks + kiosk) % len(cases)] for kiosk in range(kiosks)]


def _rush(model: LocalChatModel, cases: Sequence[ReadingCase]) -> list[float]:
    """Seconds until each has its reading, when all ask at once, in ascending order."""
    door = Barrier(len(cases))

    def kiosk(case: ReadingCase) -> float:
        door.wait()
        return _read(model, case)

    with ThreadPoolExecutor(len(cases)) as kiosks:
        return sorted(kiosks.map(kiosk, cases))


def _read(model: LocalChatModel, case: ReadingCase) -> float:
    started = time.perf_counter()
    messages = [SystemMessage(intake.reading_prompt().text), HumanMessage(case.text)]
    model.invoke(messages, **intake.reading_options(case.text, case.lang))
    return time.perf_counter() - started


def _figures(waits: np.ndarray, alone: float) -> list[str]:
    """`waits` (rounds, kiosks) are ascending in each round, so that a column is a place in line."""
    places = 1 + np.arange(waits.shape[1])
    worst = (np.median(waits, axis=0) / (alone * places)).max()
    median, high = np.quantile(waits, [0.5, 0.95])
    return [f"{median:.2f}", f"{high:.2f}", f"{worst:.2f}"]


if __name__ == "__main__":
    main()
