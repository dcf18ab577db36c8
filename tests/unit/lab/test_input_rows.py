"""The lab's own count of records, against Python's csv module where both can count."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import input_rows
from lab.input_rows import count_rows


def zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


KINDS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zst}


@pytest.mark.parametrize(
    ("text", "lines", "records"),
    [
        ("", 0, 0),
        ("h", 0, 0),
        ("h\n", 0, 0),
        ("h\n1", 1, 1),
        ("h\r\n1\r\n2\r\n", 2, 2),
        ('h\n"a\nb"\nc\n', 3, 2),
        ('"h\ni"\n"a""\n""b"\nc', 4, 2),
        ("h\n\n1\n", 2, 2),
    ],
)
def test_records_end_at_line_feeds_outside_of_quotes_where_allowed(
    text: str, lines: int, records: int, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert count_rows(tmp_path / "a.csv", quoted_newlines=False) == lines
    assert count_rows(tmp_path / "a.csv", quoted_newlines=True) == records


@pytest.mark.parametrize("kind", KINDS)
def test_content_is_counted_not_what_is_stored(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.csv{kind.upper()}"
    path.write_bytes(KINDS[kind](b"h\n" + b'"1\n2"\n' * 1000))
    assert count_rows(path, quoted_newlines=True) == 1000


@pytest.mark.parametrize("kind", [".gz", ".bz2", ".zst"])
def test_what_cannot_be_read_to_its_end_has_no_count(kind: str, tmp_path: Path) -> None:
    for name, data in (("cut", KINDS[kind](b"h\n1\n" * 999)[:-5]), ("plain", b"h\n1\n")):
        (tmp_path / f"{name}.csv{kind}").write_bytes(data)
        assert count_rows(tmp_path / f"{name}.csv{kind}", quoted_newlines=False) is None


@given(st.lists(st.lists(st.text(alphabet='a,"\n\r', max_size=5), min_size=2, max_size=2), min_size=1, max_size=9))
def test_count_is_that_of_pythons_csv(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    # in memory: a file per example would be most of the test's time
    counted = input_rows.count_records(io.BytesIO(text.getvalue().encode()), quoted_newlines=True)
    assert counted == len(list(csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True)))
