"""A folder that was converted, and everything that lies in it afterwards, as the tests of replays see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from lake.convert.batch import BatchPlace
from lake.convert.directory import convert_directory
from lake.convert.output_folder import output_folder
from lake.ledger.entry import whole
from lake.quarantine.export import ExportedFile, export
from lake.quarantine.repairs import Repairs
from lake.quarantine.replay import ReplayResult, replay
from strict_csv.contract import Contract
from strict_csv.contract_file import parse_contract

CONTRACT = """
dataset: trips
null_values: ["NA"]
partition_by: [day]
columns:
  - {name: day, type: bigint, nullable: false}
  - {name: fare, type: double, nullable: false}
  - {name: name, type: string}
"""


class Folder:
    """`root` with in/, out/ and what a test puts there."""

    def __init__(self, root: Path, contract: str = CONTRACT) -> None:
        self.root, self.contract = root, contract

    def convert(self, files: dict[str, bytes], *, engine: str = "single") -> dict[str, Any]:
        for name, data in files.items():
            path = self.root / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (self.root / "contract.yaml").write_text(self.contract)
        return convert_directory(
            engine=engine,
            contract_path=self.root / "contract.yaml",
            input_dir=self.root / "in",
            output_dir=self.root / "out",
        )

    @property
    def place(self) -> BatchPlace:
        return output_folder(self.root / "out")

    def contract_now(self, change: tuple[str, str] | None = None) -> Contract:
        text = self.contract
        if change:
            assert change[0] in text
            text = text.replace(*change)
        return parse_contract(text)

    def export(self, name: str = "export") -> list[ExportedFile]:
        return export(place=self.place, folder=self.root / name)

    def replay(
        self, *, change: tuple[str, str] | None = None, repaired: str | None = None, place: BatchPlace | None = None
    ) -> ReplayResult:
        contract = self.contract_now(change)
        repairs = Repairs(folder=self.root / repaired, contract=contract) if repaired else None
        return replay(place=place or self.place, contract=contract, repairs=repairs, code_version="1")

    def curated(self) -> list[tuple]:
        return self._read("curated", "day, fare, name")

    def keys(self) -> list[int]:
        """The `id`s of the curated rows."""
        return [row[0] for row in self._read("curated", "id")]

    def quarantine(self) -> list[tuple]:
        return self._read("quarantine", "file, line, byte_start, byte_end, reason, raw")

    def check(self) -> None:
        """What lies in the folders is what the ledger counts, and every row that was read is there once."""
        entry = whole(self.place.ledger.entries())
        assert entry
        entry.check()
        assert len(self._read("curated", "*")) == entry.rows_curated
        assert len(self.quarantine()) == entry.rows_quarantined
        assert entry.rows_read == entry.rows_curated + entry.rows_quarantined
        for file, line, start, end, _, raw in self.quarantine():
            source = (self.root / "in" / file).read_bytes()
            assert source[start:end].removesuffix(b"\n").removesuffix(b"\r") == raw
            assert source[:start].count(b"\n") + 1 == line

    def _read(self, folder: str, columns: str) -> list[tuple]:
        files = sorted(str(path) for path in (self.root / "out" / folder).rglob("*.parquet"))
        if not files:
            return []
        query = f"select {columns} from read_parquet({files}, hive_partitioning=true) order by all"
        return duckdb.connect().execute(query).fetchall()
