"""An exported folder after a person has mended its rows, read back beside the rows that it stands for.

Flows in: the folder that `export.py` wrote, and a contract. Flows out: for a quarantine file and row, the
record as it is spelled now; or `RepairRefused` where the folder is not such an export, a file has lost or
gained rows, or one is no CSV of the contract. One file is open at a time per source file in work, and no
more than a record of each is held.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.quarantine.export import INDEX
from pipeline.errors import RepairRefused
from strict_csv.contract import Contract
from strict_csv.header import Header
from strict_csv.reader import StrictReader
from strict_csv.records import record_ends
from strict_csv.refusals import FileRefused

_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Repair:
    """A record as it is spelled now, its line end included, the header above it, and where it stands."""

    record: bytes
    header: Header
    csv: str
    line: int

    @property
    def text(self) -> bytes:
        """The record without its line end."""
        return self.record.removesuffix(self.header.line_end.encode())


class Repairs:
    """A folder of repaired rows. `digest` names its content, so that a second replay knows it."""

    def __init__(self, *, folder: Path, contract: Contract) -> None:
        self._folder, self._contract = folder, contract
        self._files = {file["file"]: file for file in _index(folder)}
        self._open: dict[str, Iterator[tuple[dict[str, Any], Repair]]] = {}
        self._check()
        self.digest = self._digest()

    @property
    def rows(self) -> int:
        return sum(file["rows"] for file in self._files.values())

    def quarantine_files(self) -> set[str]:
        """The keys of the quarantine files that the export was made of."""
        return {row["quarantine"] for file in self._files.values() for row in self._rows(file)}

    def take(self, *, file: str, quarantine: str, row: int) -> Repair:
        """What became of this row; to be asked for each exported row once, in the export's order."""
        if file not in self._open:
            self._open[file] = self._pairs(self._files[file])
        stands_for, repair = next(self._open[file], ({}, None))
        if repair is None or (stands_for["quarantine"], stands_for["row"]) != (quarantine, row):
            raise RepairRefused(f"{self._folder}: nothing stands for row {row} of {quarantine}; export the rows again")
        return repair

    def close(self) -> None:
        """Let go of the files."""
        for pairs in self._open.values():
            pairs.close()  # type: ignore[attr-defined]  # generators
        self._open = {}

    def _pairs(self, file: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Repair]]:
        yield from zip(self._rows(file), self._records(file), strict=True)

    def _rows(self, file: dict[str, Any]) -> Iterator[dict[str, Any]]:
        try:
            with (self._folder / file["rows_file"]).open(encoding="utf-8") as rows:
                yield from (json.loads(line) for line in rows)
        except (OSError, ValueError) as error:
            raise RepairRefused(f"{file['rows_file']} cannot be read; export the rows again") from error

    def _records(self, file: dict[str, Any]) -> Iterator[Repair]:
        path = self._folder / file["csv"]
        try:
            with path.open("rb") as stream:
                header = StrictReader(contract=self._contract, block_bytes=_CHUNK).header(stream)
                stream.seek(header.size_bytes)
                line = header.next_line
                for record in self._split(stream, path.name):
                    yield Repair(
                        record=record if record.endswith(b"\n") else record + header.line_end.encode(),
                        header=header,
                        csv=path.name,
                        line=line,
                    )
                    line += record.count(b"\n")
        except FileRefused as refusal:
            raise RepairRefused(f"{path.name}: {refusal}") from refusal
        except OSError as error:
            raise RepairRefused(f"{path.name} cannot be read; export the rows again and mend the copy") from error

    def _split(self, stream: Any, name: str) -> Iterator[bytes]:
        begun = b""
        while more := stream.read(_CHUNK):
            data, start = begun + more, 0
            for end in record_ends(data, newlines_in_quotes=self._contract.newlines == "allowed").tolist():
                yield data[start:end]
                start = end
            begun = data[start:]
            if len(begun) > self._contract.max_record_bytes:
                raise RepairRefused(f"{name}: a record is longer than max_record_bytes, a quote may be missing")
        if begun:
            yield begun

    def _check(self) -> None:
        for file in self._files.values():
            found = sum(1 for _ in self._records(file))
            if found != file["rows"]:
                raise RepairRefused(
                    f"{file['csv']} has {found} rows and {file['rows']} were exported; every exported row must stay in "
                    "its place, mended or as it was"
                )

    def _digest(self) -> str:
        total = hashlib.sha256()
        for file in self._files.values():
            with (self._folder / file["csv"]).open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()


def _index(folder: Path) -> list[dict[str, Any]]:
    try:
        files = json.loads((folder / INDEX).read_text(encoding="utf-8"))["files"]
        named = [{name: file[name] for name in ("file", "csv", "rows_file", "rows")} for file in files]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RepairRefused(
            f"{folder} holds no {INDEX}; `lab quarantine export` writes such a folder, and export.json last"
        ) from error
    for file in named:
        for name in (file["csv"], file["rows_file"]):
            if Path(name).name != name:
                raise RepairRefused(f"{INDEX} names a file outside {folder}; export the rows again")
    return named
