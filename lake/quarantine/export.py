"""Quarantined rows as CSV files that a person can mend: one per source file, and what each line stands for.

Flows in: what is in quarantine now. Flows out: a folder with
    export.json          which CSV stands for which source file and how many rows; written last
    0001-trips.csv       the contract's column names in the file's order, then the raw records
    0001-trips.rows.jsonl   one JSON object per record: its line here, and where it was found
Records are byte for byte what the source file says, but for the line end: each gets LF. Nothing is judged
and nothing leaves quarantine; `repairs.py` reads the folder back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from lake.convert.batch import BatchPlace
from lake.ledger.entry import in_quarantine
from lake.quarantine.held_rows import HeldBatch, header_orders, held_batches
from pipeline.errors import ConfigInvalid, ReplayRefused

INDEX = "export.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 80


@dataclass(kw_only=True)
class ExportedFile:
    """One source file's rows; `csv` and `rows_file` are names in the export's folder."""

    file: str
    csv: str
    rows_file: str
    columns: tuple[str, ...]
    rows: int = 0
    next_line: int = field(default=2, repr=False)

    def to_mapping(self) -> dict[str, Any]:
        return {"file": self.file, "csv": self.csv, "rows_file": self.rows_file, "rows": self.rows}


def column_order(orders: Mapping[str, set[tuple[str, ...]]], file: str) -> tuple[str, ...]:
    """The columns of a source file in its own order, or ReplayRefused where the ledger does not say."""
    found = orders.get(file, set())
    if len(found) == 1 and (order := next(iter(found))):
        return order
    why = "was converted in several versions with other orders of columns" if len(found) > 1 else "has no header there"
    raise ReplayRefused(f"the ledger does not say in which order {file!r} has its columns: it {why}; convert it anew")


def export(*, place: BatchPlace, folder: Path) -> list[ExportedFile]:
    """Write what is in quarantine to `folder`, which must be new or empty. ConfigInvalid where it is neither."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigInvalid(f"{folder} is no empty folder, name a new one: earlier repairs are not overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    entries = place.ledger.entries()
    orders = header_orders(entries)
    files: dict[str, ExportedFile] = {}
    for batch in held_batches(store=place.sink, outputs=in_quarantine(entries)):
        for name, rows in groupby(_numbered(batch), key=itemgetter("file")):
            if name not in files:
                files[name] = _start(folder, len(files) + 1, name, column_order(orders, name))
            _append(folder, files[name], rows)
    index = {"files": [file.to_mapping() for file in files.values()]}
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return list(files.values())


def _numbered(batch: HeldBatch) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(batch.rows.to_pylist(), start=batch.first_row):
        yield {"quarantine": batch.output.key, "row": number, **row}


def _start(folder: Path, number: int, name: str, columns: tuple[str, ...]) -> ExportedFile:
    base = name.rsplit("/", 1)[-1]
    stem = _UNSAFE.sub("_", re.sub(r"(?i)\.csv(\.[a-z0-9]+)?$", "", base))[:_NAME_LENGTH] or "file"
    file = ExportedFile(
        file=name, csv=f"{number:04d}-{stem}.csv", rows_file=f"{number:04d}-{stem}.rows.jsonl", columns=columns
    )
    (folder / file.csv).write_bytes(",".join(columns).encode() + b"\n")
    return file


def _append(folder: Path, file: ExportedFile, rows: Iterator[dict[str, Any]]) -> None:
    with (folder / file.csv).open("ab") as records, (folder / file.rows_file).open("a", encoding="utf-8") as numbered:
        for row in rows:
            raw, source_line = row.pop("raw"), row.pop("line")
            records.write(raw + b"\n")
            numbered.write(json.dumps({"line": file.next_line, **row, "source_line": source_line}) + "\n")
            file.rows += 1
            file.next_line += 1 + raw.count(b"\n")
