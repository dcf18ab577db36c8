"""A file that is split says what it says unsplit: rows, checksums, counts, and quarantine with its places.

Single engine only; the same comparison runs on both engines in tests/bad_inputs/test_split_files.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_scripts.conversion.local_store import LocalStore
from glue_scripts.conversion.single_engine import SingleEngine
from pipeline.contract import Contract
from tests.split_files import FILES, PLAIN, QUOTED, convert, said

ENGINE = SingleEngine(threads=16)  # a file may be cut into twice as many ranges


@pytest.mark.parametrize("name", FILES)
def test_split_file_says_what_it_says_unsplit(tmp_path: Path, name: str) -> None:
    contract, data = FILES[name]
    files = {"a.csv": data}
    whole = said(tmp_path, convert(tmp_path, contract, files, ENGINE))
    most = 0
    for split_bytes in {*range(1, 14), len(data) // 2 + 1}:
        entry = convert(tmp_path, contract, files, ENGINE, split_bytes=split_bytes, block_bytes=16)
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
    whole = said(root, convert(root, contract, files, ENGINE))
    assert said(root, convert(root, contract, files, ENGINE, split_bytes=split_bytes, block_bytes=block_bytes)) == whole


def test_files_large_and_small_keep_their_order_and_their_fate(tmp_path: Path) -> None:
    files = {f"{place}.csv": data for place, (contract, data) in enumerate(FILES.values()) if contract is PLAIN}
    whole = convert(tmp_path, PLAIN, files, ENGINE)
    split = convert(tmp_path, PLAIN, files, ENGINE, split_bytes=25)
    assert said(tmp_path, split) == said(tmp_path, whole)
    assert {file.status for file in whole.files} == {"converted", "refused"}
