"""What is in quarantine, why, and what became of it, as lines of text.

Flows in: what `lake/quarantine/` found or did. Flows out: lines. Only `explained` shows rows, which is what it is
asked for; everything that came out of data is escaped.
"""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from lab.plain_text import count, shown
from lake.convert.batch import ALREADY_COMMITTED, COMMITTED
from lake.ledger.lane_state import HeldBatch
from lake.quarantine.export import INDEX, ExportedFile
from lake.quarantine.held_rows import HeldGroup, HeldRow, Sample
from lake.quarantine.replay import ReplayResult
from strict_csv.explanations import explain


def listing(groups: Sequence[HeldGroup], *, typed: str) -> Iterator[str]:
    """Rows by source file and reason."""
    rows, files = sum(one.rows for one in groups), len({one.file for one in groups})
    if not rows:
        yield "no row is in quarantine"
        return
    yield f"{count(rows, 'row')} of {count(files, 'file')} in quarantine"
    for file, those in groupby(groups, key=lambda one: one.file):
        yield f"{shown(file)}"
        for one in sorted(those, key=lambda one: -one.rows):
            yield f"  {one.rows:>9,}  {explain(one.reason).short}, first in line {one.line}  [{one.reason}]"
    yield f"what each reason means, with the raw text: lab quarantine explain {shown(typed)}"


def held_lines(held: Sequence[HeldBatch], *, typed: str) -> Iterator[str]:
    """Batches that are neither aggregated nor loaded for their quarantined rows, and the ways out."""
    for one in held:
        yield (
            f"held back: batch {one.batch_id[:12]}{f' since {one.since[:10]}' if one.since else ''}, "
            f"{one.rows_rejected:,} of {count(one.rows_read, 'row')} rejected, {one.tolerated:.2%} tolerated"
        )
    if held:
        yield f"after a replay, or as it is: lab quarantine accept {shown(typed)} [BATCH...] --reason TEXT"


def explained(samples: Sequence[Sample], *, typed: str, named: bool = False) -> Iterator[str]:
    """Each reason with its rule, the two ways out, and its first rows."""
    if not samples:
        yield "no such row is in quarantine; `lab quarantine list` shows what is"
        return
    for sample in samples:
        meaning = explain(sample.reason)
        yield f"{sample.reason}: {count(sample.rows, 'row')}, {meaning.short}"
        yield f"  rule         {meaning.rule}"
        yield f"  in contract  {meaning.by_contract}"
        yield f"  in the file  {meaning.by_file}"
        for row in sample.first:
            yield from _row(row, meaning.column)
        if sample.rows > len(sample.first):
            yield f"  and {count(sample.rows - len(sample.first), 'more row')} (--limit N shows more)"
        yield ""
    yield "when the contract is mended:"
    yield f"  lab quarantine replay {shown(typed)}{'' if named else ' --contract FILE'}"
    yield "to mend the rows:"
    yield f"  lab quarantine export {shown(typed)} --to DIR"


def _row(row: HeldRow, column: str | None) -> Iterator[str]:
    yield f"  {shown(row.file)}, line {row.line}, bytes {row.byte_start} to {row.byte_end}"
    yield f"    {shown(row.raw)}"
    if column in row.columns:
        place = row.columns.index(column)
        yield f"    {column} is field {place + 1} of {len(row.columns)}: {_field(row.raw, place)}"


def _field(raw: bytes, place: int) -> str:
    text = raw.decode("utf-8", "surrogateescape")
    try:
        fields = next(csv.reader([text], strict=True), [])
    except csv.Error:
        return "not known"
    return f"[{shown(fields[place])}]" if place < len(fields) else "not there"


def exported(files: Sequence[ExportedFile], *, typed: str, to: Path, named: bool = False) -> Iterator[str]:
    """What was written where."""
    if not files:
        yield f"no row is in quarantine; {shown(str(to / INDEX))} says so"
        return
    yield f"{count(sum(file.rows for file in files), 'row')} of {count(len(files), 'file')} in {shown(str(to))}"
    for file in files:
        yield f"  {file.csv}  {count(file.rows, 'row')} of {shown(file.file)}"
    yield "Mend the CSV files and leave every row in its place (one that cannot be mended as it is), then"
    yield f"  lab quarantine replay {shown(typed)}{'' if named else ' --contract FILE'} --repaired {_quoted(to)}"


def replayed(result: ReplayResult, *, typed: str, repaired: Path | None) -> Iterator[str]:
    """What became of the rows."""
    still = result.rows_held - result.rows_curated
    if result.status == ALREADY_COMMITTED:
        yield "another replay was faster: what it committed stands, and this one changed nothing"
        return
    if result.status == COMMITTED:
        yield f"{count(result.rows_curated, 'row')} curated, {still:,} still in quarantine"
    elif not result.rows_held:
        yield "nothing is in quarantine, nothing was changed"
    elif repaired and not result.still_bad:
        yield f"{shown(str(repaired))} was replayed before, nothing was changed; {still:,} still in quarantine"
    else:
        yield f"none of {count(result.rows_held, 'row')} is good now, nothing was changed"
    for reason, rows in result.still_bad.most_common():
        yield f"  {rows:>9,}  {explain(reason).short}  [{reason}]"
    if result.rejected_repairs:
        yield "Mended rows that are still bad, and were left in quarantine as they were found:"
        for one in result.rejected_repairs:
            yield f"  {one.csv}:{one.line}  {explain(one.reason).short}  [{one.reason}]"
        yield "To mend these: export the rows again into a new folder"
    elif still and result.still_bad:
        yield f"the raw text, and how to repair it: lab quarantine explain {shown(typed)}"


def _quoted(path: Path) -> str:
    return shown(shlex.quote(str(path)))
