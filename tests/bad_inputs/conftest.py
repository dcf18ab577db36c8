"""One way to feed bad files to the conversion, on both engines, and to see everything that became of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.convert.directory import convert_directory
from lake.convert.local_spark import local_session
from tests.bad_inputs.compression import content_of
from tests.bad_inputs.converted import CONTRACT, Convert, Converted


@pytest.fixture(scope="session", params=["single", "spark"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param
    if request.param == "spark":
        local_session().stop()


@pytest.fixture
def convert(engine: str, tmp_path: Path) -> Convert:
    """convert({name: bytes}, contract=YAML): convert the files and read everything back with DuckDB."""

    def run(files: dict[str, bytes], *, contract: str = CONTRACT) -> Converted:
        for name, data in files.items():
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (tmp_path / "contract.yaml").write_text(contract)
        ledger = convert_directory(
            engine=engine,
            contract_path=tmp_path / "contract.yaml",
            input_dir=tmp_path / "in",
            output_dir=tmp_path / "out",
        )
        rows = _read(tmp_path / "out" / "curated", "*")
        held = _read(tmp_path / "out" / "quarantine", "file, byte_start, byte_end, line, reason, raw")
        names = ("file", "byte_start", "byte_end", "line", "reason", "raw")
        quarantine: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in held]
        for row in quarantine:  # wherever a row is quarantined, its place must lead back to it
            source = content_of(tmp_path / "in" / row["file"])
            assert source[row["byte_start"] : row["byte_end"]].removesuffix(b"\n").removesuffix(b"\r") == row["raw"]
            assert source[: row["byte_start"]].count(b"\n") + 1 == row["line"]
        assert len(rows) == ledger["rows_curated"]
        assert len(quarantine) == ledger["rows_quarantined"]
        return Converted(ledger, rows, quarantine)

    return run


def _read(folder: Path, columns: str) -> list[tuple]:
    if not list(folder.rglob("*.parquet")):
        return []
    files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning=false, union_by_name=true)"
    query = f"select {columns} from {files} order by all"
    return duckdb.connect().execute(query).fetchall()
