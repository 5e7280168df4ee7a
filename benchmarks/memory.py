"""Whether memory stays flat: `python -m benchmarks.memory`, 500 conversations of our own cases.

Each opens with a case's words and answers every question with 'none of these' or 'I don't know'.
Printed is the resident memory of this process every fifty conversations, in MiB and beside that
after the first fifty. `--model` lets the language model read.
"""

from __future__ import annotations

import argparse
from itertools import cycle, islice

import psutil

from assistant.building import open_reception
from assistant.commands import progress_bars
from assistant.evaluation.cases import load_cases
from assistant.evaluation.dialogues import ScriptedPatient, converse
from assistant.settings import Settings
from benchmarks.common import CASES, out, print_table
from scheduler.domain import Person

EVERY = 50
MIB = 2**20


def main() -> None:
    """Hold the conversations and print what memory did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--model", action="store_true", help="let the language model read")
    options = parser.parse_args()
    cases = load_cases(CASES / "departments.jsonl")
    process, held = psutil.Process(), []
    with progress_bars() as progress:
        settings = Settings(use_model=options.model)
        reception = open_reception(settings, progress, with_records=False)
        many = list(islice(cycle(cases), options.conversations))
        for number, case in enumerate(progress.track(many, description="conversations"), 1):
            patient = ScriptedPatient("", case.lang, reception.red_flags, Person())
            converse(case, reception, patient)
            if number % EVERY == 0:
                held.append((number, process.memory_info().rss / MIB))
    if not held:
        out.print(f"fewer than {EVERY} conversations: nothing to compare")
        return
    first = held[0][1]
    rows = [(str(n), f"{mib:,.0f}", f"{mib / first - 1:+.1%}") for n, mib in held]
    print_table("resident memory", ("conversations", "MiB", f"beside {EVERY}"), rows)


if __name__ == "__main__":
    main()
