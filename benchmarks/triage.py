"""Departments and urgency on public cases that this project has never been tuned on.

    python -m benchmarks.triage [--model] [--limit N]

Runs `daozhen evaluate` on each file of `../shared/data/triage` and prints its figures. Without
`--model` the rules and retrieval read alone; with it the language model reads every case, which on
two slow cores takes some seconds each.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

TRIAGE = Path(__file__).parent.parent.parent / "shared" / "data" / "triage"
FILES = (
    "semigran45_lay.jsonl",
    "semigran45_full.jsonl",
    "symptom2disease_240.jsonl",
    "zh_questions.jsonl",
)


def main() -> None:
    """Print the figures of each file that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="store_true", help="let the language model read")
    parser.add_argument("--limit", type=int, help="only so many cases of each file")
    options = parser.parse_args()
    for name in FILES:
        path = TRIAGE / name
        if not path.exists():
            print(f"{name}: skipped, there is no {TRIAGE}")
            continue
        command = [sys.executable, "-m", "app", "evaluate", "--cases", str(path)]
        command += [] if options.model else ["--no-model"]
        command += ["--limit", str(options.limit)] if options.limit else []
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
