"""`lab report`: runs.json as a table that compares the orchestrators, and what to make of it.

Flows in: runs.json, nothing else. Flows out: text. What was not measured shows as a dash, never as 0.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.table import Table

from lab.clock import Clock
from lab.console import WIDE, Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.measure import prices
from lab.measure.job_runs import JOBS
from lab.orchestrators.run_state import BAD, Status
from lab.past_runs import find_run
from lab.plain_text import shown
from lab.records import Comparison, RunRecord, read_runs
from lake.ledger.rejections import FILE, Rejected
from pipeline.steps import PIPELINE, Pipeline

NOTHING_NEW = "nothing new: every file was already committed"
NOTHING_TAKEN = "nothing new: every file is in the ledger, some as refused"
NAMED = 10  # refused files and held batches below a line
NARROWEST = 60
LABELS_WIDTH = len("rows in warehouse") + 4
NUMBERS_WIDTH = len("03333cceaa69")


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    runs = _asked(arguments.runs, home)
    if arguments.json:
        write_json_output(runs.as_json(), arguments.json, console)
    console.result(report(runs, width=console.width()))
    return 0


def _asked(given: str | None, home: LocalHome) -> Comparison:
    """A file, or the comparison that holds the run of that id; that of the last run by default."""
    if given is None:
        return read_runs(home.runs)
    path = Path(given)
    return read_runs(path) if path.exists() or path.suffix == ".json" else find_run(given, home.past_runs)[0]


def outcome_lines(runs: Comparison) -> Iterator[str]:
    """One line per run."""
    for run in runs.runs:
        name, rows = run.orchestrator, run.rows
        if run.status != Status.SUCCEEDED:
            yield f"{name}: {run.status} after {run.seconds:.1f} s: {run.error}"
            failed = next((step.name for step in run.steps if step.status in BAD), None)
            if run.run_id and failed in JOBS:
                yield f"  what that job wrote: lab logs {shown(run.run_id)} {failed}"
        elif run.files.read == 0:
            yield f"{name}: succeeded in {run.seconds:.1f} s, {NOTHING_TAKEN if run.rejected else NOTHING_NEW}"
        else:
            yield (
                f"{name}: succeeded in {run.seconds:.1f} s, {rows.read:,} rows read, "
                f"{rows.curated:,} curated, {rows.quarantined:,} quarantined, "
                f"{run.warehouse_rows:,} in the warehouse"
            )
        yield from rejected_lines(run)


def rejected_lines(run: RunRecord) -> Iterator[str]:
    """What the run found refused or held back, tolerated or not."""
    for one in run.rejected[:NAMED]:
        what = f"refused {shown(one.key)}" if one.what == FILE else f"held back batch {one.batch_id[:12]}"
        since = f", still open since {one.since[:10]}" if one.still_open and one.since else ""
        yield f"  {one.dataset}: {what}{since}: {shown(' '.join(one.reason.split()))}"
    if len(run.rejected) > NAMED:
        yield f"  and {len(run.rejected) - NAMED} more in `rejected` of runs.json"


def report(runs: Comparison, *, width: int = WIDE, pipeline: Pipeline = PIPELINE) -> str:
    """The table and its notes, plain text of `width` columns, at least 60 and at most 110."""
    page = StringIO()
    paper = RichConsole(file=page, width=min(max(width, NARROWEST), WIDE), color_system=None, force_terminal=False)
    given = runs.input
    paper.print(f"{given.rows:,} rows in {given.files} files, {given.bytes / 1e6:.1f} MB, on {runs.on}")
    side_by_side = list(_fitting(runs.runs, paper.width))
    for some in side_by_side:
        paper.print(comparison_table(some))
    paper.print("Seconds per step, as each orchestrator tells them")
    for some in side_by_side:
        paper.print(steps_table(some, pipeline))
    for note in notes(runs, pipeline):
        paper.print(escape(f"- {note}"))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())


def _fitting(runs: Sequence[RunRecord], width: int) -> Iterator[list[RunRecord]]:
    """As many runs beside each other as fit; the rest in further tables: a number on two lines is none."""
    some: list[RunRecord] = []
    for run in runs:
        if some and sum(map(_column_width, [*some, run])) > width - LABELS_WIDTH:
            yield some
            some = []
        some = [*some, run]
    yield some


def _column_width(run: RunRecord) -> int:
    return max(len(run.orchestrator), NUMBERS_WIDTH) + 3


def comparison_table(runs: Sequence[RunRecord]) -> Table:
    """One column per run, one row per measure."""
    table = Table()
    table.add_column("", no_wrap=True)
    for run in runs:
        table.add_column(run.orchestrator, justify="right", overflow="fold")
    for label, values in _measures(runs):
        table.add_row(label, *[escape(value) for value in values])
    return table


def steps_table(runs: Sequence[RunRecord], pipeline: Pipeline) -> Table:
    """Seconds per step as each orchestrator tells them."""
    table = Table()
    table.add_column("step")
    for run in runs:
        table.add_column(run.orchestrator, justify="right")
    for step in pipeline.steps:
        table.add_row(step.name, *[_step(run, step.name) for run in runs])
    return table


def _step(run: RunRecord, name: str) -> str:
    step = next((one for one in run.steps if one.name == name), None)
    if step is None or step.status == Status.WAITING:
        return "-"
    seconds = "" if step.seconds is None else f"{step.seconds:.1f}"
    again = f" x{step.attempt}" if step.attempt > 1 else ""
    return f"{seconds}{again}" if step.status == Status.SUCCEEDED else f"{step.status} {seconds}{again}".strip()


def _measures(runs: Sequence[RunRecord]) -> Iterator[tuple[str, list[str]]]:
    yield "status", [run.status for run in runs]
    yield "seconds", [_number(run.seconds) for run in runs]
    yield "overhead seconds", [_number(run.overhead_seconds) for run in runs]
    yield "transitions", [_count(run.transitions) for run in runs]
    yield "API calls", [_count(None if run.api_calls is None else sum(run.api_calls.values())) for run in runs]
    yield "rows read", [_count(run.rows.read) for run in runs]
    yield "rows curated", [_count(run.rows.curated) for run in runs]
    yield "rows quarantined", [_count(run.rows.quarantined) for run in runs]
    if any(run.rejected for run in runs):
        yield "rejected", [_rejected(run.rejected) for run in runs]
    yield "rows in warehouse", [_count(run.warehouse_rows) for run in runs]
    yield "output digest", [(run.output_digest or "-")[:12] for run in runs]
    yield "notifications", [", ".join(str(one.status) for one in run.notifications) or "none" for run in runs]
    for part in ("orchestrator", "crawl", "jobs", "warehouse", "total"):
        yield f"USD {part}", ["-" if run.cost_usd is None else f"{getattr(run.cost_usd, part):.4f}" for run in runs]
    if any(run.error for run in runs):
        yield "error", [run.error or "-" for run in runs]


def notes(runs: Comparison, pipeline: Pipeline = PIPELINE) -> Iterator[str]:
    """What is measured, what is not, and what the prices assume."""
    polls = sorted({step.poll_seconds for step in pipeline.working})
    polled = ", ".join(map(str, polls))
    if runs.on == "local":
        yield "Local times are not AWS times: no workers to start, no network, no queues. Compare shapes, not seconds."
        yield (
            f"Poll intervals: deployed {polled} s. Locally the state machine's waits are skipped on a virtual clock, "
            "Airflow's are shortened and waited for."
        )
        yield (
            "API calls: all on a run's behalf, nothing set apart: the orchestrator's own starts and polls, and every "
            "request of its crawlers, jobs (each S3 object) and functions; the lab's own look-ups are left out."
        )
    else:
        yield f"Poll intervals: {polled} s. They are part of what is measured. API calls are not measured on AWS."
    digests = {run.output_digest for run in runs.runs if run.status == Status.SUCCEEDED}
    if len(digests) == 1 and len(runs.runs) > 1:
        yield "Equal digests: all lanes hold the same rows."
    yield "Overhead: the run's seconds minus the critical path of its crawls and jobs."
    yield "Transitions: what Step Functions bills by; the others have none."
    for run in runs.runs:
        for one in run.repeats:
            yield f"{run.orchestrator}: {one.step} was tried again after job run {one.job_run}: {one.why}"
    for run in runs.runs:
        if run.cost_usd:
            yield f"{run.orchestrator} cost: {run.cost_usd.basis}."
    yield f"Prices and their sources: lab/measure/prices.py ({prices.READ_ON})."


def _rejected(rejected: Sequence[Rejected]) -> str:
    files = [one.key.rsplit("/", 1)[-1] for one in rejected if one.what == FILE]
    held = [one.dataset for one in rejected if one.what != FILE]
    named = [*(f"refused {name}" for name in files[:3]), *(f"held {name}" for name in held[:3])]
    more = f" and {len(rejected) - len(named)} more" if len(rejected) > len(named) else ""
    return ", ".join(named) + more or "none"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
