"""A file that is split says what it says unsplit: rows, checksums, counts, and quarantine with its places.

Single engine only; the same comparison runs on both engines in tests/bad_inputs/test_split_files.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_scripts.conversion.job import ConversionJob
from glue_scripts.conversion.local_store import LocalStore
from glue_scripts.conversion.single_engine import SingleEngine
from pipeline.contract import Contract
from pipeline.ledger import LedgerEntry
from tests.unit.parquet_rows import rows_of

PLAIN = Contract.from_mapping(
    {"dataset": "d", "columns": [{"name": "n", "type": "bigint", "nullable": False}, {"name": "t", "type": "string"}]}
)
QUOTED = replace(PLAIN, newlines="allowed")

FILES = {
    "lf": (PLAIN, b"n,t\n1,a\n2,b\n3,c\n4,d\n"),
    "crlf": (PLAIN, b"n,t\r\n1,a\r\n22,bb\r\n333,ccc\r\n4,d\r\n"),
    "no_last_newline": (PLAIN, b"n,t\n1,a\n2,b\n3,c"),
    "byte_order_mark": (PLAIN, b"\xef\xbb\xbfn,t\n1,a\n2,b\n3,c\n"),
    "bad_rows": (PLAIN, b'n,t\n1,a\nx,b\n\n3,c,d\n4,\xff\n5,ok\n6,"\n7,z\n'),
    "bad_last_row": (PLAIN, b"n,t\n1,a\n2,b\nx"),
    "long_record": (PLAIN, b"n,t\n1,a\n2," + b"y" * 90 + b"\n3,c\nz,z\n"),
    "quotes_where_lines_are_records": (PLAIN, b'n,t\n1,"a\n2,b"\n3,"c"\n4,""""\n'),
    "quoted_newlines": (QUOTED, b'n,t\n1,"a\n\nb"\n2,"\n"\nx,"bad\nrow"\n3,""\n4,"""\n"""\n5,z\n'),
    "quoted_crlf": (QUOTED, b'n,t\r\n1,"a\r\nb\n"\r\n2,"c"\r\ny,"\r\n"\r\n3,d'),
    "quoted_header": (QUOTED, b'"n","t"\n1,"a"\nx,b\n2,c\n'),
    "stray_quote_refuses": (QUOTED, b'n,t\n1,a\n2,b"c\n3,d"e\n4,f\n'),
    "open_quote_refuses": (QUOTED, b'n,t\n1,a\n2,b\n3,"c\n4,d\n5,e\n'),
    "header_refuses": (PLAIN, b"n,u\n1,a\n2,b\n3,c\n"),
    "header_only": (PLAIN, b"n,t\n"),
    "empty": (PLAIN, b""),
}


def convert(root: Path, contract: Contract, files: dict[str, bytes], **sizes: int) -> LedgerEntry:
    """Everything of `root`/out that an earlier conversion wrote is told apart by the attempt's name."""
    for name, data in files.items():
        (root / "in").mkdir(exist_ok=True)
        if not (root / "in" / name).exists():  # a version is a time of change
            (root / "in" / name).write_bytes(data)
    source = LocalStore(root=root / "in")
    job = ConversionJob(
        source=source,
        sink=LocalStore(root=root / "out"),
        contract=contract,
        files=tuple(source.objects("")),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        batch_id="b",
        attempt="-".join(map(str, sizes.values())) or "whole",
        **sizes,
    )
    entry = SingleEngine(threads=3).convert(job)
    entry.check()
    return entry


def said(root: Path, entry: LedgerEntry) -> dict[str, object]:
    """All that must not depend on how a file was cut."""
    return {
        "files": [replace(file, reason=(file.reason or "").partition(":")[0]) for file in entry.files],
        "columns": entry.columns,
        "digest": entry.output_digest,
        "rows": rows_of(root / "out", entry.outputs),
        "quarantine": rows_of(root / "out", entry.quarantine),
    }


@pytest.mark.parametrize("name", FILES)
def test_split_file_says_what_it_says_unsplit(tmp_path: Path, name: str) -> None:
    contract, data = FILES[name]
    files = {"a.csv": data}
    whole = said(tmp_path, convert(tmp_path, contract, files))
    most = 0
    for split_bytes in {*range(1, 14), len(data) // 2 + 1}:
        entry = convert(tmp_path, contract, files, split_bytes=split_bytes, block_bytes=16)
        assert said(tmp_path, entry) == whole, split_bytes
        most = max(most, len(entry.outputs))
    assert most > 1 or not whole["rows"]
    named = {output.key for output in (*entry.outputs, *entry.quarantine)}
    written = {key for key in LocalStore(root=tmp_path / "out").keys("") if f"/{split_bytes}-16-" in key}
    assert written == named


FIELD = st.sampled_from([b"a", b"", b'"q"', b'"\n"', b'"\r\n"', b'""""', b'"', b"\xff", b"1"])
RECORD = st.builds(
    lambda n, t, end: n + b"," + t + end, st.sampled_from([b"1", b"x"]), FIELD, st.sampled_from([b"\n", b"\r\n"])
)


@settings(max_examples=60, deadline=None)
@given(
    records=st.lists(RECORD, min_size=1, max_size=12),
    cut=st.integers(0, 3),
    split_bytes=st.integers(1, 40),
    block_bytes=st.sampled_from([8, 64, 4096]),
    contract=st.sampled_from([PLAIN, QUOTED]),
)
def test_any_file_says_what_it_says_unsplit(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[bytes],
    cut: int,
    split_bytes: int,
    block_bytes: int,
    contract: Contract,
) -> None:
    root = tmp_path_factory.mktemp("any")
    data = b"n,t\n" + b"".join(records)
    files = {"a.csv": data[: len(data) - cut]}
    whole = said(root, convert(root, contract, files))
    assert said(root, convert(root, contract, files, split_bytes=split_bytes, block_bytes=block_bytes)) == whole


def test_files_large_and_small_keep_their_order_and_their_fate(tmp_path: Path) -> None:
    files = {f"{place}.csv": data for place, (contract, data) in enumerate(FILES.values()) if contract is PLAIN}
    whole = convert(tmp_path, PLAIN, files)
    split = convert(tmp_path, PLAIN, files, split_bytes=25)
    assert said(tmp_path, split) == said(tmp_path, whole)
    assert {file.status for file in whole.files} == {"converted", "refused"}
