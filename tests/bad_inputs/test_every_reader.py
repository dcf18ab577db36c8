"""Curated files are what they say to every reader, without a setting: exact texts in the columns that name folders,
sentinels of years that Spark refuses in files of unknown calendar, and Parquet v1 all over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.contenders import polars_interpreter
from lake.convert.directory import convert_directory
from lake.parquet_format import CALENDAR
from local_aws.services.redshift.parquet_version import beyond_v1
from tests.bad_inputs.converted import Convert
from tests.checkout import ROOT
from tests.spark4 import java_of_spark4, python_of_spark4

ZIPS = ["00501", "10001", "007", "1e5", "0", "2024"]
PLACES = ["EMEA", "North America", "a/b", "Süd", "100%", "x=1", "2024", "true", "2024-01-01", "null", " x", "007"]
DATES = ["0001-01-01", "1582-10-04", "1582-10-10", "1582-10-15", "1899-12-30", "1970-01-01", "9999-12-31"]
NO_DATES = ["0000-00-00", "1900-02-29", "01/02/2024", "45292"]
TIMES = [
    "0001-01-01T00:00:00Z",
    "1515-01-31T09:00:00.000Z",
    "1582-10-09T23:59:59.999999Z",
    "1899-12-30T00:00:00Z",
    "1899-12-31T23:59:59.000001Z",
    "2024-01-01T00:00:00.123456Z",
    "9999-12-31T23:59:59.999999Z",
]
DAYS = """
dataset: days
partition_by: [zip]
columns:
  - {name: zip, type: string, nullable: false}
  - {name: n, type: bigint, nullable: false}
  - {name: day, type: date}
  - {name: at, type: timestamp}
  - {name: small, type: "decimal(5,2)"}
  - {name: wide, type: "decimal(38,10)"}
"""
REGIONS = """
dataset: regions
partition_by: [Region, Open, Day]
columns:
  - {name: Region, type: string, nullable: false}
  - {name: Open, type: boolean, nullable: false}
  - {name: Day, type: date, nullable: false}
  - {name: Id, type: bigint, nullable: false}
"""
CONTRACTS = {"days": DAYS, "regions": REGIONS}
COLUMNS = {
    "days": {"zip": "string", "n": "bigint", "day": "date", "at": "timestamp", "small": "decimal", "wide": "decimal"},
    "regions": {"Region": "string", "Open": "boolean", "Day": "date", "Id": "bigint"},
}


def _days(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def _micros(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _inputs() -> dict[str, tuple[str, list[list[Any]]]]:
    """By dataset the CSV and the rows that are right, as curated_reader spells them."""
    days, rows = ["zip,n,day,at,small,wide"], []
    for n in range(len(ZIPS) * 7):
        zip_code, day, at = ZIPS[n % len(ZIPS)], DATES[n % len(DATES)], TIMES[n % len(TIMES)]
        days.append(f"{zip_code},{n},{day},{at},-{n}.25,{n}.0123456789")
        rows.append([zip_code, n, _days(day), _micros(at), f"-{n}.25", f"{n}.0123456789"])
    days += [f"00501,{100 + n},{day},,," for n, day in enumerate(NO_DATES)]
    days.append("00501,200,,,,")
    rows.append(["00501", 200, None, None, None, None])
    regions = ["Region,Open,Day,Id"]
    regions += [f'"{place}",{"true" if n % 2 else "false"},1582-10-0{n % 9 + 1},{n}' for n, place in enumerate(PLACES)]
    found = [[place, bool(n % 2), _days(f"1582-10-0{n % 9 + 1}"), n] for n, place in enumerate(PLACES)]
    return {"days": ("\n".join(days) + "\n", rows), "regions": ("\n".join(regions) + "\n", found)}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both datasets, converted alone."""
    root = tmp_path_factory.mktemp("lake")
    for dataset, (text, _) in _inputs().items():
        (root / dataset / "in").mkdir(parents=True)
        (root / dataset / "in" / "a.csv").write_text(text)
        (root / dataset / "contract.yaml").write_text(CONTRACTS[dataset])
        convert_directory(
            engine="single",
            contract_path=root / dataset / "contract.yaml",
            input_dir=root / dataset / "in",
            output_dir=root / dataset / "out",
        )
    return root


INTERPRETERS = {
    "duckdb": lambda: sys.executable,
    "pandas": lambda: sys.executable,
    "pyarrow": lambda: sys.executable,
    "polars": polars_interpreter,
    "spark": lambda: sys.executable,
    "spark4": lambda: str(python_of_spark4()),
}


@pytest.mark.parametrize("reader", list(INTERPRETERS))
def test_every_reader_sees_every_value(lake: Path, reader: str) -> None:
    java = {"JAVA_HOME": str(java_of_spark4())} if reader == "spark4" else {}
    asked = [{"folder": str(lake / name / "out" / "curated"), "columns": COLUMNS[name]} for name in CONTRACTS]
    ended = subprocess.run(
        [INTERPRETERS[reader](), ROOT / "tests" / "bad_inputs" / "curated_reader.py", reader.removesuffix("4")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env=os.environ | java | {"PYTHONPATH": str(ROOT), "TZ": "UTC"},
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    expected = [sorted(rows, key=lambda row: repr(tuple(row))) for _, rows in _inputs().values()]
    assert json.loads(ended.stdout.splitlines()[-1]) == expected


@pytest.fixture
def written(convert: Convert, tmp_path: Path) -> Iterator[list[Path]]:
    """The Parquet files of an engine, quarantine included."""
    convert({"a.csv": _inputs()["days"][0].encode()}, contract=DAYS)
    return sorted((tmp_path / "out").rglob("*.parquet"))


def test_every_footer_says_version_1_and_the_calendar(written: list[Path]) -> None:
    assert {path.parts[path.parts.index("out") + 1] for path in written} == {"curated", "quarantine"}
    for path in written:
        body = path.read_bytes()
        metadata = pq.ParquetFile(pa.BufferReader(body)).metadata
        assert (metadata.format_version, beyond_v1(body)) == ("1.0", "")
        assert {key: (metadata.metadata or {}).get(key.encode()) for key in CALENDAR} == {
            key: value.encode() for key, value in CALENDAR.items()
        }
        codecs = {
            metadata.row_group(group).column(place).compression
            for group in range(metadata.num_row_groups)
            for place in range(metadata.num_columns)
        }
        assert codecs == {"ZSTD"}


def test_a_folder_is_named_apart_from_its_column_and_in_lower_case(lake: Path) -> None:
    curated = lake / "regions" / "out" / "curated"
    [folder] = [path.parent for path in curated.rglob("*.parquet") if "a%2Fb" in str(path)]
    assert folder.relative_to(curated).parts == ("region_part=a%2Fb", "open_part=false", "day_part=1582-10-03")
    assert {path.name for path in (lake / "days" / "out" / "curated").iterdir()} == {f"zip_part={zip}" for zip in ZIPS}
