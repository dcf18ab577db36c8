"""A file that is split says what it says unsplit: rows, checksums, counts, and quarantine with its places.

Single engine only; the same comparison runs on both engines in tests/bad_inputs/test_split_files.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.convert import workers
from lake.convert.job import ConversionJob, Progress
from lake.convert.single_engine import SingleEngine, Threads
from lake.ledger.entry import LedgerEntry
from lake.stores.local_store import LocalStore
from pipeline.errors import RowsNotConserved
from strict_csv.contract import Contract
from tests.parquet_rows import rows_of
from tests.split_files import FILES, PLAIN, QUOTED, convert, said

Task = TypeVar("Task")
Result = TypeVar("Result")

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


class Forgetful(Threads):
    """Workers that lose one result in the middle."""

    def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
        results = super().map(work, tasks)
        place = len(results) // 2
        lost = replace(results[place], files=(), outputs=()) if isinstance(results[place], LedgerEntry) else None
        return results if lost is None else [*results[:place], lost, *results[place + 1 :]]


def test_range_that_got_lost_breaks_the_equations(tmp_path: Path) -> None:
    """The must-fail twin: were a range's evidence left out, the file's own size would tell."""

    class Engine:
        def convert(self, job: ConversionJob, *, progress: Progress) -> LedgerEntry:
            return workers.convert(job, Forgetful(count=16, progress=progress))

    with pytest.raises(RowsNotConserved, match=r"a\.csv: 20 bytes, 16 accounted for"):
        convert(tmp_path, PLAIN, {"a.csv": FILES["lf"][1]}, Engine(), split_bytes=4)


def test_progress_tells_of_every_byte_once(tmp_path: Path) -> None:
    files = {f"{name}.csv": data for name, (_, data) in FILES.items()}
    told: list[int] = []

    class Engine:
        def convert(self, job: ConversionJob, *, progress: Progress) -> LedgerEntry:
            return SingleEngine(threads=16).convert(job, progress=told.append)

    entry = convert(tmp_path, QUOTED, files, Engine(), split_bytes=9, whole_bytes=0)
    assert sum(told) == sum(file.bytes for file in entry.files) == sum(map(len, files.values()))


def test_files_too_large_to_wait_share_outputs_until_one_is_refused_late(tmp_path: Path) -> None:
    good = {f"{place}.csv": b"n,t\n" + b"%d,a\n" % place * 50 for place in range(4)}
    one, short = SingleEngine(threads=1), replace(PLAIN, max_record_bytes=1024)
    (tmp_path / "good").mkdir()
    shared = convert(tmp_path / "good", short, good, one, whole_bytes=0, block_bytes=64, buffer_bytes=1)
    assert len(shared.outputs) == 1

    late = {**good, "2.csv": b"n,t\n" + b"2,a\n" * 50 + b"3," + b"y" * 2000 + b"\n"}
    (tmp_path / "late").mkdir()
    entry = convert(tmp_path / "late", short, late, one, whole_bytes=0, block_bytes=64, buffer_bytes=1)
    assert [file.status for file in entry.files] == ["converted", "converted", "refused", "converted"]
    assert rows_of(tmp_path / "late" / "out", entry.outputs) == [(n, "a") for n in (0, 1, 3) for _ in range(50)]
    assert LocalStore(root=tmp_path / "late" / "out").keys("") == [output.key for output in entry.outputs]


def test_many_tiny_files_cost_neither_a_unit_nor_an_output_each(tmp_path: Path) -> None:
    files = {f"{place}.csv": b"n,t\n%d,a\n" % place for place in range(300)}
    entry = convert(tmp_path, PLAIN, files, SingleEngine(threads=2))
    assert len(entry.outputs) == 1
    assert rows_of(tmp_path / "out", entry.outputs) == sorted(((n, "a") for n in range(300)), key=repr)
