"""What a conversion came to, for people: what was taken, refused and quarantined, why, and what to do next.

Flows in: the batch that was committed (or none), and its quarantined rows counted by file and reason. Flows out:
lines of text. It shows names and places, never a row's values.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.plain_text import count, shown
from lake.convert.batch import BatchResult
from lake.ledger.entry import REFUSED, LedgerEntry
from lake.quarantine.held_rows import HeldGroup
from strict_csv.explanations import explain

MAX_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class ConversionRun:
    """How the work was done."""

    engine: str
    reader: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ReasonCount:
    """All rows of one reason, in how many files, and the first place."""

    reason: str
    rows: int
    files: int
    file: str
    line: int

    @property
    def place(self) -> str:
        more = f" (and {count(self.files - 1, 'file')} more)" if self.files > 1 else ""
        return f"{shown(self.file, limit=60)}:{self.line}{more}"


def by_reason(groups: Sequence[HeldGroup]) -> list[ReasonCount]:
    """The most frequent reason first."""
    reasons: dict[str, list[HeldGroup]] = {}
    for group in groups:
        reasons.setdefault(group.reason, []).append(group)
    counted = [
        ReasonCount(
            reason=reason,
            rows=sum(group.rows for group in those),
            files=len(those),
            file=those[0].file,
            line=those[0].line,
        )
        for reason, those in reasons.items()
    ]
    return sorted(counted, key=lambda one: (-one.rows, one.reason))


def summary(
    *,
    whole: LedgerEntry,
    open_files: int,
    result: BatchResult,
    groups: Sequence[HeldGroup],
    output: Path,
    work: ConversionRun,
) -> Iterator[str]:
    """`whole` is the folder's ledger, of whose refused files `open_files` are undecided; `result` is what this run
    added, `groups` what it quarantined."""
    if result.entry is None:
        covered = count(result.files_covered, "file is", "files are")
        refused = f", {open_files} of them refused" if open_files else ""
        yield f"{whole.dataset}: nothing new, {covered} in the ledger already{refused}"
        yield f"  in all {_rows(whole)}"
    else:
        yield from _added(result.entry, work)
        yield from _refused(result.entry)
        yield from reason_lines(by_reason(groups))
    yield from _folders(result)
    yield from _closed(result)
    yield from _unpaired(result)
    yield from _next(whole.rows_quarantined, open_files, output)


def _added(entry: LedgerEntry, work: ConversionRun) -> Iterator[str]:
    refused = sum(file.status == REFUSED for file in entry.files)
    size = sum(file.bytes for file in entry.files)
    yield f"{entry.dataset}: {count(len(entry.files) - refused, 'file')} taken, {refused} refused; {_rows(entry)}"
    speed = size / 1e6 / work.seconds if work.seconds else 0.0
    took = f"{size / 1e6:,.1f} MB in {work.seconds:.1f} s ({speed:,.1f} MB/s)"
    yield f"  {took}, engine {work.engine}, read by the {work.reader}"


def _rows(entry: LedgerEntry) -> str:
    return (
        f"{count(entry.rows_read, 'row')} read, {entry.rows_curated:,} curated, {entry.rows_quarantined:,} quarantined"
    )


def _refused(entry: LedgerEntry) -> Iterator[str]:
    refused = [file for file in entry.files if file.status == REFUSED]
    if not refused:
        return
    yield ""
    yield f"Refused files ({len(refused)}), no row of them was taken:"
    for file in refused[:MAX_LISTED]:
        yield f"  {shown(file.key)}"
        for line in (file.reason or "no reason").splitlines():
            yield f"    {shown(line, limit=1000)}"
    if len(refused) > MAX_LISTED:
        yield f"  and {len(refused) - MAX_LISTED:,} more in ledger.json"


def _folders(result: BatchResult) -> Iterator[str]:
    """Folders such as year=2024/ hold a value that is in no file, and nobody would miss it."""
    files = result.entry.files if result.entry else ()
    parts = (part for file in files for part in file.key.split("/")[:-1])
    names = sorted({part.partition("=")[0] for part in parts if "=" in part})
    if names:
        listed = ", ".join(shown(f"{name}=...") for name in names)
        yield ""
        yield f"What folders say ({listed}) is not read, only what the files say: it is dropped."


def _closed(result: BatchResult) -> Iterator[str]:
    if not result.closed:
        return
    yield ""
    yield f"Refused before, and closed now ({len(result.closed)}): taken away, or there in a newer version:"
    for one in result.closed[:MAX_LISTED]:
        yield f"  {shown(one.key)}"


def _unpaired(result: BatchResult) -> Iterator[str]:
    if not result.unpaired:
        return
    yield ""
    yield f"Left where they are ({len(result.unpaired)}), nothing is wrong with them:"
    for one in result.unpaired[:MAX_LISTED]:
        yield f"  {shown(one.key)} {one.why}"
    if len(result.unpaired) > MAX_LISTED:
        yield f"  and {len(result.unpaired) - MAX_LISTED:,} more, all of them with --json"


def reason_lines(reasons: Sequence[ReasonCount]) -> Iterator[str]:
    """A table of rows by reason with the first place of each, or nothing where there is none."""
    if not reasons:
        return
    yield ""
    yield f"Quarantined rows ({sum(one.rows for one in reasons):,}), by reason:"
    listed = reasons[:MAX_LISTED]
    table = [("rows", "why", "first place", "reason")]
    table += [(f"{one.rows:,}", explain(one.reason).short, one.place, one.reason) for one in listed]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    for rows, why, place, reason in table:
        yield f"  {rows:>{widths[0]}}  {why:<{widths[1]}}  {place:<{widths[2]}}  {reason}"
    if len(reasons) > MAX_LISTED:
        rest = reasons[MAX_LISTED:]
        yield f"  and {sum(one.rows for one in rest):,} for {count(len(rest), 'other reason')}: `lab quarantine list`"


def _next(quarantined: int, open_files: int, output: Path) -> Iterator[str]:
    if not quarantined and not open_files:
        return
    quoted = shown(shlex.quote(str(output)))
    yield ""
    if quarantined:
        held = count(quarantined, "row is", "rows are")
        yield f"{held} in quarantine. What each reason means, the raw text, and how to repair it:"
        yield f"  lab quarantine explain --output {quoted}"
    if open_files:
        yield "A refused file is read again once it is there in another version under its name. Where the contract was"
        yield f"wrong: mend it, then `lab files retry --output {quoted}`; to leave it out for good: `lab files accept`"
