"""Files to cut and what must not depend on how they are cut, for both engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from lake.convert.job import ConversionJob
from lake.ledger.entry import LedgerEntry
from strict_csv.contract import Contract
from tests.folder_job import folder_job, write_files
from tests.parquet_rows import rows_of

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


class Engine(Protocol):
    def convert(self, job: ConversionJob, *, progress: Callable[[int], None]) -> LedgerEntry: ...


def convert(root: Path, contract: Contract, files: Mapping[str, bytes], engine: Engine, **sizes: int) -> LedgerEntry:
    """Convert the files in `root`/in, which are written where they are missing; the attempt is named by the sizes."""
    write_files(root, files)
    job = folder_job(root, contract, attempt="-".join(map(str, sizes.values())) or "whole", **sizes)
    entry = engine.convert(job, progress=lambda _bytes: None)
    entry.check()
    return entry


def said(root: Path, entry: LedgerEntry) -> dict[str, object]:
    """All that must not depend on how a file was cut; of a refusal its name, since its words may name a block."""
    return {
        "files": [replace(file, reason=(file.reason or "").partition(":")[0]) for file in entry.files],
        "columns": entry.columns,
        "digest": entry.output_digest,
        "rows": rows_of(root / "out", entry.outputs),
        "quarantine": rows_of(root / "out", entry.quarantine),
    }
