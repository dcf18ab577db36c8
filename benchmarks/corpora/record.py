"""The verdicts on other people's files, as kept in docs/measured/corpora.json, and the page made of them.

Flows in: verdicts. Flows out: the file, and Markdown. It judges nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.corpora.judging import Verdict


@dataclass(frozen=True, kw_only=True)
class CorpusRecord:
    """`files` were judged, `left_out` counts the others by reason; `rows` are those that must be delivered."""

    name: str
    repository: str
    licence: str
    right: str
    commit: str
    judged_on: str
    files: int
    left_out: dict[str, int]
    rows: int
    verdicts: Sequence[Verdict]


def load_corpora(path: Path) -> list[CorpusRecord]:
    """What is kept at `path`, nothing where there is no file."""
    if not path.exists():
        return []
    return [
        CorpusRecord(**(kept | {"verdicts": tuple(Verdict(**(v | {"files_at_fault": ()})) for v in kept["verdicts"])}))
        for kept in json.loads(path.read_text())
    ]


def write_corpora(path: Path, records: Sequence[CorpusRecord]) -> None:
    """As JSON; names of files at fault are for the eye of who measures, and stay out."""
    kept = [asdict(record) for record in records]
    for corpus in kept:
        for verdict in corpus["verdicts"]:
            del verdict["files_at_fault"]
    path.write_text(json.dumps(kept, indent=2) + "\n")


def corpora_page(records: Sequence[CorpusRecord]) -> str:
    """Markdown: one table of verdicts, then what was judged and by what."""
    readers = [name for name in CONTENDERS if any(v.reader == name for record in records for v in record.verdicts)]
    lines = [
        "# Other people's files",
        "",
        "Silently wrong rows / lost rows by reader. All readers run with the settings that they are measured with; "
        "null and empty text count as alike. Our two engines agree file by file in what they refuse, curate and "
        "quarantine.",
        "",
        f"| corpus | files | rows | {' | '.join(CONTENDERS[name].short for name in readers)} |",
        "|---|---:|---:|" + "---:|" * len(readers),
    ]
    for record in records:
        said = {verdict.reader: f"{verdict.wrong:,} / {verdict.lost:,}" for verdict in record.verdicts}
        cells = " | ".join(said.get(name, "–") for name in readers)
        lines.append(f"| [{record.name}]({record.repository}) | {record.files:,} | {record.rows:,} | {cells} |")
    for record in records:
        left_out = "; ".join(f"{count:,} {reason}" for reason, count in record.left_out.items()) or "none"
        lines += [
            "",
            f"**{record.name}** ({record.licence}, commit `{record.commit[:12]}`, {record.judged_on}). "
            f"Right is: {record.right}. Left out: {left_out}.",
        ]
    again = ".venv/bin/python -m benchmarks.corpora --from FOLDER --write"
    return "\n".join([*lines, "", f"Again: clone them into one folder, then `{again}`", ""])
