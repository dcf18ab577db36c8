"""Rows of quarantine, judged again: which are good now, and which stay as they were found.

Flows in: batches of quarantine rows, a contract, the order of columns in each source file, perhaps repairs.
Flows out: the good rows, typed, and the bad ones as rows of quarantine. A row that a repair does not mend
stays as its source file has it; the repair is reported with its own place and reason. Nothing is written.

Without a repair only rows with a reason that names a column are judged again: they were whole records in
UTF-8, well quoted, with the right line end and number of fields; and rows that were good but for their key. All
others need to be mended themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa

from lake.convert.quarantine_table import SCHEMA
from lake.quarantine.export import column_order
from lake.quarantine.held_rows import HeldBatch
from lake.quarantine.repairs import Repair, Repairs
from pipeline.errors import RepairRefused, ReplayRefused
from strict_csv.contract import Contract
from strict_csv.excluding import Excluded
from strict_csv.explanations import is_about_bytes
from strict_csv.header import Header
from strict_csv.refusals import FileRefused
from strict_csv.rejudging import judge

MAX_REJECTED_REPAIRS = 20


@dataclass(frozen=True, kw_only=True)
class RejectedRepair:
    """A repaired record that is still bad: its CSV and 1-based line there."""

    csv: str
    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RejudgedRows:
    """`good` in the contract's columns, `bad` in those of quarantine, `reasons_now` why each of these is bad.

    `runs` counts the rows that are good by themselves, by source file: in the order of `good`."""

    good: pa.Table
    runs: Mapping[str, int]
    bad: pa.Table
    reasons_now: list[str]


class RowJudge:
    """Judges batch after batch; `rejected_repairs` grows to the first few."""

    def __init__(
        self, *, contract: Contract, orders: Mapping[str, set[tuple[str, ...]]], repairs: Repairs | None = None
    ) -> None:
        self._contract, self._orders, self._repairs = contract, orders, repairs
        self._exported = repairs.quarantine_files() if repairs else set()
        self._headers: dict[str, Header] = {}
        self.rejected_repairs: list[RejectedRepair] = []

    def judge(self, batch: HeldBatch, *, loses: Callable[[str], Excluded | None] = lambda _run: None) -> RejudgedRows:
        """`loses` says which good rows of a run (see RejudgedRows) are bad for their key. RepairRefused or
        ReplayRefused where a row cannot be judged at all."""
        rows: list[dict[str, Any]] = batch.rows.to_pylist()
        repairs = self._taken(batch, rows)
        open_places = [place for place, row in enumerate(rows) if place in repairs or self._may_be_good(row)]
        records, headers = [], []
        for place in open_places:
            repair = repairs.get(place)
            records.append(repair.record if repair else rows[place]["raw"] + b"\n")
            headers.append(repair.header if repair else self._header(rows[place]["file"]))
        try:
            judged = judge(records, headers, contract=self._contract)
        except FileRefused as refusal:
            raise (RepairRefused if repairs else ReplayRefused)(
                f"a record cannot be judged by itself: {refusal}"
            ) from refusal
        verdicts = dict(enumerate([row["reason"] for row in rows]))
        verdicts |= dict(zip(open_places, judged.verdicts, strict=True))
        runs = _runs(batch, rows, [open_places[place] for place in judged.places])
        kept = np.ones(judged.table.num_rows, bool)
        for run, (first, places) in runs.items():
            lost = loses(run)
            if lost is None:
                continue
            for ordinal, reason in zip(lost.ordinals.tolist(), lost.reasons.tolist(), strict=True):
                verdicts[places[ordinal]] = lost.names[reason]
                kept[first + ordinal] = False
        bad = [
            self._still_bad(row, verdict, repairs.get(place))
            for place, row in enumerate(rows)
            if (verdict := verdicts[place]) is not None
        ]
        return RejudgedRows(
            good=judged.table.filter(pa.array(kept)),
            runs={run: len(places) for run, (_, places) in runs.items()},
            bad=pa.Table.from_pylist(bad, schema=SCHEMA),
            reasons_now=[row["reason"] for row in bad],
        )

    def _still_bad(self, row: dict[str, Any], verdict: str, repair: Repair | None) -> dict[str, Any]:
        """The row as it stays: a reason speaks of the raw text, so that of a repair is only reported."""
        if repair is None:
            return row | {"reason": verdict}
        if repair.text != row["raw"] and len(self.rejected_repairs) < MAX_REJECTED_REPAIRS:
            self.rejected_repairs.append(RejectedRepair(csv=repair.csv, line=repair.line, reason=verdict))
        return row

    def _taken(self, batch: HeldBatch, rows: list[dict[str, Any]]) -> Mapping[int, Repair]:
        """The repairs of this batch's rows: of those that somebody touched, or that the export alone has mended."""
        if not self._repairs or batch.output.key not in self._exported:
            return {}
        taken = {
            place: self._repairs.take(file=row["file"], quarantine=batch.output.key, row=batch.first_row + place)
            for place, row in enumerate(rows)
        }
        return {
            place: repair
            for place, repair in taken.items()
            if repair.text != rows[place]["raw"] or rows[place]["reason"] == "line_end"
        }

    def _may_be_good(self, row: dict[str, Any]) -> bool:
        if is_about_bytes(row["reason"]):
            return False
        # rejected under another contract, by which it was one record of a legal length
        one_record = self._contract.newlines == "allowed" or b"\n" not in row["raw"]
        return one_record and len(row["raw"]) < self._contract.max_record_bytes

    def _header(self, file: str) -> Header:
        if file not in self._headers:
            order = column_order(self._orders, file)
            missing = [name for name in order if name not in self._contract.column_names]
            if missing:
                raise ReplayRefused(
                    f"rows in quarantine have the column(s) {', '.join(missing)}, which the contract has not; add "
                    "them, or convert the source files anew under another dataset name"
                )
            columns = tuple(self._contract.column(name) for name in order)
            self._headers[file] = Header(columns=columns, size_bytes=0, line_end="\n", text=b"")
        return self._headers[file]


def _runs(batch: HeldBatch, rows: Sequence[dict[str, Any]], good: Sequence[int]) -> dict[str, tuple[int, list[int]]]:
    """The good rows of one source file after the other: by a name that sorts as they stand there, and that no other
    run of the replay has, the number of the first among all good ones, and their places in the batch."""
    runs: dict[str, tuple[int, list[int]]] = {}
    first = 0
    for file, those in groupby(good, key=lambda place: rows[place]["file"]):
        places = list(those)
        start = rows[places[0]]["byte_start"]
        name = f"{file}\0{start:020d}\0{batch.output.key}\0{batch.first_row + places[0]}"
        runs[name] = (first, places)
        first += len(places)
    return runs
