"""Fills the generated parts of README.md, so that they cannot drift: `python tools/readme.py [--check]`.

Flows in: the pipeline's definition, `lab --help`, recorded measurements (docs/measured/), list prices.
Flows out: README.md, its text between `<!-- generated: NAME -->` and `<!-- end -->` replaced. With `--check`
nothing is written and a difference is an error. It measures nothing itself: `tools/record.py` does.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from config.loading import load_settings  # noqa: E402
from lab.standing import standing_costs, total  # noqa: E402
from pipeline.layout import LANDING, LEDGER, QUARANTINE  # noqa: E402
from pipeline.steps import PIPELINE, Crawled, Kind  # noqa: E402
from stacks.access.job_needs import NEEDS  # noqa: E402

MEASURED = ROOT / "docs" / "measured"
BLOCK = re.compile(r"(<!-- generated: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def picture() -> str:
    shapes = {Kind.CRAWL: ('[/"', '"/]'), Kind.JOB: ('["', '"]'), Kind.NOTIFY: ('(["', '"])')}
    lines = ["```mermaid", "flowchart LR"]
    crawls = (step for step in PIPELINE.steps if step.crawls is Crawled.LANDING)
    lines += [f'    landing[("{LANDING}*.csv")] --> {step.name}' for step in crawls]
    for step in PIPELINE.steps:
        opening, closing = shapes[step.kind]
        lines.append(f"    {step.name}{opening}{step.name}{closing}")
    order = [step.name for step in PIPELINE.steps]
    for before, after in sorted(PIPELINE.edges, key=lambda edge: (order.index(edge[0]), order.index(edge[1]))):
        lines.append(f"    {before} --> {after}")
    for prefix, what in ((QUARANTINE, "rejected rows"), (LEDGER, "one commit per batch")):
        writers = (name for name, needs in NEEDS.items() if prefix in needs.writes)
        lines += [f'    {name} -. "{what}" .-> {prefix.rstrip("/")}[("{prefix}")]' for name in writers]
    lines.append("```")
    return "\n".join(lines)


def transcript() -> str:
    return "```console\n$ make demo\n" + (MEASURED / "demo.txt").read_text().rstrip() + "\n```"


def comparison() -> str:
    runs = json.loads((MEASURED / "runs.json").read_text())
    rows = [
        "| orchestrator | status | rows read | curated | quarantined | in the warehouse | seconds here | API calls "
        "| messages | list price on AWS* |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    rows += [
        f"| {run['orchestrator']} | {run['status']} | {run['rows']['read']:,} | {run['rows']['curated']:,} "
        f"| {run['rows']['quarantined']:,} | {run['warehouse_rows']:,} | {run['seconds']:.1f} "
        f"| {sum((run['api_calls'] or {}).values())} | {len(run['notifications'])} "
        f"| {run['cost_usd']['total']:.2f} USD |"
        for run in runs["runs"]
    ]
    basis = runs["runs"][0]["cost_usd"]["basis"]
    return "\n".join([*rows, "", f"Recorded {runs['started_at'][:10]}. *{basis}"])


def commands() -> str:
    asked = subprocess.run([ROOT / ".venv/bin/lab", "--help"], capture_output=True, text=True, check=True)
    return "```text\n" + asked.stdout.rstrip() + "\n```"


def standing() -> str:
    rows = ["| what stays | USD a month | basis |", "|---|---:|---|"]
    costs = standing_costs(load_settings(environment="dev", environ={}))
    rows += [f"| {cost.what} | {cost.shown} | {cost.basis} |" for cost in costs]
    rows.append(f"| **{total(costs).what}** | **{total(costs).shown}** | {total(costs).basis} |")
    return "\n".join(rows)


def reader() -> str:
    return (MEASURED / "reader.md").read_text().rstrip()


BLOCKS: dict[str, Callable[[], str]] = {
    "picture": picture,
    "transcript": transcript,
    "comparison": comparison,
    "commands": commands,
    "standing": standing,
    "reader": reader,
}


def rendered(text: str) -> str:
    """`text` with every generated block made anew; raises KeyError for a block of unknown name."""
    return BLOCK.sub(lambda found: found[1] + BLOCKS[found["name"]]() + "\n" + found[3], text)


def main(arguments: list[str]) -> int:
    path = ROOT / "README.md"
    before = path.read_text()
    after = rendered(before)
    if "--check" in arguments:
        if before != after:
            print("README.md is stale: run `.venv/bin/python tools/readme.py`", file=sys.stderr)
        return int(before != after)
    path.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
