"""The start of a file: what kind of thing it is, its line end, and which column stands where.

Flows in: the first bytes. Flows out: a `Header`, or the refusal that names what is wrong. The header's
own text is never shown: a file without one would put its first row into the log.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from strict_csv.contract import Column, Contract
from strict_csv.refusals import (
    DialectMismatch,
    EmptyFile,
    EncodingMismatch,
    HeaderMismatch,
    NoRows,
    NotCsv,
)

BOM = b"\xef\xbb\xbf"
MAX_HEADER_BYTES = 1024 * 1024
_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "gzip data",
    b"BZh": "bzip2 data",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"\xfd7zXZ\x00": "xz data",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office document",
}
# {version: {folded name: column}}, oldest first
Shapes = dict[int, dict[str, Column]]
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "pipes"}


@dataclass(frozen=True, kw_only=True)
class Header:
    """`columns` in the file's order: all of one version of the contract, which a later one may exceed.

    `size_bytes` of mark and header line; `line_end` is LF or CRLF.
    """

    columns: tuple[Column, ...]
    size_bytes: int
    line_end: str
    text: bytes

    @property
    def next_line(self) -> int:
        """The 1-based line of the first record: a quoted name may hold a line end."""
        return 1 + self.text.count(b"\n")

    def may_be_a_record(self, null_values: Sequence[str]) -> bool:
        """Whether the header, if it came again, could pass for a row: elsewhere a typed column rejects it by itself."""
        values = {text.casefold() for text in ("true", "false", *null_values)}
        return all(column.type == "string" or column.name.casefold() in values for column in self.columns)


def read_header(*, start: bytes, contract: Contract, whole: bool) -> Header:
    """The header in `start`, the file's first bytes (`whole`: all of them), or the refusal."""
    _refuse_binary(start)
    mark = len(BOM) if start.startswith(BOM) else 0
    if len(start) == mark:
        raise EmptyFile("the file is empty, deliver it again")
    end = _end_of_line(start, mark)
    if end < 0 and not whole:
        raise NotCsv(f"no line end within {len(start)} bytes, deliver lines that end in LF or CRLF")
    line = start[mark:] if end < 0 else start[mark : end + 1]
    text = _decode(line)
    body = text[:-1].removesuffix("\r") if end >= 0 else text
    columns = _columns(body, contract)
    size = mark + len(line)
    if end < 0 or (whole and size == len(start)):
        raise NoRows("a header and no row, deliver the rows or no file")
    return Header(columns=columns, size_bytes=size, line_end="\r\n" if line.endswith(b"\r\n") else "\n", text=line)


def _end_of_line(start: bytes, mark: int) -> int:
    """Where the first LF outside quotes is, or -1."""
    at = start.find(b"\n", mark)
    while at >= 0 and start.count(b'"', mark, at) % 2:
        at = start.find(b"\n", at + 1)
    return at


def _refuse_binary(start: bytes) -> None:
    for magic, kind in _MAGIC.items():
        if start.startswith(magic) and not _is_text(start, magic):
            raise NotCsv(
                f"this is {kind}, deliver CSV, plain or compressed once and named so (.csv.gz, .csv.bz2, .csv.zst)"
            )
    if start[257:262] == b"ustar" and b"\0\0" in start[:257]:
        raise NotCsv("this is a tar archive, deliver the CSV files in it one by one")
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise EncodingMismatch("this is UTF-16 or UTF-32, deliver UTF-8")
    head = start[:4096].partition(b"\n")[0]  # NUL bytes further down condemn their rows alone
    nuls = head.count(b"\0")
    if nuls and nuls in (head[::2].count(b"\0"), head[1::2].count(b"\0")) and nuls * 4 >= len(head):
        raise EncodingMismatch("this looks like UTF-16 without a mark, deliver UTF-8")
    if nuls * 10 > len(head):
        raise NotCsv("this is binary data (NUL bytes), deliver plain CSV")


def _is_text(start: bytes, magic: bytes) -> bool:
    """A header may well begin with ORC, BZh or GIF8: such a start needs binary bytes to convince."""
    if not magic.isascii() or not magic.decode("ascii").isprintable():
        return False
    head = start[:512]
    return not (set(head) & (set(range(32)) - {9, 10, 13})) and max(head) < 0x80 and magic != b"%PDF"


def _decode(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingMismatch(f"byte {error.start} of the header is not UTF-8, deliver UTF-8") from error
    if "\0" in text:
        raise NotCsv("the header holds NUL bytes, deliver plain CSV")
    return text


def _columns(body: str, contract: Contract) -> tuple[Column, ...]:
    """The columns of the one version that the header names, in the file's order."""
    shapes = {version: {c.name.casefold(): c for c in columns} for version, columns in contract.shapes.items()}
    names = _split(body, ",", '"')
    folded = [name.casefold() for name in names or ()]
    for wanted in shapes.values():
        if sorted(folded) == sorted(wanted):
            return tuple(wanted[name] for name in folded)
    if "\r" in body:
        raise DialectMismatch("lines end in CR only or in a mixture, deliver lines that end in LF or CRLF")
    for separator, plural in _SEPARATORS.items():
        for quote in "\"'":
            if _same_names(_split(body, separator, quote), shapes):
                raise DialectMismatch(f"fields are separated by {plural}, deliver commas")
    if _same_names(_split(body, ",", "'"), shapes):
        raise DialectMismatch("names are in single quotes, deliver double quotes or none")
    if names is None:
        raise HeaderMismatch("the header's quotes do not match, deliver a well quoted header")
    nearest = min(reversed(shapes), key=lambda version: len(set(folded) ^ set(shapes[version])))
    place = f"compared with version {nearest}: " if len(shapes) > 1 else ""
    raise HeaderMismatch(place + _difference(folded, shapes[nearest], contract.version + 1))


def _same_names(names: list[str] | None, shapes: Shapes) -> bool:
    found = sorted(name.casefold() for name in names or ())
    return len(found) > 1 and any(found == sorted(wanted) for wanted in shapes.values())


def _split(body: str, separator: str, quote: str) -> list[str] | None:
    """The header's fields, or None where its quotes are not RFC 4180's."""
    try:
        rows = list(csv.reader([body], delimiter=separator, quotechar=quote, strict=True))
    except csv.Error:
        return None
    return rows[0] if rows else [""]


def _difference(folded: list[str], wanted: dict[str, Column], next_version: int) -> str:
    missing = [column.name for name, column in wanted.items() if name not in folded]
    if folded[0].startswith("sep="):
        return "the first line is the sep= that a spreadsheet reads, not the header; deliver the file without it"
    if sorted(name.strip() for name in folded) == sorted(wanted):
        positions = ", ".join(str(place + 1) for place, name in enumerate(folded) if name != name.strip())
        return f"the name(s) at position {positions} differ from the contract's by blanks only; deliver them without"
    if len(missing) == len(wanted):
        return f"the first record names no column of the contract ({', '.join(missing)}): is the header missing?"
    unknown = [place for place, name in enumerate(folded) if name not in wanted]
    twice = sorted({wanted[name].name for name in folded if name in wanted and folded.count(name) > 1})
    positions = ", ".join(str(place + 1) for place in unknown)
    parts = [
        f"missing: {', '.join(missing)}" if missing else "",
        _unknown(unknown, folded, positions, shown=not missing),
        *_nameless(unknown, folded),
        *_renamed(unknown, list(wanted.values()), missing),
        f"there twice: {', '.join(twice)}" if twice else "",
        "change the file's header; if the producer is right, " + _way_out(bool(missing), next_version),
    ]
    return "; ".join(part for part in parts if part)


def _unknown(unknown: list[int], folded: list[str], positions: str, *, shown: bool) -> str:
    """Where no column is missing the line is a header without doubt, and may be shown."""
    if not unknown:
        return ""
    names = ", ".join(repr(folded[place]) for place in unknown)
    return f"not in the contract: the name(s) {f'{names} ' if shown else ''}at position {positions}"


def _nameless(unknown: list[int], folded: list[str]) -> Iterator[str]:
    for place in unknown:
        if not folded[place]:
            yield f"position {place + 1} has no name: a separator too many, or an index that pandas wrote?"


def _renamed(unknown: list[int], columns: list[Column], missing: list[str]) -> Iterator[str]:
    for place in unknown:
        if place < len(columns) and columns[place].name in missing:
            yield f"position {place + 1} is where the contract has {columns[place].name}: renamed?"


def _way_out(is_missing: bool, next_version: int) -> str:
    if is_missing:
        return "a contract without the missing column(s) needs a dataset name of its own"
    return (
        f"add the column(s) at the contract's end, nullable, with since: {next_version} and version: {next_version}, "
        "then have the file read again (`lab files retry`)"
    )
