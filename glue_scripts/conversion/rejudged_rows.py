"""Rows of quarantine, judged again: which are good now, and which stay as they were found.

Flows in: batches of quarantine rows, a contract, the order of columns in each source file, perhaps repairs.
Flows out: the good rows, typed, and the bad ones as rows of quarantine. A row that a repair does not mend
stays as its source file has it; the repair is reported with its own place and reason. Nothing is written.

Without a repair only rows with a reason that names a column are judged again: they were whole records in
UTF-8, well quoted, with the right line end and number of fields. All others need to be mended themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from glue_scripts.conversion.export import column_order
from glue_scripts.conversion.held_rows import HeldBatch
from glue_scripts.conversion.quarantine import SCHEMA
from glue_scripts.conversion.repairs import Repair, Repairs
from glue_scripts.strict_csv.explanations import is_about_bytes
from glue_scripts.strict_csv.header import Header
from glue_scripts.strict_csv.refusals import FileRefused
from glue_scripts.strict_csv.rejudging import judge
from pipeline.contract import Contract
from pipeline.errors import RepairRefused, ReplayRefused

MAX_REJECTED_REPAIRS = 20


@dataclass(frozen=True, kw_only=True)
class RejectedRepair:
    """A repaired record that is still bad: its CSV and 1-based line there."""

    csv: str
    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RejudgedRows:
    """`good` in the contract's columns, `bad` in those of quarantine, `reasons_now` why each of these is bad."""

    good: pa.Table
    bad: pa.Table
    reasons_now: list[str]


class RowJudge:
    """Judges batch after batch; `rejected_repairs` grows to the first few."""

    def __init__(
        self, *, contract: Contract, orders: dict[str, set[tuple[str, ...]]], repairs: Repairs | None = None
    ) -> None:
        self._contract, self._orders, self._repairs = contract, orders, repairs
        self._exported = repairs.quarantine_files() if repairs else set()
        self._headers: dict[str, Header] = {}
        self.rejected_repairs: list[RejectedRepair] = []

    def judge(self, batch: HeldBatch) -> RejudgedRows:
        """RepairRefused or ReplayRefused where a row cannot be judged at all."""
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
        good: set[int] = set()
        for place, verdict in zip(open_places, judged.verdicts, strict=True):
            if verdict is None:
                good.add(place)
            elif place not in repairs:
                rows[place]["reason"] = verdict
            elif repairs[place].text != rows[place]["raw"]:
                self._report(repairs[place], verdict)
        bad = [row for place, row in enumerate(rows) if place not in good]
        return RejudgedRows(
            good=judged.table,
            bad=pa.Table.from_pylist(bad, schema=SCHEMA),
            reasons_now=[row["reason"] for row in bad],
        )

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
        if is_about_bytes(row["reason"]) or row["reason"].startswith("duplicate_"):
            return False
        # set aside under another contract, by which it was one record of a legal length
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

    def _report(self, repair: Repair, verdict: str) -> None:
        if len(self.rejected_repairs) < MAX_REJECTED_REPAIRS:
            self.rejected_repairs.append(RejectedRepair(csv=repair.csv, line=repair.line, reason=verdict))
