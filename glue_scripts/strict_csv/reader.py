"""The strict reader: a stream of CSV bytes as blocks of typed rows and of rejected records.

Flows in: a binary stream and a contract. Flows out: `Block`s in file order, or a `FileRefused` at the
first thing that condemns the whole file (rows of earlier blocks must then be discarded by the caller).
Memory is a few times `block_bytes`, whatever the file's size. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from glue_scripts.strict_csv.diagnosis import reasons
from glue_scripts.strict_csv.grammar import RecordGrammar
from glue_scripts.strict_csv.header import MAX_HEADER_BYTES, Header, read_header
from glue_scripts.strict_csv.kernels import kernels as pc
from glue_scripts.strict_csv.records import (
    GROUP_RECORDS,
    matches,
    matches_in_groups,
    record_array,
    record_ends,
    utf8_valid,
)
from glue_scripts.strict_csv.refusals import DialectMismatch, NoRows, TooLarge, Truncated
from glue_scripts.strict_csv.typed import Broken, TypedParser
from pipeline.contract import Contract

BLOCK_BYTES = 8 * 1024 * 1024  # a block costs 2 ms besides its bytes: patterns are compiled for each


class ByteStream(Protocol):
    """What the reader needs of a file: up to `size` bytes, empty at the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """One rejected record: bytes [byte_start, byte_end) of the file's content, its line end included; `line` is
    1-based and counts LF; `raw` is without the line end."""

    byte_start: int
    byte_end: int
    line: int
    reason: str
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive records: the good ones as `table`, in the contract's column order."""

    table: pa.Table
    rejected: tuple[Rejected, ...]
    bytes_header: int
    bytes_good: int
    bytes_rejected: int


class StrictReader:
    """Reads files of one contract; keeps no state between files.

    block_bytes: how much is read at a time. header_bytes: how long a header may be.
    """

    def __init__(
        self, *, contract: Contract, block_bytes: int = BLOCK_BYTES, header_bytes: int = MAX_HEADER_BYTES
    ) -> None:
        self._contract = contract
        self._block_bytes = block_bytes
        self._start_bytes = max(block_bytes, header_bytes)

    def blocks(self, stream: ByteStream) -> Iterator[Block]:
        """The file's blocks; the first one accounts for the header's bytes."""
        start, whole = _fill(stream, self._start_bytes)
        header = read_header(start=start, contract=self._contract, whole=whole)
        file = _OpenFile(contract=self._contract, header=header, position=header.size_bytes, line=header.next_line)
        yield from self._body(
            stream, file, start[header.size_bytes :], whole, header_bytes=header.size_bytes, final=True
        )

    def header(self, stream: ByteStream) -> Header:
        """The header alone, of a stream at the file's start; or the refusal."""
        start, whole = _fill(stream, self._start_bytes)
        return read_header(start=start, contract=self._contract, whole=whole)

    def records(
        self, stream: ByteStream, *, header: Header, byte_start: int, line: int, final: bool
    ) -> Iterator[Block]:
        """A part of a file: `stream` holds whole records only, the first at `byte_start` and 1-based `line`.

        `final`: the file ends with it, so that a missing last line end is judged as the contract says.
        """
        file = _OpenFile(contract=self._contract, header=header, position=byte_start, line=line)
        more, whole = _fill(stream, self._block_bytes)
        yield from self._body(stream, file, more, whole, header_bytes=0, final=final)

    def _body(
        self, stream: ByteStream, file: _OpenFile, more: bytes, whole: bool, *, header_bytes: int, final: bool
    ) -> Iterator[Block]:
        begun = b""
        while True:
            data, begun = (begun + more, b"") if whole else file.cut(begun, more)
            if data or whole:
                yield file.block(data, last=whole and final, header_bytes=header_bytes)
                header_bytes = 0
            if whole:
                return
            if len(begun) > self._contract.max_record_bytes:
                raise TooLarge(
                    f"the record at byte {file.position} (line {file.line}) is longer than "
                    f"max_record_bytes = {self._contract.max_record_bytes}, raise it or mend the file"
                )
            more, whole = _fill(stream, self._block_bytes)


class _OpenFile:
    """The position in one file, and what its header decided."""

    def __init__(self, *, contract: Contract, header: Header, position: int, line: int) -> None:
        self._contract = contract
        self._header = header
        self._quoted_newlines = contract.newlines == "allowed"
        self._grammar = RecordGrammar(contract=contract, columns=header.columns, line_end=header.line_end)
        self._one, self._many = self._grammar.record, self._grammar.records
        self._clean = True
        self._parser = TypedParser(contract=contract, columns=header.columns)
        self._all_strings = all(column.type == "string" for column in header.columns)
        self.position = position
        self.line = line

    def cut(self, begun: bytes, more: bytes) -> tuple[bytes, bytes]:
        """Whole records, and the begun one behind them; `begun` is what the last call gave."""
        if not self._quoted_newlines:
            cut = more.rfind(b"\n") + 1
            if not cut:
                return b"", begun + more
            return b"".join((begun, memoryview(more)[:cut])), more[cut:]
        data = begun + more
        ends = record_ends(data, newlines_in_quotes=True)
        cut = int(ends[-1]) if len(ends) else 0
        return data[:cut], data[cut:]

    def block(self, data: bytes, *, last: bool, header_bytes: int) -> Block:
        size = len(data)
        if last and not size and header_bytes:
            raise NoRows("a header and no row, deliver the rows or no file")
        if last and data and not data.endswith(b"\n"):
            if self._contract.final_newline == "required":
                raise Truncated("the last line has no line end and the contract requires one, deliver it again")
            data += self._header.line_end.encode()
        ends = record_ends(data, newlines_in_quotes=self._quoted_newlines)
        if len(data) and (not len(ends) or ends[-1] != len(data)):
            raise DialectMismatch(f"a quoted field that starts after byte {self.position} never ends, mend the file")
        self._refuse_long(ends)
        records = record_array(data, ends)
        good = self._accepted(data, ends, records)
        table, broken = self._parse(data, records, good)
        table, why = _without(table, good, broken)
        block = self._account(data, size, ends, records, good, why, table, header_bytes)
        self.position += size
        self.line += data.count(b"\n") if self._quoted_newlines else len(ends)
        return block

    def _refuse_long(self, ends: np.ndarray) -> None:
        if not len(ends):
            return
        lengths = np.diff(ends, prepend=0)
        place = int(lengths.argmax())
        if lengths[place] > self._contract.max_record_bytes:
            raise TooLarge(
                f"a record of {lengths[place]} bytes at byte {self.position + int(ends[place] - lengths[place])} is "
                f"longer than max_record_bytes = {self._contract.max_record_bytes}, raise it or mend the file"
            )

    def _accepted(self, data: bytes, ends: np.ndarray, records: pa.BinaryArray) -> np.ndarray:
        if self._clean and len(ends):
            good = matches_in_groups(data, ends, one=self._one, many=self._many)
        else:
            good = matches(records, self._one)
        # where most groups would fail, the next block is matched record by record at once
        self._clean = 2 * GROUP_RECORDS * (len(good) - np.count_nonzero(good)) <= len(good)
        valid = utf8_valid(data, records)
        if valid is not None:
            good = good & valid
        if self._all_strings:  # a typed column would reject a second header by itself
            good = good & ~pc.equal(records, self._header.text).to_numpy(zero_copy_only=False)
        return good

    def _parse(self, data: bytes, records: pa.BinaryArray, good: np.ndarray) -> tuple[pa.Table, list[Broken]]:
        if good.all():
            return self._parser.parse(data, records=len(records))
        kept = records.filter(pa.array(good))
        # a filtered array starts its own data buffer
        return self._parser.parse(kept.buffers()[2].slice(0, _used(kept)).to_pybytes(), records=len(kept))

    def _account(
        self,
        data: bytes,
        size: int,
        ends: np.ndarray,
        records: pa.BinaryArray,
        good: np.ndarray,
        why: dict[int, str],
        table: pa.Table,
        header_bytes: int,
    ) -> Block:
        bad: list[int] = np.flatnonzero(~good).tolist()
        diagnosed = [place for place in bad if place not in why]
        if diagnosed:
            found = reasons(records.take(pa.array(diagnosed)), grammar=self._grammar, header=self._header.text)
            why |= dict(zip(diagnosed, found, strict=True))
        if self._quoted_newlines and "quotes" in why.values():
            place = next(place for place in bad if why[place] == "quotes")
            at = self.position + int(ends[place - 1] if place else 0)
            raise DialectMismatch(
                f"the record at byte {at} is not well quoted, and with newlines: allowed no later record can be "
                "trusted; mend the file"
            )
        rejected = tuple(self._rejected(data, size, ends, bad, why))
        bytes_rejected = sum(record.byte_end - record.byte_start for record in rejected)
        return Block(
            table=table,
            rejected=rejected,
            bytes_header=header_bytes,
            bytes_good=size - bytes_rejected,
            bytes_rejected=bytes_rejected,
        )

    def _rejected(
        self, data: bytes, size: int, ends: np.ndarray, bad: list[int], why: dict[int, str]
    ) -> Iterator[Rejected]:
        lines, counted = self.line, 0
        for place in bad:
            start, end = int(ends[place - 1]) if place else 0, int(ends[place])
            if self._quoted_newlines:
                lines, counted = lines + data.count(b"\n", counted, start), start
            yield Rejected(
                byte_start=self.position + start,
                byte_end=self.position + min(end, size),
                line=lines if self._quoted_newlines else self.line + int(place),
                reason=why[place],
                raw=data[start : min(end, size)].removesuffix(b"\n").removesuffix(b"\r"),
            )


def _without(table: pa.Table, good: np.ndarray, broken: list[Broken]) -> tuple[pa.Table, dict[int, str]]:
    """The table without broken rows; clears them in `good` and returns the first reason of each."""
    if not broken:
        return table, {}
    accepted = np.flatnonzero(good)
    kept = np.ones(len(accepted), bool)
    why: dict[int, str] = {}
    for rule in broken:
        kept[rule.places] = False
        for place in accepted[rule.places]:
            why.setdefault(int(place), rule.reason)
    good[list(why)] = False
    return table.filter(pa.array(kept)), why


def _used(records: pa.BinaryArray) -> int:
    offsets = np.frombuffer(records.buffers()[1], np.int32, count=len(records) + 1)
    return int(offsets[-1])


def _fill(stream: ByteStream, size: int) -> tuple[bytes, bool]:
    """`size` bytes, or fewer and True at the end of the stream."""
    parts, missing = [], size
    while missing:
        part = stream.read(missing)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        missing -= len(part)
    return (parts[0] if len(parts) == 1 else b"".join(parts)), False
