"""What a hospital's past visits would gain, on public cases: `python -m benchmarks.learning`.

Each file of cases stands for a hospital's visits; `daozhen learn --try` teaches four fifths of them
and asks the others, five times over. A case counts by the first department that it is labelled with.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.evaluation.cases import load_cases
from benchmarks.common import out, public_data

FILES = ("symptom2disease_240.jsonl", "zh_questions.jsonl")


def main() -> None:
    """Print what each file would gain."""
    for name in FILES:
        if (path := public_data("triage", name)) is None:
            continue
        with TemporaryDirectory() as folder:
            table = Path(folder) / "visits.csv"
            with table.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("complaint", "department"))
                for case in load_cases(path):
                    writer.writerow((case.text, (case.departments or ("",))[0]))
            out.print(name)
            subprocess.run([sys.executable, "-m", "app", "learn", str(table), "--try"], check=True)


if __name__ == "__main__":
    main()
