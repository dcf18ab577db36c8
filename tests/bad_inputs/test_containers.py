"""Class containers: compressed files are taken when whole; what is damaged, wrapped or a bomb is refused by name."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.bad_inputs.compression import COMPRESS
from tests.bad_inputs.converted import CONTRACT, Convert
from tests.bad_inputs.peak_memory import peak_kib

HEADER = b"id,name,fare\n"
ROWS = b"1,ann,1.5\n2,bob,2.5\n"
GOOD = [(1, "ann", 1.5), (2, "bob", 2.5)]
# HEADER + ROWS * 50 as the zstd tool packs it: with a checksum, which Arrow's writer leaves out.
CHECKED_ZST = bytes.fromhex(
    "28b52ffd04584d0100040269642c6e616d652c666172650a312c616e6e2c312e350a322c626f622c322e350100907ed57c0246b20c15"
)
every_kind = pytest.mark.parametrize("kind", COMPRESS)


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", HEADER + ROWS)
    return packed.getvalue()


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(HEADER + ROWS)
        archive.addfile(entry, io.BytesIO(HEADER + ROWS))
    return packed.getvalue()


def _parquet() -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "name": ["ann"], "fare": [1.5]}), packed)
    return packed.getvalue()


def _refused(kind: str) -> dict[str, tuple[bytes, str]]:
    pack = COMPRESS[kind]
    stored = pack(HEADER + ROWS * 50)
    broken = bytearray(CHECKED_ZST if kind == ".zst" else stored)
    broken[len(broken) // 2] ^= 0x10
    return {
        f"cut.csv{kind}": (stored[:-3], "Truncated"),
        f"cut_at_once.csv{kind}": (stored[:2], "Truncated"),
        f"cut_in_second.csv{kind}": (stored + pack(ROWS)[:-1], "Truncated"),
        f"damaged.csv{kind}": (bytes(broken), "DamagedStream"),
        f"behind.csv{kind}": (stored + b"3,eve,3.5\n", "DamagedStream"),
        f"padded.csv{kind}": (stored + bytes(512), "DamagedStream"),
        f"plain.csv{kind}": (HEADER + ROWS, "NotCsv"),
        f"zip.csv{kind}": (_zip(), "NotCsv"),
        f"twice.csv{kind}": (pack(stored), "NotCsv"),
        f"tar.csv{kind}": (pack(_tar()), "NotCsv"),
        f"parquet.csv{kind}": (pack(_parquet()), "NotCsv"),
        f"archive.tar{kind}": (pack(_tar()), "NotCsv"),
        f"no_csv{kind}": (stored, "NotCsv"),
        f"under_plain_name{kind}.csv": (stored, "NotCsv"),
        f"empty.csv{kind}": (b"", "EmptyFile"),
        f"of_nothing.csv{kind}": (pack(b""), "EmptyFile"),
        f"header_only.csv{kind}": (pack(HEADER), "NoRows"),
        f"cr_only.csv{kind}": (pack((HEADER + ROWS).replace(b"\n", b"\r")), "DialectMismatch"),
        f"other_header.csv{kind}": (pack(b"a,b\n1,2\n"), "HeaderMismatch"),
        f"bomb.csv{kind}": (pack(HEADER + ROWS * 50_000), "TooLarge"),
        f"zeros.csv{kind}": (pack(bytes(50_000)), "NotCsv"),
    }


@every_kind
def test_every_bad_stream_is_refused_by_name_and_the_good_one_goes_on(kind: str, convert: Convert) -> None:
    bad = _refused(kind)
    good = {f"good.csv{kind}": COMPRESS[kind](HEADER + ROWS)}
    found = convert(
        {name: data for name, (data, _) in bad.items()} | good, contract=CONTRACT + "max_content_bytes: 100000\n"
    )
    named = {file["key"]: (file["reason"] or "").partition(":")[0] for file in found.ledger["files"]}
    assert named == {name: reason for name, (_, reason) in bad.items()} | dict.fromkeys(good, "")
    assert found.rows == GOOD
    assert found.quarantine == []


@every_kind
def test_compressed_file_is_taken_with_its_places_and_sizes(kind: str, convert: Convert) -> None:
    content = HEADER + b"1,ann,1.5\nx,eve,9\n2,bob,2.5\n"
    stored = COMPRESS[kind](content[:20]) + COMPRESS[kind](content[20:])  # members as gzip -c a b writes them
    found = convert({f"A.CSV{kind.upper()}": stored})
    assert found.rows == GOOD
    [bad] = found.quarantine  # the fixture looks its place up in the decompressed content
    assert (bad["line"], bad["raw"]) == (3, b"x,eve,9")
    [file] = found.ledger["files"]
    assert (file["bytes"], file["content_bytes"]) == (len(stored), len(content))
    accounted = file["bytes_header"] + file["bytes_curated"] + file["bytes_quarantined"]
    assert accounted == len(content)


def test_same_rows_under_every_kind(convert: Convert) -> None:
    rows = b"".join(b'%d,"n %d",%d.5\n' % (n, n, n) for n in range(5000))
    files = {f"{kind[1:]}.csv{kind}": COMPRESS[kind](HEADER + rows) for kind in COMPRESS}
    found = convert(files | {"plain.csv": HEADER + rows})
    assert found.rows == sorted((n, f"n {n}", n + 0.5) for n in range(5000) for _ in range(4))


def test_refused_zip_says_how_to_deliver(convert: Convert) -> None:
    reason = convert({"a.csv": _zip()}).file("a.csv")["reason"]
    assert reason.startswith("NotCsv: this is a zip archive")
    assert ".csv.gz" in reason


def _bomb(path: Path, *, piece: bytes, times: int) -> None:
    """`times` times `piece` behind a header, as one gzip member, without ever holding it."""
    path.parent.mkdir()
    deflate = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        file.write(deflate.compress(HEADER))
        for _ in range(times):
            file.write(deflate.compress(piece))
        file.write(deflate.flush())


def test_bomb_of_valid_rows_is_refused_at_the_limit_in_bounded_memory(tmp_path: Path) -> None:
    piece = b"1,ann,1.5\n" * 100_000
    _bomb(tmp_path / "in" / "bomb.csv.gz", piece=piece, times=200)
    assert (tmp_path / "in" / "bomb.csv.gz").stat().st_size < 1_000_000
    (tmp_path / "contract.yaml").write_text(CONTRACT + "max_content_bytes: 150000000\n")
    expected = "l['files'][0]['reason'].startswith('TooLarge') and not l['outputs'] and not l['rows_read']"
    assert peak_kib(tmp_path, expected) < 400 * 1024
    assert not list((tmp_path / "out").rglob("*.parquet"))


def test_bomb_that_is_one_line_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    _bomb(tmp_path / "in" / "bomb.csv.gz", piece=b"x" * 1_000_000, times=200)
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    assert peak_kib(tmp_path, "l['files'][0]['reason'].startswith('TooLarge')") < 150 * 1024
