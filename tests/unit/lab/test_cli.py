"""The command line: exit codes, clear usage errors, results on stdout and progress on stderr."""

from __future__ import annotations

import json
from argparse import Namespace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lab import cli, convert, run, status
from lab.clock import WALL
from lab.console import Console
from lab.faults import checked_rule
from lab.local_home import LocalHome
from lab.lock import only_one
from lab.records import read_runs, write_json
from lab.report import command as report_command
from lab.report import outcome_lines, report
from lab.run import unharmed_lines
from lab.target import local_target
from pipeline.errors import ConfigInvalid
from tests.unit.lab.recorded_runs import RUN, RUNS, recorded


def console() -> Console:
    return Console(out=StringIO(), err=StringIO())


def usage_error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "COMMAND"),
        (("fly",), "fly"),
        (("run",), "--orchestrator"),
        (("run", "--orchestrator", "oozie"), "oozie"),
        (("run", "--orchestrator", "glue", "--on", "moon"), "moon"),
        (("convert", "--engine", "single"), "--contract"),
    ],
)
def test_usage_errors_name_what_is_wrong(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str
) -> None:
    assert named in usage_error(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--orchestrator", "stepfunctions_lambda"), "not built yet"),
        (("--orchestrator", "glue", "--fault", "convert:explodes"), "explodes"),
        (("--orchestrator", "glue", "--on", "aws", "--fault", "convert:fails"), "--on local only"),
    ],
)
def test_run_refuses_what_it_cannot_do(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], named: str
) -> None:
    assert cli.main(["run", *arguments]) == 2
    said = capsys.readouterr()
    assert named in said.err
    assert said.out == ""


@pytest.mark.parametrize("rule", ["convert:fails", "crawl_raw:response_lost:1", "load_warehouse:killed:12"])
def test_good_fault_rules_pass(rule: str) -> None:
    assert checked_rule(rule) == rule


@pytest.mark.parametrize(
    "rule", ["", "convert", "convert:", "nope:fails", "convert:fails:0", "convert:fails:x", "convert:fails:1:2"]
)
def test_bad_fault_rules_are_named(rule: str) -> None:
    with pytest.raises(ConfigInvalid, match="--fault"):
        checked_rule(rule)


def test_run_without_a_local_aws_gives_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="`lab up`"):
        local_target(LocalHome(root=tmp_path))


def test_run_with_a_dead_local_aws_gives_the_remedy(tmp_path: Path) -> None:
    home = LocalHome(root=tmp_path)
    home.endpoint_file.parent.mkdir(parents=True)
    home.endpoint_file.write_text("http://127.0.0.1:9")
    with pytest.raises(ConfigInvalid, match="does not answer"):
        local_target(home)


def test_all_means_the_three_in_order() -> None:
    assert run.lanes_of("all") == ("glue", "stepfunctions", "airflow")
    assert run.lanes_of("airflow") == ("airflow",)


def test_second_holder_of_a_lock_is_told_who_has_it(tmp_path: Path) -> None:
    lock = tmp_path / "demo.lock"
    with only_one(lock, doing="a demo"):  # noqa: SIM117 the second must meet the first
        with pytest.raises(ConfigInvalid, match="a demo is already going on"), only_one(lock, doing="a demo"):
            pass
    with only_one(lock, doing="a demo"):
        assert lock.exists(), "free again"


def test_report_shows_what_was_measured_and_a_dash_for_what_was_not() -> None:
    lines = report(recorded(RUN, {**RUN, "orchestrator": "airflow", "api_calls": None})).splitlines()
    calls = next(line for line in lines if "API calls" in line and "│" in line)
    assert "3" in calls
    assert "-" in calls
    assert any("1,230" in line for line in lines)
    assert any("Local times are not AWS times" in line for line in lines)
    assert max(map(len, lines)) <= 110


def test_report_escapes_what_it_did_not_write() -> None:
    text = report(recorded({**RUN, "status": "failed", "error": "Boom: [red]x[/red] [/nope]"}))
    assert "[red]x[/red]" in text.replace("\n", "")


def test_report_of_no_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="does not exist"):
        read_runs(tmp_path / "runs.json")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[]", "as a whole"),
        ('{"runs"', "as a whole"),
        (json.dumps({**RUNS, "input": 3}), "input"),
        (json.dumps({**RUNS, "runs": [RUN, {**RUN, "status": "green"}]}), r"runs\.1\.status"),
        (json.dumps({**RUNS, "runs": [{**RUN, "cost_usd": {"total": "free"}}]}), r"runs\.0\.cost_usd"),
        *(
            (json.dumps({**RUNS, "runs": [{key: RUN[key] for key in RUN if key != lacking}]}), rf"runs\.0\.{lacking}")
            for lacking in RUN
            if lacking != "seconds"  # follows from start and end
        ),
    ],
)
def test_a_file_that_is_no_runs_json_is_refused_with_the_place(text: str, place: str, tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(text)
    with pytest.raises(
        ConfigInvalid, match=rf"runs\.json is no runs\.json \({place}[^:]*: .*write it anew with `lab run"
    ):
        read_runs(tmp_path / "runs.json")


def test_report_reads_the_last_runs_or_the_file_named(tmp_path: Path) -> None:
    home, talk = LocalHome(root=tmp_path), console()
    write_json(RUNS, home.runs)
    write_json({**RUNS, "on": "aws"}, tmp_path / "other.json")
    assert report_command(Namespace(runs=None, json=None), talk, home, WALL) == 0
    given = Namespace(runs=tmp_path / "other.json", json=tmp_path / "copy.json")
    assert report_command(given, talk, home, WALL) == 0
    text = talk.out.getvalue()  # type: ignore[attr-defined]
    assert text.index("on local") < text.index("on aws")
    assert read_runs(tmp_path / "copy.json").on == "aws"


def test_a_success_in_spite_of_a_fault_is_said_to_be_one() -> None:
    runs = recorded(RUN, {**RUN, "orchestrator": "airflow", "status": "failed"})
    [line] = unharmed_lines(runs, ["load_warehouse:fails"])
    assert line.startswith(f"{RUN['orchestrator']}: succeeded although --fault load_warehouse:fails was given")
    assert list(unharmed_lines(runs, [])) == []


def test_outcome_lines_say_nothing_new_and_name_failures() -> None:
    idle = {**RUN, "rows": {"read": 0, "curated": 0, "quarantined": 0}, "files": {"read": 0, "refused": 0}}
    failed = {**RUN, "status": "failed", "error": "step convert failed: Boom"}
    lines = list(outcome_lines(recorded(RUN, idle, failed)))
    assert "1,234 rows read" in lines[0]
    assert lines[1].endswith("nothing new: every file was already committed")
    assert "failed" in lines[2]
    assert "step convert failed: Boom" in lines[2]


def test_written_runs_are_whole_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "runs.json"
    for runs in (recorded(RUN), recorded(RUN, {**RUN, "status": "timed_out", "cost_usd": None})):
        write_json(runs.as_json(), file)
        assert read_runs(file) == runs
        [one, *_] = json.loads(file.read_text())["runs"]
        assert {name: one[name] for name in RUN} == RUN, "times, durations and figures as documented"
    assert [one.name for one in file.parent.iterdir()] == ["runs.json"]


def test_what_an_older_version_wrote_is_read() -> None:
    [run] = recorded(RUN).runs
    assert (run.rejected, run.repeats, run.job_runs) == ((), (), ()), "it had none of them yet"
    assert (run.seconds, run.steps[0].seconds, run.rows.read) == (10.0, 4.0, 1234)


CONTRACT = """\
dataset: planes
null_values: ["NA"]
newlines: forbidden
columns:
  - {name: a, type: bigint, nullable: false}
  - {name: b, type: string}
"""


def converted(tmp_path: Path, text: str) -> tuple[int, dict[str, Any], Console]:
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/planes.csv").write_text(text)
    talk = console()
    given = Namespace(
        engine="single",
        contract=tmp_path / "contract.yaml",
        input=tmp_path / "in",
        output=tmp_path / "out",
        json=tmp_path / "ledger.json",
    )
    code = convert.command(given, talk, LocalHome(root=tmp_path), WALL)
    return code, json.loads((tmp_path / "ledger.json").read_text()), talk


def test_convert_writes_the_ledger_and_says_what_it_did(tmp_path: Path) -> None:
    code, ledger, talk = converted(tmp_path, "a,b\n1,x\nbad,secret\n")
    assert code == 1
    assert (ledger["rows_read"], ledger["rows_curated"], ledger["rows_quarantined"]) == (2, 1, 1)
    said = talk.out.getvalue()  # type: ignore[attr-defined]
    assert "1 file taken, 0 refused; 2 rows read, 1 curated, 1 quarantined" in said
    assert "a is not spelled as bigint" in said
    assert "planes.csv:3" in said
    assert "lab quarantine explain --output" in said
    assert "secret" not in said
    assert "MB" in talk.err.getvalue()  # type: ignore[attr-defined]
    assert "TooMuchRejected: planes: 1 batch(es) held back" in talk.err.getvalue()  # type: ignore[attr-defined]


def test_convert_names_a_refused_file_with_its_reason(tmp_path: Path) -> None:
    code, ledger, talk = converted(tmp_path, "x,y\n1,2\n")
    assert code == 1
    assert ledger["files"][0]["status"] == "refused"
    said = talk.out.getvalue().splitlines()  # type: ignore[attr-defined]
    place = said.index("  planes.csv")
    assert said[place + 1].startswith("    HeaderMismatch: ")


def test_convert_of_a_missing_folder_is_usage(tmp_path: Path) -> None:
    given = ["convert", "--engine", "single", "--contract", "x", "--input", "y", "--output", str(tmp_path)]
    assert cli.main(given) == 2


def test_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("lab 0.")


@pytest.mark.parametrize("width", [20, 60, 80, 110, 250])
def test_report_keeps_to_the_terminals_width(width: int) -> None:
    runs = recorded(*({**RUN, "orchestrator": lane} for lane in ("glue", "stepfunctions", "airflow")))
    lines = report(runs, width=width).splitlines()
    assert max(map(len, lines)) <= min(max(width, 60), 110)
    assert any("1,230" in line for line in lines), "numbers stay whole"


@pytest.mark.parametrize("width", [60, 80, 110])
def test_no_number_name_or_label_of_the_report_is_broken(width: int) -> None:
    lanes = ("glue", "stepfunctions", "stepfunctions_lambda", "airflow")
    runs = recorded(*({**RUN, "orchestrator": lane, "output_digest": "03333cceaa69" * 5} for lane in lanes))
    tables = [line for line in report(runs, width=width).splitlines() if line.startswith(("┃", "│"))]
    words = " ".join(tables).split()
    for lane in lanes:
        assert words.count(lane) == 2, "once in each kind of table"
    assert words.count("03333cceaa69") == len(lanes)
    assert "…" not in "".join(tables)


@pytest.mark.parametrize("width", [60, 80])
def test_help_fits_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    said = cli.parser().format_help()
    too_long = [line for line in said.splitlines() if len(line) > width and " " in line.strip()]
    assert [line for line in too_long if line != cli.parser().description] == []
    assert "the first attempt of convert fails" in said


def test_a_long_line_of_the_status_goes_on_below_its_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    home, talk = LocalHome(root=tmp_path), console()
    stacks = [f"NF1-Stack{number}" for number in range(9)]
    home.deployment.parent.mkdir(parents=True)
    home.deployment.write_text(json.dumps({"stacks": stacks}))
    assert status.command(Namespace(json=None), talk, home, WALL) == 0
    lines = talk.out.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 60
    place = next(number for number, line in enumerate(lines) if line.startswith("deployed    NF1-Stack0"))
    assert lines[place + 1].startswith(" " * 12 + "NF1-Stack")
    assert all(any(stack in line for line in lines) for stack in stacks), "no name is broken"


def test_convert_does_not_write_into_a_folder_of_others(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(ConfigInvalid, match=r"holds thesis\.tex and no ledger\.json"):
        convert.check_output(tmp_path)
    with pytest.raises(ConfigInvalid, match="is a file"):
        convert.check_output(tmp_path / "thesis.tex")
    killed = tmp_path / "killed"
    (killed / "curated").mkdir(parents=True)
    convert.check_output(killed)
    convert.check_output(tmp_path / "new")
    (tmp_path / "ledger.json").write_text("{}")
    convert.check_output(tmp_path)


def test_a_failed_job_step_names_the_command_that_shows_its_log() -> None:
    step = {**RUN["steps"][0], "status": "failed"}
    failed = {**RUN, "status": "failed", "error": "step convert failed: Boom", "steps": [step]}
    assert "  what that job wrote: lab logs wr convert" in list(outcome_lines(recorded(failed)))
    assert "  what that job wrote: lab logs wr convert" in list(outcome_lines(recorded(failed, on="aws")))
    crawl = {**failed, "steps": [{**step, "name": "crawl_raw"}]}
    assert not [line for line in outcome_lines(recorded(crawl)) if "lab logs" in line]
