"""How files become work: which share a unit, which are cut, and that every byte is somebody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.convert.cuts import Scan
from lake.convert.job import SPLIT_BYTES, ConversionJob
from lake.convert.units import (
    UNIT_BYTES,
    FileRange,
    Unit,
    WholeFiles,
    chunks_of,
    divisible,
    scan_chunk,
    unit_bytes,
    units_of,
)
from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping({"dataset": "d", "columns": [{"name": "x", "type": "bigint"}]})


def job_of(
    files: list[StoredObject], *, root: Path = Path("/nowhere"), split_bytes: int = SPLIT_BYTES
) -> ConversionJob:
    store = LocalStore(root=root)
    return ConversionJob(
        source=store,
        sink=store,
        contract=CONTRACT,
        files=tuple(files),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        batch_id="1",
        attempt="1",
        split_bytes=split_bytes,
    )


def sized(*sizes: int) -> list[StoredObject]:
    return [StoredObject(key=f"{place}.csv", version="1", size_bytes=size) for place, size in enumerate(sizes)]


def whole_units(files: list[StoredObject], *, workers: int, split_bytes: int = SPLIT_BYTES) -> list[list[StoredObject]]:
    job = job_of(files, split_bytes=split_bytes)
    units = units_of(job, chunks=[], scans=[], limit=unit_bytes(job, workers=workers))
    return [list(unit.files) for unit in units if isinstance(unit, WholeFiles)]


def test_little_is_one_unit() -> None:
    files = sized(1, 0, 1, 1)
    assert whole_units(files, workers=8) == [files]


def test_five_thousand_tiny_files_are_a_few_units_and_every_worker_has_some() -> None:
    files = sized(*[1000] * 5000)
    units = whole_units(files, workers=2)
    assert [item for unit in units for item in unit] == files
    assert len(units) == 4
    assert max(map(len, units)) < 1.1 * min(map(len, units))


def test_files_are_grouped_in_order_and_none_is_lost_or_doubled() -> None:
    files = sized(*range(100))
    units = whole_units(files, workers=7, split_bytes=100)
    assert [item for unit in units for item in unit] == files
    assert all(len(unit) == 1 or sum(item.size_bytes for item in unit) <= 354 for unit in units)  # 4950 / (2 * 7)


@pytest.mark.parametrize(
    ("sizes", "workers", "limit"),
    [([10], 2, SPLIT_BYTES), ([8 * SPLIT_BYTES], 2, 2 * SPLIT_BYTES), ([10**13], 2, UNIT_BYTES)],
)
def test_unit_is_half_of_a_workers_share_within_bounds(sizes: list[int], workers: int, limit: int) -> None:
    assert unit_bytes(job_of(sized(*sizes)), workers=workers) == pytest.approx(limit, rel=0.01)


@pytest.fixture
def folder(tmp_path: Path) -> list[StoredObject]:
    (tmp_path / "a.csv").write_bytes(b"x\n1\n2\n")
    (tmp_path / "b.csv").write_bytes(b"x\n" + b"7\n" * 500)
    (tmp_path / "bad.csv").write_bytes(b"y\n" + b"7\n" * 500)
    (tmp_path / "c.csv.gz").write_bytes(b"7" * 1000)
    (tmp_path / "d.txt").write_bytes(b"x\n" + b"7\n" * 500)
    return LocalStore(root=tmp_path).objects("")


def planned(root: Path, files: list[StoredObject], *, limit: int) -> list[Unit]:
    job = job_of(files, root=root, split_bytes=limit)
    chunks = [chunk for item in divisible(job, limit=limit) for chunk in chunks_of(job, item, limit=limit)]
    return units_of(job, chunks=chunks, scans=[scan_chunk(job, chunk) for chunk in chunks], limit=limit)


def test_only_large_csv_files_with_an_accepted_header_are_cut(tmp_path: Path, folder: list[StoredObject]) -> None:
    units = planned(tmp_path, folder, limit=300)
    ranges = [unit for unit in units if isinstance(unit, FileRange)]
    assert {unit.item.key for unit in ranges} == {"b.csv"}
    assert [unit.size_bytes for unit in ranges] == [252 + 2, 250, 250, 248]
    assert [unit.span.line for unit in ranges] == [2, 128, 253, 378]
    assert ([unit.first for unit in ranges], [unit.final for unit in ranges]) == (
        [True, False, False, False],
        [False, False, False, True],
    )
    wholes = [item.key for unit in units if isinstance(unit, WholeFiles) for item in unit.files]
    assert wholes == ["a.csv", "bad.csv", "c.csv.gz", "d.txt"]


def test_chunk_without_a_record_boundary_makes_no_range(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(b"x\n" + b"7" * 500 + b"\n8\n")
    (item,) = LocalStore(root=tmp_path).objects("")
    job = job_of([item], root=tmp_path, split_bytes=100)
    chunks = chunks_of(job, item, limit=100)
    scans = [scan_chunk(job, chunk) for chunk in chunks]
    assert scans[1] == Scan(line_ends=0, quotes=0, after_even=None, after_odd=None)
    units = units_of(job, chunks=chunks, scans=scans, limit=100)
    assert [unit.size_bytes for unit in units if isinstance(unit, FileRange)] == [503, 2]
