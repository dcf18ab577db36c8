"""Classes structure, encoding and values of the bad-input table: damage with a known place and reason."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.green_taxi.damage import KINDS, write_damaged_trips
from benchmarks.green_taxi.generator import HEADER, lines, write_trips
from lake.convert.directory import convert_directory
from tests.checkout import ROOT

CONTRACT = ROOT / "datasets" / "green_taxi" / "contract.yaml"


def test_every_damaged_row_is_set_aside_with_its_reason_and_no_other(engine: str, tmp_path: Path) -> None:
    damages = write_damaged_trips(tmp_path / "in" / "trips.csv", rows=3000, seed=5, every=6)
    assert {damage.kind for damage in damages} == set(KINDS)
    ledger = convert_directory(
        engine=engine, contract_path=CONTRACT, input_dir=tmp_path / "in", output_dir=tmp_path / "out"
    )
    wanted = {line: reason for d in damages for line, reason in zip(d.lines, d.reasons, strict=False)}
    found = duckdb.sql(f"select line, reason from '{tmp_path}/out/quarantine/*.parquet'").fetchall()
    assert dict(found) == wanted
    assert ledger["rows_curated"] == 3000 - len([d for d in damages if d.outcome == "quarantined"])


@pytest.mark.parametrize("kind", [kind for kind, (_, reasons) in KINDS.items() if not reasons])
def test_odd_but_right_rows_are_kept_byte_exact(kind: str, tmp_path: Path) -> None:
    row = KINDS[kind][0](lines(1, seed=1).strip())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "trips.csv").write_bytes(HEADER.encode() + row + b"\n")
    convert_directory(engine="single", contract_path=CONTRACT, input_dir=tmp_path / "in", output_dir=tmp_path / "out")
    flag = duckdb.sql(f"select Store_and_fwd_flag from '{tmp_path}/out/curated/*.parquet'").fetchone()
    wanted = {
        "quoted_empty_text": "",
        "formula": "=1+1",
        "markup": '<b>&"</b>',
        "quoted_comma": "N,Y",
        "unicode": "Ñ\N{GRINNING FACE}",
    }
    assert flag == (wanted.get(kind, "N"),)


def test_clean_rows_are_what_an_independent_reader_finds(engine: str, tmp_path: Path) -> None:
    write_trips(tmp_path / "in" / "trips.csv", rows=20_000, seed=9)
    convert_directory(engine=engine, contract_path=CONTRACT, input_dir=tmp_path / "in", output_dir=tmp_path / "out")
    moments = ("lpep_pickup_datetime", "Lpep_dropoff_datetime")
    plain = ", ".join(f"{name} at time zone 'UTC' as {name}" for name in moments)
    ours = f"select * replace ({plain}) from '{tmp_path}/out/curated/*.parquet'"
    theirs = f"select * from read_csv('{tmp_path}/in/trips.csv', header=true, all_varchar=true)"
    connection = duckdb.connect()
    types = connection.execute(f"describe {ours}").fetchall()
    cast = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind, *_ in types)
    theirs = f"select {cast} from ({theirs})"
    for one, other in ((ours, theirs), (theirs, ours)):
        count = connection.execute(f"select count(*) from ({one} except all {other})").fetchone()
        assert count == (0,)


def test_the_comparison_above_can_fail(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("a\n1\n2\n")
    other.write_text("a\n1\n3\n")
    query = f"select count(*) from (select * from '{one}' except all select * from '{other}')"
    assert duckdb.sql(query).fetchone() == (1,)
