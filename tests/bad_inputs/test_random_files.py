"""Both engines against the oracle: random files by the dozen, one of them cut into ranges, read back from Parquet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from lake.convert.job import Engine
from lake.convert.local_spark import local_session
from lake.convert.single_engine import SingleEngine
from lake.convert.spark_engine import SparkEngine
from strict_csv.contract import MAX_RECORD_BYTES, Contract
from tests.folder_job import folder_job, write_files
from tests.oracle.random_files import random_contract, random_file
from tests.oracle.values import Value, rows_of
from tests.oracle.verdict import verdict

SMALL_FILES, SMALL_RECORDS, LARGE_RECORDS = 24, 10, 250
BLOCK_BYTES, SPLIT_BYTES = 700, 100


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All rows, whatever file they came from; rejected records as (file, start, end, line, raw); refused files."""

    rows: Counter[tuple[Value, ...]]
    rejected: set[tuple[str, int, int, int, bytes]]
    refusals: dict[str, str]


def random_files(contract: Contract, seed: int) -> dict[str, bytes]:
    chance = Random(seed)
    files = {
        f"case-{number:02}.csv": random_file(chance, contract, records=SMALL_RECORDS, damages=number % 3).data
        for number in range(SMALL_FILES)
    }
    large = random_file(chance, contract, records=LARGE_RECORDS, damages=0)
    return {**files, "large.csv": large.data + large.line_end}


def wanted(files: dict[str, bytes], contract: Contract, refused: dict[str, str]) -> Outcome:
    """By the oracle; where it allows several refusals of a file, the one that was `refused` with is taken."""
    rows: Counter[tuple[Value, ...]] = Counter()
    rejected, refusals = set(), {}
    for name, data in files.items():
        said = verdict(data, contract=contract)
        if said.refusals:
            refusals[name] = refused[name] if refused.get(name) in said.refusals else str(sorted(said.refusals))
        rows.update(said.rows)
        rejected |= {(name, place.start, place.end, place.line, place.raw) for place in said.rejected}
    return Outcome(rows=rows, rejected=rejected, refusals=refusals)


def converted(files: dict[str, bytes], contract: Contract, engine: Engine, folder: Path) -> Outcome:
    write_files(folder, files)
    job = folder_job(folder, contract, block_bytes=BLOCK_BYTES, split_bytes=SPLIT_BYTES)
    entry = engine.convert(job, progress=lambda _bytes: None)
    entry.check()
    assert {file.key: file.bytes for file in entry.files} == {name: len(data) for name, data in files.items()}
    held = [
        (row["file"], row["byte_start"], row["byte_end"], row["line"], row["raw"])
        for output in entry.quarantine
        for row in pq.read_table(folder / "out" / output.key).to_pylist()
    ]
    assert len(held) == len(set(held))
    return Outcome(
        rows=Counter(curated(folder / "out", [output.key for output in entry.outputs], contract)),
        rejected=set(held),
        refusals={file.key: (file.reason or "").partition(":")[0] for file in entry.files if file.status == "refused"},
    )


def curated(folder: Path, keys: list[str], contract: Contract) -> list[tuple[Value, ...]]:
    if not keys:
        return []
    dataset = ds.dataset([str(folder / key) for key in keys])
    return rows_of(dataset.to_table(columns=list(contract.column_names)))


def contract_of(seed: int, newlines: str) -> Contract:
    """Records of any length: whether a long one refuses its file is tested elsewhere, and this wants rows."""
    drawn = random_contract(Random(seed), most_columns=6)
    return replace(drawn, newlines=newlines, max_record_bytes=MAX_RECORD_BYTES)


@pytest.mark.parametrize(("seed", "newlines"), [(5, "forbidden"), (11, "allowed"), (17, "forbidden"), (27, "allowed")])
def test_random_files_come_to_what_the_oracle_says(engine: str, seed: int, newlines: str, tmp_path: Path) -> None:
    contract = contract_of(seed, newlines)
    files = random_files(contract, seed)
    worker = SingleEngine(threads=8) if engine == "single" else SparkEngine(session=local_session)
    found = converted(files, contract, worker, tmp_path)
    expected = wanted(files, contract, found.refusals)
    assert found.refusals == expected.refusals
    assert found.rejected == expected.rejected
    assert found.rows == expected.rows
    assert "large.csv" not in found.refusals


def test_a_row_too_few_is_noticed(tmp_path: Path) -> None:
    contract = contract_of(1, "forbidden")
    files = random_files(contract, 1)
    found = converted(files, contract, SingleEngine(), tmp_path)
    assert found.rows == wanted(files, contract, found.refusals).rows
    del files["case-00.csv"], files["case-01.csv"]
    assert found.rows != wanted(files, contract, found.refusals).rows
