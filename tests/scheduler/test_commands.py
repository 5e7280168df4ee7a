"""The scheduler's terminal: files in, files and words out, and a plain error for whatever is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scheduler import distribution, solver, terminal
from scheduler.commands import planning
from scheduler.domain import Assignment, Plan
from scheduler.files import read_instance, read_plan, write_json
from scheduler.instance import Instance
from scheduler.validation import check
from tests.scheduler.builders import (
    a_commitment,
    a_plan,
    a_practitioner,
    a_request,
    a_session,
    a_slot,
    an_instance,
    at,
    pinned,
    placed,
)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words: str, fails: int = 0) -> Result:
        result = CliRunner().invoke(planning, words, catch_exceptions=False)
        assert result.exit_code == fails, result.output
        return result

    return invoke


def two_doctors() -> Instance:
    """Two patients and two doctors; everybody would like to come to Li first."""
    return an_instance(
        a_request("ann", practitioner="dr-li"),
        a_request("bob", practitioner="dr-li"),
        a_request("eve", acuity=1),
        sessions=(a_session(), a_session(who="dr-wu", start="10:00", end="11:00")),
        commitments=(a_commitment("09:40", "10:00"),),
    )


@pytest.fixture
def day(run: Run) -> Instance:
    """`in.json`, and its plan as `plan.json`."""
    write_json(Path("in.json"), two_doctors())
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1", "--workers", "1")
    return two_doctors()


# --- instance -------------------------------------------------------------------------------------


def test_an_instance_goes_to_standard_output(run: Run) -> None:
    numbers = ("--departments", "2", "--practitioners", "3", "--patients", "9", "--seed", "4")
    printed = run("instance", *numbers).stdout
    run("instance", *numbers, "--out", "in.json")
    assert Instance.model_validate_json(printed) == read_instance(Path("in.json"))
    assert len(read_instance(Path("in.json")).requests) == 9


def test_a_week_has_seven_days(run: Run) -> None:
    numbers = ("--departments", "1", "--practitioners", "2", "--patients", "3")
    made = Instance.model_validate_json(run("instance", *numbers, "--week").stdout)
    assert len(made.requests) == 21
    assert len({session.start.date() for session in made.sessions}) == 7


def test_an_instance_that_cannot_be_is_refused(run: Run) -> None:
    refused = run("instance", "--departments", "3", "--practitioners", "2", fails=1)
    assert refused.stderr.startswith("Error: InvalidInstance\nevery department needs")
    assert refused.stdout == ""


# --- plan -----------------------------------------------------------------------------------------


def test_a_plan_is_written_scored_and_feasible(day: Instance, run: Run) -> None:
    told = run("plan", "in.json", "--out", "again.json", "--seconds", "1")
    found = read_plan(Path("again.json"))
    assert check(day, found).feasible
    assert "feasible" in told.stdout
    assert f"bound {found.objective}: no plan is better" in told.stdout
    assert "2 with a slot, 1 without" in told.stdout
    assert "1: an emergency is never planned" in told.stdout


def test_the_progress_goes_to_standard_error(day: Instance, run: Run) -> None:
    told = run("plan", "in.json", "--out", "again.json", "--seconds", "1").stderr
    assert "objective" in told
    assert "unplaced" in told


def test_a_plan_may_begin_with_another(day: Instance, run: Run) -> None:
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1", "--start", "plan.json")
    assert check(day, read_plan(Path("plan.json"))).feasible


def test_a_deterministic_plan_comes_again(day: Instance, run: Run) -> None:
    for name in ("one.json", "two.json"):
        run("plan", "in.json", "--out", name, "--seconds", "1", "--deterministic", "--seed", "3")
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()


def test_an_interruption_keeps_the_best_plan(
    day: Instance, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal._Line, "take", interrupt)
    run("plan", "in.json", "--out", "kept.json", "--seconds", "1")
    assert check(day, read_plan(Path("kept.json"))).feasible


def test_weights_of_a_file_count_instead(day: Instance, run: Run) -> None:
    Path("weights.yaml").write_text("wish_practitioner: 5000\n")
    weighted = ("--weights", "weights.yaml")
    run("plan", "in.json", "--out", "weighted.json", "--seconds", "1", *weighted)
    assert "feasible" in run("check", "in.json", "weighted.json", *weighted).stdout
    pays = Instance(**{**dict(day), "weights": {"wish_practitioner": 5000}})
    assert check(pays, read_plan(Path("weighted.json"))).feasible


def test_figures_made_with_other_weights_are_found_false(day: Instance, run: Run) -> None:
    Path("weights.yaml").write_text("waiting_per_hour: 5000\n")
    told = run("check", "in.json", "plan.json", "--weights", "weights.yaml", fails=1)
    assert "the objective is" in told.stdout


def test_a_cluster_lends_its_workers(
    day: Instance, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent: list[object] = []

    @contextmanager
    def cluster(address: str) -> Iterator[str]:
        yield f"workers at {address}"

    def solve(instance: Instance, *, pool: object, **_: object) -> Plan:
        lent.append(pool)
        return read_plan(Path("plan.json"))

    monkeypatch.setattr(distribution, "ray_pool", cluster)
    monkeypatch.setattr(solver, "solve", solve)
    run("plan", "in.json", "--out", "far.json", "--seconds", "1", "--ray", "head:6379")
    assert lent == ["workers at head:6379"]


def test_no_cluster_is_a_plain_error(
    day: Instance, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    told = run("plan", "in.json", "--out", "p.json", "--seconds", "1", "--ray", "local", fails=1)
    assert told.stderr.startswith("Error: ClusterUnavailable")
    assert not Path("p.json").exists()


@pytest.mark.parametrize(
    ("out", "said"),
    [(".", "is a folder"), ("nowhere/plan.json", "there is no folder nowhere")],
)
def test_a_place_for_the_plan_is_looked_for_first(
    day: Instance, run: Run, out: str, said: str
) -> None:
    told = run("plan", "in.json", "--out", out, "--seconds", "1000", fails=1)
    assert told.stderr.startswith("Error: InvalidPlan")
    assert said in told.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_seconds_are_a_span_of_time(day: Instance, run: Run, seconds: str) -> None:
    run("plan", "in.json", "--out", "p.json", "--seconds", seconds, fails=2)


# --- region ---------------------------------------------------------------------------------------


def test_a_region_has_a_plan_for_each_hospital_and_a_word_on_what_is_wrong(run: Run) -> None:
    Path("in").mkdir()
    for name in ("east", "west"):
        write_json(Path("in", f"{name}.json"), two_doctors())
    Path("in", "broken.json").write_text("{", encoding="utf-8")
    told = run("region", "in", "--out", "plans", "--seconds", "0.5", fails=1)
    for name in ("east.json", "west.json"):
        assert check(two_doctors(), read_plan(Path("plans", name))).feasible
        assert f"{name}: objective" in told.stdout
    assert "broken.json" in told.stderr
    assert not Path("plans", "broken.json").exists()


def test_a_region_without_instances_is_a_clear_error(run: Run) -> None:
    Path("empty").mkdir()
    for folder in ("empty", "nowhere"):
        told = run("region", folder, "--out", "plans", "--seconds", "0.5", fails=1)
        assert "no folder with instances" in told.stderr
    assert not Path("plans").exists()


def test_a_region_whose_plans_have_no_place_is_not_planned(run: Run, day: Instance) -> None:
    Path("in").mkdir()
    write_json(Path("in", "east.json"), day)
    told = run("region", "in", "--out", "plan.json", "--seconds", "0.5", fails=1)
    assert "cannot be made a folder" in told.stderr


# --- check ----------------------------------------------------------------------------------------


def test_a_feasible_plan_is_scored_by_rule(day: Instance, run: Run) -> None:
    told = run("check", "in.json", "plan.json").stdout
    assert told.startswith("feasible")
    for rule, points in check(day, read_plan(Path("plan.json"))).by_rule.items():
        assert (rule in told) == bool(points)
    assert "bound" in told


def test_each_violation_is_told(day: Instance, run: Run) -> None:
    both = (placed(a_slot(), "ann"), placed(a_slot(), "bob"))
    write_json(Path("bad.json"), a_plan(*both))
    told = run("check", "in.json", "bad.json", fails=1).stdout
    violations = check(day, a_plan(*both)).violations
    assert told.splitlines() == [*violations, f"infeasible: {len(violations)} violations"]


def test_a_plan_without_a_bound_says_so(day: Instance, run: Run) -> None:
    found = read_plan(Path("plan.json"))
    write_json(Path("unbound.json"), found.model_copy(update={"bound": 0}))
    assert "no bound is known" in run("check", "in.json", "unbound.json").stdout


@pytest.mark.parametrize("command", ["check", "plan", "why", "repair", "offer"])
@pytest.mark.parametrize("content", ["", "[]", "\ud800", '{"requests": 3}'])
def test_a_bad_file_ends_every_command_plainly(
    day: Instance, run: Run, command: str, content: str
) -> None:
    write_json(Path("request.json"), a_request("zoe"))
    Path("bad.json").write_text(content, encoding="utf-8", errors="surrogatepass")
    more = {
        "check": ["plan.json"],
        "plan": ["--out", "p.json", "--seconds", "1"],
        "why": ["plan.json", "--request", "ann"],
        "repair": ["plan.json", "--without", "dr-li"],
        "offer": ["plan.json", "--request", "request.json"],
    }[command]
    told = run(command, "bad.json", *more, fails=1)
    assert told.stderr.startswith("Error: InvalidInstance\nbad.json")


def test_a_plan_of_another_day_is_refused(day: Instance, run: Run) -> None:
    write_json(Path("other.json"), a_plan(placed(a_slot(), "zoe")))
    told = run("why", "in.json", "other.json", "--request", "ann", fails=1)
    assert told.stderr.startswith("Error: InvalidPlan\nother.json does not answer in.json: zoe")


# --- what if --------------------------------------------------------------------------------------


def test_what_if_tells_what_would_change_without_a_doctor(day: Instance, run: Run) -> None:
    lost = where("ann").slot.practitioner
    options = ("--without", lost, "--seconds", "1", "--out", "other.json")
    told = run("what-if", "in.json", "plan.json", *options).stdout
    assert "as it is," in told
    assert "by rule:" in told
    other = read_plan(Path("other.json"))
    assert lost not in {assignment.slot.practitioner for assignment in other.assignments}
    assert read_plan(Path("plan.json")) != other


def test_what_if_plans_another_instance_or_other_weights(day: Instance, run: Run) -> None:
    write_json(Path("more.json"), an_instance(a_request("ann"), a_request("zoe"), load=0))
    told = run("what-if", "in.json", "plan.json", "--instead", "more.json", "--seconds", "1").stdout
    assert "zoe would have a slot" in told
    Path("weights.yaml").write_text("wish_practitioner: 0\n")
    facts = run(
        "what-if", "in.json", "plan.json", "--weights", "weights.yaml", "--seconds", "1", "--json"
    ).stdout
    assert json.loads(facts)["plan"]["by_rule"]["wish_practitioner"] == 0


def test_what_if_asks_what_would_be_otherwise(day: Instance, run: Run) -> None:
    assert "--without" in run("what-if", "in.json", "plan.json", fails=1).stderr


# --- repair ---------------------------------------------------------------------------------------


def test_a_repair_tells_who_moves_where(day: Instance, run: Run) -> None:
    lost = where("ann").slot.practitioner
    files = ("--out", "now.json", "--instance-out", "in-now.json")
    told = run("repair", "in.json", "plan.json", "--without", lost, *files).stdout
    assert f"ann moves from {lost}" in told
    repaired, problem = read_plan(Path("now.json")), read_instance(Path("in-now.json"))
    assert check(problem, repaired).feasible
    assert lost not in {assignment.slot.practitioner for assignment in repaired.assignments}


def test_a_repair_names_who_is_left_and_why(run: Run) -> None:
    write_json(Path("in.json"), an_instance(a_request("ann")))
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1")
    told = run("repair", "in.json", "plan.json", "--without", "dr-li").stdout
    assert "1 left without a slot" in told
    assert "ann is without a slot: no session of its departments" in told


def test_what_was_before_stays(day: Instance, run: Run) -> None:
    told = run("repair", "in.json", "plan.json", "--without", "dr-li", "--from", "11:00").stdout
    assert "0 moved, 2 stay" in told


def test_a_repaired_plan_alone_is_said_to_answer_another_instance(day: Instance, run: Run) -> None:
    told = run("repair", "in.json", "plan.json", "--without", "dr-li", "--out", "now.json")
    assert "--instance-out" in told.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--without", "dr-who"), "dr-who has no session"),
        (("--without", "dr-li", "--from", "noon"), "'noon' is no time"),
        (("--without", "dr-li", "--from", "25:00"), "'25:00' is no time"),
        (("--without", "dr-li", "--from", "2026-03-02T09:00Z"), "offset"),
    ],
)
def test_a_repair_of_nothing_is_refused(
    day: Instance, run: Run, words: tuple[str, ...], said: str
) -> None:
    assert said in run("repair", "in.json", "plan.json", *words, fails=1).stderr


# --- offer ----------------------------------------------------------------------------------------


def test_offers_are_ranked_and_differ_in_words_and_numbers(day: Instance, run: Run) -> None:
    write_json(Path("request.json"), a_request("zoe", practitioner="dr-wu"))
    told = run("offer", "in.json", "plan.json", "--request", "request.json").stdout
    assert told.startswith("1. Best: dr-wu (cardiology), Mon 2026-03-02 10:")
    assert " points" in told


def test_offers_as_json_are_facts(day: Instance, run: Run) -> None:
    write_json(Path("request.json"), a_request("zoe"))
    told = run("offer", "in.json", "plan.json", "--request", "request.json", "--json").stdout
    offers = json.loads(told)
    assert offers[0]["kind"] == "best"
    assert Assignment(**offers[0]["assignment"]).request == "zoe"


def test_another_doctor_is_told_apart(run: Run) -> None:
    sessions = (a_session(), a_session(who="dr-wu"))
    people = (a_practitioner(sex="female"), a_practitioner("dr-wu", sex="male"))
    write_json(
        Path("in.json"), an_instance(a_request("ann"), sessions=sessions, practitioners=people)
    )
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1")
    write_json(Path("request.json"), a_request("zoe", practitioner="dr-wu"))
    told = run("offer", "in.json", "plan.json", "--request", "request.json").stdout
    assert "2. Another doctor: dr-li" in told
    assert "another doctor, of another sex, +" in told


def test_nothing_to_offer_is_said(run: Run) -> None:
    write_json(Path("in.json"), an_instance(a_request("ann")))
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1")
    write_json(Path("request.json"), a_request("zoe", fits=(("surgery", 1.0),)))
    words = ("offer", "in.json", "plan.json", "--request", "request.json")
    assert "a person must decide" in run(*words).stdout
    assert json.loads(run(*words, "--json").stdout) == []


def test_an_emergency_is_offered_nothing(day: Instance, run: Run) -> None:
    write_json(Path("request.json"), a_request("zoe", acuity=1))
    told = run("offer", "in.json", "plan.json", "--request", "request.json", fails=1).stderr
    assert "an emergency is never planned" in told


# --- why ------------------------------------------------------------------------------------------


def test_a_slot_is_explained_by_rule(day: Instance, run: Run) -> None:
    told = run("why", "in.json", "plan.json", "--request", "ann").stdout
    assert told.startswith(f"ann is with {where('ann').slot.practitioner} (cardiology)")
    assert "best other slot" in told
    assert "waiting" in told


def test_a_missing_slot_is_explained(day: Instance, run: Run) -> None:
    told = run("why", "in.json", "plan.json", "--request", "eve").stdout
    assert told.startswith("eve has no slot, for 0 points: an emergency is never planned")


def test_who_is_in_the_way_is_named(run: Run) -> None:
    write_json(
        Path("in.json"),
        an_instance(
            a_request("ann", acuity=2), a_request("bob"), sessions=(a_session(end="09:20"),)
        ),
    )
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1")
    told = run("why", "in.json", "plan.json", "--request", "bob").stdout
    assert "every slot that it may have is somebody's" in told
    assert "the doctor sees ann" in told


def test_a_broken_pin_is_explained_by_its_rule(run: Run) -> None:
    write_json(
        Path("in.json"),
        an_instance(pinned("ann"), commitments=(a_commitment("09:00", "09:10"),)),
    )
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1")
    told = run("why", "in.json", "plan.json", "--request", "ann").stdout
    assert "its pin breaks a rule" in told
    assert "the doctor's time is promised already" in told


def test_why_not_is_here_blocked_or_has_a_price(day: Instance, run: Run) -> None:
    slot = where("ann").slot
    here = f"{slot.practitioner}@{slot.start:%H:%M}"
    why_not = ("why", "in.json", "plan.json", "--request", "ann", "--not")
    assert run(*why_not, here).stdout.startswith("ann is there: ")
    blocked = run(*why_not, "dr-li@09:40").stdout
    assert blocked.startswith("ann cannot be with dr-li (cardiology), Mon 2026-03-02 09:40–10:00:")
    assert "the doctor's time is promised already" in blocked
    possible = run(*why_not, "dr-wu@2026-03-02T10:40").stdout
    assert "the plan would cost +" in possible
    assert "ann: " in possible


def test_why_as_json_is_facts(day: Instance, run: Run) -> None:
    words = ("why", "in.json", "plan.json", "--request", "ann", "--json")
    reasons = json.loads(run(*words).stdout)["reasons"]
    paid = where("ann")
    assert {one["rule"]: one["points"] for one in reasons}["waiting"] == paid.costs["waiting"]
    assert json.loads(run(*words, "--not", "dr-li@09:40").stdout)["status"] == "blocked"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--request", "zoe"), "there is no request zoe"),
        (("--request", "ann", "--not", "dr-who@09:00"), "there is no practitioner dr-who"),
        (("--request", "ann", "--not", "dr-li"), "no PRACTITIONER@TIME"),
        (("--request", "ann", "--not", "@09:00"), "no PRACTITIONER@TIME"),
        (("--request", "ann", "--not", "dr-li@nine"), "'nine' is no time"),
    ],
)
def test_a_question_about_nobody_is_refused(
    day: Instance, run: Run, words: tuple[str, ...], said: str
) -> None:
    assert said in run("why", "in.json", "plan.json", *words, fails=1).stderr


def test_without_sessions_a_time_needs_its_date(run: Run) -> None:
    problem = an_instance(a_request("ann"), sessions=(), practitioners=(a_practitioner(),))
    write_json(Path("in.json"), problem)
    run("plan", "in.json", "--out", "plan.json", "--seconds", "1")
    words = ("why", "in.json", "plan.json", "--request", "ann", "--not")
    assert "give TIME with its date" in run(*words, "dr-li@09:00", fails=1).stderr
    told = run(*words, f"dr-li@{at('09:00').isoformat()}").stdout
    assert "no session of that doctor" in told


# --- starting -------------------------------------------------------------------------------------


def test_the_console_script_plans_without_the_page_and_the_model() -> None:
    script = (
        "import sys; sys.argv = ['daozhen', 'check', '--help']\n"
        "from app import main\n"
        "try: main()\n"
        "finally: print({'torch', 'gradio', 'langchain_core', 'ortools'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert "Usage: daozhen check" in told
    assert told.endswith("set()\n")


def where(request: str) -> Assignment:
    """What `plan.json` gives a request."""
    found = read_plan(Path("plan.json")).assignments
    return next(assignment for assignment in found if assignment.request == request)
