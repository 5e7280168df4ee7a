"""The terminal: `daozhen receive`, `evaluate`, `import`, `learn`, `desk`, `audit`.

Entry points only translate.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.answer import Answer, Heard
from assistant.building import open_catalogue, open_reception, open_retriever, open_timetable
from assistant.desk import corrections
from assistant.errors import AssistantError, InvalidCases, InvalidSettings
from assistant.evaluation import running
from assistant.evaluation.baselines import Compared, baselines_for
from assistant.evaluation.baselines import compare as compare_baselines
from assistant.evaluation.cases import Case, load_cases
from assistant.evaluation.figures import Figure, reliability, summarise, timing
from assistant.evaluation.report import read_results, report
from assistant.evaluation.running import CaseResult, fingerprint
from assistant.explain import spoken_time
from assistant.messages import messages
from assistant.reception import Reception
from assistant.rehearsal import rehearse
from assistant.settings import Settings
from assistant.triage import FOUR_LEVELS
from assistant.words import clean
from knowledge.catalogue import Catalogue
from knowledge.errors import KnowledgeError
from knowledge.experience import Visit, save
from knowledge.experience import learn as teach
from knowledge.importing import read_catalogue, write_catalogue
from knowledge.importing.visits import read_visits
from scheduler.domain import LANGUAGES, Language, Person, Sex
from scheduler.errors import SchedulerError
from scheduler.records import Records, Role

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Daozhen 导诊: a guidance desk.")
err = Console(stderr=True)
out = Console(highlight=False, soft_wrap=True)

NoModel = Annotated[bool, typer.Option("--no-model", help="Rules and retrieval only.")]


def settings(**given: Any) -> Settings:
    """The settings of the environment, with what the command line gave.

    Raises:
        InvalidSettings: a setting has no sense; the message names it.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InvalidSettings("; ".join(wrong) + " (see docs/settings.md)") from error


@contextmanager
def plain_errors() -> Iterator[None]:
    """Our own errors end a command with their message, never with a stack trace."""
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_path=False)],
    )
    try:
        yield
    except (AssistantError, KnowledgeError, SchedulerError) as error:
        err.print(f"[bold red]Error:[/] {type(error).__name__}", highlight=False)
        err.print(str(error), markup=False, highlight=False)
        raise typer.Exit(1) from error


def progress_bars() -> Progress:
    """Progress on standard error, gone when done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )


@cli.command()
def receive(
    words: Annotated[str, typer.Argument(help="What the patient says.")],
    lang: Annotated[str, typer.Option(help="en or zh; else told from the words.")] = "en",
    age: Annotated[float | None, typer.Option(min=0, max=125)] = None,
    sex: Annotated[str | None, typer.Option(help="female or male")] = None,
    pregnant: Annotated[bool | None, typer.Option("--pregnant/--not-pregnant")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    no_model: NoModel = False,
) -> None:
    """Answer a patient in the terminal. Books nothing."""
    language = _language(lang)
    if sex not in (None, "female", "male"):
        raise typer.BadParameter("must be female or male", param_hint="--sex")
    known_sex: Sex | None = sex  # type: ignore[assignment]
    with plain_errors(), progress_bars() as progress:
        chosen = settings(use_model=False if no_model else None)
        reception = open_reception(chosen, progress)
        person = Person(age=age, sex=known_sex, pregnant=pregnant)
        answer = reception.decide(Heard(words=words, person=person, language=language))
    if as_json:
        print(json.dumps(as_data(answer), ensure_ascii=False, indent=2))
    else:
        _tell(answer, reception.catalogue)


@cli.command()
def evaluate(
    cases: Annotated[Path, typer.Option(help="JSON Lines, see docs/formats.md")],
    catalogue: Annotated[Path | None, typer.Option(help="Another hospital's catalogue")] = None,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    no_model: NoModel = False,
    out_file: Annotated[Path | None, typer.Option("--out", help="Where to write results")] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Where to write a report, one HTML file")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Earlier results (--out), to compare with in the report")
    ] = None,
    with_baselines: Annotated[
        bool, typer.Option("--baselines", help="Also what simpler ways would answer")
    ] = False,
    lang: Annotated[str, typer.Option(help="The report's language: en or zh")] = "en",
) -> None:
    """Answer cases and print the figures, with 95% intervals. Goes on after an interruption."""
    language = _language(lang)
    with plain_errors():
        chosen = settings(catalogue=catalogue, use_model=False if no_model else None)
        wanted = load_cases(cases, limit)
        earlier = read_results(compare) if compare else None
        with progress_bars() as progress:
            reception = open_reception(chosen, progress, with_records=False)
            unfinished = chosen.home / "evaluations" / f"{fingerprint(wanted, reception)}.jsonl"
            task = progress.add_task("Answering cases", total=len(wanted))
            results = running.evaluate(
                wanted, reception, unfinished, lambda _: progress.update(task, advance=1)
            )
            compared = _compared(wanted, results, reception, progress) if with_baselines else ()
        figures, seconds = summarise(wanted, results), timing(results)
        if out_file:
            summary = {name: figure.model_dump() for name, figure in figures.items()} | seconds
            content = {"summary": summary, "cases": [r.model_dump(mode="json") for r in results]}
            _write(out_file, json.dumps(content, ensure_ascii=False, indent=1))
        if report_file:
            page = report(
                cases.name,
                wanted,
                results,
                reception.catalogue,
                reception.red_flags,
                language=language,
                baselines=compared,
                earlier=earlier,
            )
            _write(report_file, page)
        unfinished.unlink()
    out.print(f"{len(results)} cases of {cases.name}, read by {results[0].read_by}")
    for name, figure in figures.items():
        if figure.of:
            out.print(f"  {name.replace('_', ' '):24} {figure}")
    if trust := reliability(wanted, results):
        error = f"{trust.error:6.1%}  (95% {trust.low:.1%} to {trust.high:.1%})"
        out.print(f"  {'calibration error':24} {error}")
    out.print(
        "  {:24} {seconds_median:.2f} s median, {seconds_p95:.2f} s 95th percentile".format(
            "time per case", **seconds
        )
    )
    for one in compared[1:]:
        out.print(f"  {one.name.replace('_', ' '):24} top-1 {one.top1}")
        out.print(f"  {'':24} top-3 {one.top3}")


def _compared(
    cases: Sequence[Case],
    results: Sequence[CaseResult],
    reception: Reception,
    progress: Progress,
) -> tuple[Compared, ...]:
    """This run, and what simpler ways would answer."""
    figures = summarise(cases, results)
    if not figures["department_top1"].of:
        return ()
    ours = Compared(
        name="daozhen", top1=figures["department_top1"], top3=figures["department_top3"]
    )
    chosen = baselines_for(reception)
    total = ours.top1.of * len(chosen)
    task = progress.add_task("Answering them in simpler ways", total=total)
    return ours, *compare_baselines(cases, chosen, lambda: progress.update(task, advance=1))


def _language(given: str) -> Language:
    for language in LANGUAGES:
        if given == language:
            return language
    raise typer.BadParameter("must be en or zh", param_hint="--lang")


@cli.command("import")
def import_catalogue(
    source: Annotated[Path, typer.Argument(help="A folder, a CSV or JSON file, or a FHIR bundle")],
) -> None:
    """Take a hospital's own catalogue into use, after checking all of it."""
    with plain_errors():
        chosen = settings()
        catalogue = read_catalogue(source)
        write_catalogue(catalogue, chosen.imported_catalogue)
        lent = open_catalogue(chosen.model_copy(update={"catalogue": chosen.imported_catalogue}))
    bare = [d.id for d in lent.departments if not (d.complaints.everything() or d.passages)]
    out.print(
        f"Imported {len(catalogue.departments)} departments, {len(catalogue.practitioners)} "
        f"practitioners, {len(catalogue.locations)} locations, {len(catalogue.schedules)} weekly "
        f"sessions into {chosen.imported_catalogue}."
    )
    if bare:
        out.print(f"Known by name only (add complaints or passages): {', '.join(bare)}")
    out.print("The next start builds the index for it.")


@cli.command()
def learn(
    visits: Annotated[Path, typer.Argument(help="CSV: complaint, department")],
    try_only: Annotated[bool, typer.Option("--try", help="Only show what it would gain")] = False,
) -> None:
    """Learn from a hospital's own past visits, and show what that gains on visits held out.

    Kept are weights of words that several visits share, on this machine only. To forget them,
    delete the file that it names.
    """
    with plain_errors():
        chosen = settings()
        catalogue = open_catalogue(chosen)
        past = [Visit(clean(v.words), v.department) for v in read_visits(visits, catalogue)]
        with progress_bars() as progress:
            retriever = open_retriever(chosen, catalogue, progress)
            task = progress.add_task("Reading visits", total=len(past))
            scores = []
            for visit in past:
                scores.append(retriever.scores(visit.words))
                progress.update(task, advance=1)
            progress.add_task("Learning", total=None)
            lesson = teach(past, [d.id for d in catalogue.departments], np.array(scores))
        out.print(f"{len(past)} visits; each was answered by what the other four fifths taught")
        gained = lesson.after[:, 0].sum() - lesson.before[:, 0].sum()
        for at, name in enumerate(("right department first", "among the first three")):
            out.print(f"  {name}: without  {Figure.count(lesson.before[:, at] > 0)}")
            out.print(f"  {'':{len(name)}}  with     {Figure.count(lesson.after[:, at] > 0)}")
        if try_only or gained <= 0:
            out.print(
                "Nothing was taken into use."
                if try_only
                else "It gained nothing, so it was not taken into use."
            )
            return
        save(lesson.experience, chosen.learned)
    out.print(f"In use from the next start: {chosen.learned}")


@cli.command()
def desk(
    close: Annotated[str | None, typer.Option(help="Close a case by its id")] = None,
    note: Annotated[str, typer.Option(help="What was done")] = "",
    decided: Annotated[
        Path | None, typer.Option(help="Write what the desk decided as triage cases")
    ] = None,
) -> None:
    """Who waits for a person, the most urgent first."""
    with plain_errors(), Records.open(settings().database_url) as records:
        if decided:
            cases = [
                json.dumps(one, ensure_ascii=False)
                for one in corrections(records.handovers("closed"))
            ]
            _write(decided, "".join(f"{case}\n" for case in cases))
            out.print(f"{len(cases)} cases that the desk decided: {decided}")
            return
        if close:
            records.close_handover(close, actor="desk", note=note)
        for card in records.handovers():
            waiting = card.at.astimezone().strftime("%H:%M")
            level = FOUR_LEVELS[card.acuity]
            out.print(
                f"[bold]ESI {card.acuity} · {level}/4[/] {waiting} {card.reason} [dim]{card.id}[/]"
            )
            for name, value in card.details.items():
                if value:
                    out.print(f"    {name}: {value}", markup=False)


@cli.command("rehearse")
def rehearse_days(
    patients: Annotated[int, typer.Option(min=1, max=20_000)] = 600,
    days: Annotated[int, typer.Option(min=1, max=30, help="Days, the first is --before today")] = 5,
    before: Annotated[int, typer.Option(min=0, max=30, help="Days before today to begin")] = 1,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Book made-up patients at the reference hospital, to try the staff's pages with."""
    with plain_errors():
        chosen = settings()
        if chosen.catalogue or chosen.imported_catalogue.exists():
            raise InvalidSettings(
                "this is a real hospital's catalogue: made-up patients would take its time. "
                "Rehearse with DAOZHEN_HOME set to an empty folder."
            )
        with Records.open(chosen.database_url) as records, progress_bars() as progress:
            task = progress.add_task("Booking patients", total=patients)
            timetable = open_timetable(chosen, open_catalogue(chosen), records)
            booked = rehearse(
                timetable,
                timetable.now().date() - timedelta(days=before),
                days,
                patients,
                seed=seed,
                on_patient=lambda: progress.update(task, advance=1),
            )
    out.print(f"{booked} of {patients} made-up patients have an appointment: /board shows them")


staff = typer.Typer(no_args_is_help=True, help="Who may sign in to the staff's pages.")
cli.add_typer(staff, name="staff")


@staff.command("add")
def add_staff(
    name: str,
    role: Annotated[Role, typer.Option(help="What this person may do")] = "desk",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """Let somebody sign in, or give them a new password and role."""
    with plain_errors(), Records.open(settings().database_url) as records:
        try:
            records.put_staff(name, password, role, actor="terminal")
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    out.print(f"{name} may sign in as {role}: http://{settings().host}:{settings().port}/desk")


@staff.command("stop")
def stop_staff(name: str) -> None:
    """Nobody by this name may sign in any more; who is signed in is out at once."""
    with plain_errors(), Records.open(settings().database_url) as records:
        records.stop_staff(name, actor="terminal")
    out.print(f"{name} may not sign in any more")


@staff.command("list")
def list_staff() -> None:
    """Everybody who may sign in or once could."""
    with plain_errors(), Records.open(settings().database_url) as records:
        for member in records.staff():
            out.print(f"{member.name}  {member.role}{'' if member.active else '  (stopped)'}")


@cli.command()
def audit() -> None:
    """Verify the audit trail: any edit, removal or reordering is found."""
    with plain_errors(), Records.open(settings().database_url) as records:
        report = records.verify_audit()
    out.print(
        f"{report.events} events, {'intact' if report.ok else f'broken at event {report.first_bad}'}"
    )
    if not report.ok:
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidCases(
            f"{path} cannot be written ({error}); run again: nothing is lost"
        ) from error


def as_data(answer: Answer) -> dict[str, Any]:
    """An answer in the shape of `daozhen receive --json` (docs/formats.md)."""
    best = answer.offers[0].assignment.slot if answer.offers else None
    candidates = answer.referral.candidates if answer.referral else ()
    return {
        "outcome": answer.outcome,
        "disposition": answer.urgency.disposition.value,
        "acuity": answer.urgency.acuity,
        "level": answer.urgency.level,
        "departments": [{"id": c.department, "confidence": c.confidence} for c in candidates],
        "appointment": best
        and {
            "department": best.department,
            "practitioner": best.practitioner,
            "start": best.start.isoformat(),
            "end": best.end.isoformat(),
        },
        "reasons": [reason.model_dump(mode="json") for reason in answer.reasons],
        "questions": [raised.flag.id for raised in answer.urgency.questions],
        "problem": answer.problem,
        "needs": answer.needs.model_dump(mode="json") if answer.needs else {},
        "model": answer.model.model_dump(mode="json"),
    }


def _tell(answer: Answer, catalogue: Catalogue) -> None:
    """An answer as text."""
    language = answer.language
    say = messages(language)
    out.print(f"[bold]{say.say(f'outcome.{answer.outcome}')}[/]")
    for raised in answer.urgency.raised:
        out.print(f"  {raised.flag.advice.in_language(language)}")
    for raised in answer.urgency.questions:
        out.print(f"  ? {raised.flag.ask.in_language(language)}")
    if answer.problem:
        out.print("  " + say.say(f"problem.{answer.problem}"))
    for offer in answer.offers:
        slot = offer.assignment.slot
        department = catalogue.by_id[slot.department].names.in_language(language)
        doctor = catalogue.people[slot.practitioner].names.in_language(language)
        out.print(f"  • {department} · {doctor} · {spoken_time(slot.start, language)}")
    for reason in answer.reasons:
        out.print(f"  — {reason.text}", markup=False)
