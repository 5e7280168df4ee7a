"""What asking gains: `python -m benchmarks.dialogue`, with rules and retrieval as the only readers.

A scripted patient opens with a few words and knows the whole vignette; what it does not mention they
deny. Each case is answered four times: for the opening words alone, after the desk's questions to a
patient who only taps and to one who, where the hospital's phrases are shown, says two more clauses
instead of choosing one, and for all that the patient knows. The opening words of the vignettes are
their lay form; of other cases, their first clauses of at least 12 characters (6 in Chinese).
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.progress import Progress, track

from assistant.building import open_reception
from assistant.evaluation.cases import Case, load_cases
from assistant.evaluation.dialogues import ScriptedPatient, converse
from assistant.evaluation.figures import summarise
from assistant.evaluation.running import answer_case
from assistant.reception import Reception
from assistant.settings import Settings
from benchmarks.common import out, print_table, public_data
from scheduler.domain import Person

FILES = ("symptom2disease_240.jsonl", "zh_questions.jsonl")
CLAUSE = re.compile(r"[^.,;!?。，；！？\n]+[.,;!?。，；！？\n]*")
OPENING = {"en": 12, "zh": 6}
CLAUSES_AT_ONCE = 2
URGENCY = ("emergency_sensitivity", "emergency_or_asked", "false_emergencies", "three_class")
DEPARTMENT = ("department_top1", "department_top3", "sent_to_desk")


class Told(NamedTuple):
    """A case as it is opened, and as it is known in full."""

    opening: Case
    whole: Case

    @property
    def untold(self) -> tuple[str, ...]:
        """What is known and was not said, two clauses at a time."""
        rest = CLAUSE.findall(self.whole.text.removeprefix(self.opening.text))
        groups = (rest[i : i + CLAUSES_AT_ONCE] for i in range(0, len(rest), CLAUSES_AT_ONCE))
        return tuple("".join(group).strip() for group in groups)


def main() -> None:
    """Print what asking gains on each file, or on the one that is named."""
    wanted = sys.argv[1:] or ["lay vignettes", *FILES]
    with Progress() as progress:
        settings = Settings(use_model=False)
        reception = open_reception(settings, progress, with_records=False)
    if "lay vignettes" in wanted:
        compare("lay vignettes", list(vignettes()), reception, URGENCY)
    for name in FILES:
        if name in wanted:
            compare(name, list(opened(name)), reception, DEPARTMENT)


def compare(title: str, told: Sequence[Told], reception: Reception, names: Sequence[str]) -> None:
    """Print the figures before questions, after them, and with everything known at once."""
    if not told:
        return
    results = []
    questions: Counter[int] = Counter()
    for each in track(told, description=title):
        opening, whole = each
        person = Person(age=whole.age, sex=whole.sex, pregnant=whole.pregnant)
        known = (whole.text, whole.lang, reception.red_flags, person)
        taps, _ = converse(opening, reception, ScriptedPatient(*known))
        tells, asked = converse(opening, reception, ScriptedPatient(*known, each.untold))
        questions[asked] += 1
        before, at_once = (answer_case(case, reception) for case in (opening, whole))
        results.append((before, taps, tells, at_once))
    cases = [each.opening for each in told]
    figures = [summarise(cases, each) for each in zip(*results, strict=True)]
    rows = [(name, *(str(each[name]) for each in figures)) for name in names]
    print_table(title, ("", "opening words", "taps", "tells", "all known"), rows)
    often = ", ".join(f"{count} × {number}" for number, count in sorted(questions.items()))
    out.print(f"questions: {often}\n")


def vignettes() -> Iterator[Told]:
    """The vignettes: opened in lay words, known as these and the full text say."""
    lay = public_data("triage", "semigran45_lay.jsonl")
    full = public_data("triage", "semigran45_full.jsonl")
    if lay is None or full is None:
        return
    whole = {case.id: case for case in load_cases(full)}
    for case in load_cases(lay):
        known = whole[case.id.replace("-lay-", "-")]
        yield Told(case, known.model_copy(update={"text": f"{case.text}\n{known.text}"}))


def opened(name: str) -> Iterator[Told]:
    """Cases of which the patient says only the beginning at first."""
    path = public_data("triage", name)
    for case in load_cases(path) if path else ():
        yield Told(case.model_copy(update={"text": beginning(case)}), case)


def beginning(case: Case) -> str:
    """The first clauses of what was said, as many as make a complaint."""
    said = ""
    for clause in CLAUSE.findall(case.text):
        said += clause
        if len(said.strip()) >= OPENING[case.lang]:
            break
    return said.strip() or case.text


if __name__ == "__main__":
    main()
