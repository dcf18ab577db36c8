"""What must become of a whole file: its rows, its rejected records, or its refusal.

Flows in: a file and a contract, of a header that is right. Flows out: a `Verdict`. It shares nothing with the reader
but the contract's own fields.
"""

from __future__ import annotations

from dataclasses import dataclass

from strict_csv.contract import Column, Contract
from tests.oracle.rfc4180 import BrokenQuotes, Record, Wrong, fields_of, records_of
from tests.oracle.values import Value, value_of

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A rejected record: bytes [start, end) of the file, its 1-based line, its text without line end."""

    start: int
    end: int
    line: int
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`refusals` are the names of which one must be given; where there is none, the rest counts.

    rows: in the contract's column order. record_starts: of all records, for cutting the file at them.
    """

    rows: list[tuple[Value, ...]]
    rejected: list[Place]
    record_starts: list[int]
    header_bytes: int
    refusals: frozenset[str]


def verdict(data: bytes, *, contract: Contract) -> Verdict:
    """Of a file that begins with a right header of one line."""
    mark = len(BOM) if data.startswith(BOM) else 0
    header = data[mark : data.index(b"\n") + 1]
    line_end = "\r\n" if header.endswith(b"\r\n") else "\n"
    named = {column.name.casefold(): column for column in contract.columns}
    columns = [named[name.strip('"').casefold()] for name in header.decode().strip().split(",")]
    body_start = mark + len(header)
    body = data[body_start:].decode("latin-1")
    if not body:
        return _refused(body_start, {"NoRows"})
    refusals: set[str] = set()
    if not body.endswith("\n"):
        if contract.final_newline == "required":
            refusals.add("Truncated")
        body += line_end
    records: list[Record] = []
    try:
        for record in records_of(body, newlines_in_quotes=contract.newlines == "allowed"):
            records.append(record)
    except BrokenQuotes:
        refusals.add("DialectMismatch")
    whole = "DialectMismatch" not in refusals
    longest = max([len(r.text) for r in records] + [0 if whole else len(body) - (records[-1].end if records else 0)])
    if longest > contract.max_record_bytes:
        refusals.add("TooLarge")
    if refusals:
        return _refused(body_start, refusals)
    rows, rejected = [], []
    repeated = header.decode("latin-1")
    for record in records:
        try:
            if record.text == repeated:
                raise Wrong
            rows.append(_row(record.text, columns, contract, line_end))
        except (Wrong, UnicodeDecodeError):
            start, end = body_start + record.start, min(body_start + record.end, len(data))
            raw = data[start:end].removesuffix(b"\n").removesuffix(b"\r")
            rejected.append(Place(start=start, end=end, line=2 + record.line, raw=raw))
    return Verdict(
        rows=rows,
        rejected=rejected,
        record_starts=[body_start + record.start for record in records],
        header_bytes=body_start,
        refusals=frozenset(),
    )


def _refused(header_bytes: int, refusals: set[str]) -> Verdict:
    return Verdict(rows=[], rejected=[], record_starts=[], header_bytes=header_bytes, refusals=frozenset(refusals))


def _fits(column: Column, text: str, *, partition: bool) -> bool:
    return len(text.encode()) <= column.max_bytes and (not partition or _names_folder(column.name, text))


def _names_folder(name: str, text: str) -> bool:
    """`name_part=text`, each byte of the text coded as %xx, names a file, and is not what Hive reads as null."""
    return bool(text) and len(f"{name}_part=") + 3 * len(text.encode()) <= 255 and text != "__HIVE_DEFAULT_PARTITION__"


def _row(record: str, columns: list[Column], contract: Contract, line_end: str) -> tuple[Value, ...]:
    if not record.endswith(line_end) or "\0" in record:
        raise Wrong
    fields = fields_of(record.removesuffix(line_end), newlines_in_quotes=contract.newlines == "allowed")
    if len(fields) != len(columns):
        raise Wrong
    row: dict[str, Value] = {}
    for field, column in zip(fields, columns, strict=True):
        text = field.text.encode("latin-1").decode("utf-8")
        if not field.quoted and text in ("", *contract.null_values):
            if not column.nullable:
                raise Wrong
            row[column.name] = None
        elif column.type == "string" and not _fits(column, text, partition=column.name in contract.partition_by):
            raise Wrong
        else:
            row[column.name] = value_of(text, column.type)
    return tuple(row.get(column.name) for column in contract.columns)
