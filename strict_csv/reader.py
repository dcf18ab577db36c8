"""The strict reader: a stream of CSV bytes as blocks of typed rows and of rejected records.

Flows in: a binary stream and a contract. Flows out: `Block`s in file order, or a `FileRefused` at the
first thing that condemns the whole file (rows of earlier blocks must then be discarded by the caller).
Memory is a few times `block_bytes`, whatever the file's size. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, overload

import numpy as np
import pyarrow as pa

from strict_csv.compiled import fastest_judge
from strict_csv.contract import Contract
from strict_csv.diagnosis import QUOTES
from strict_csv.header import MAX_HEADER_BYTES, Header, read_header
from strict_csv.judged import Judged, JudgeMaker
from strict_csv.records import slices, without_line_end
from strict_csv.refusals import DialectMismatch, NoRows, TooLarge, Truncated

BLOCK_BYTES = 8 * 1024 * 1024
_SAMPLE_BYTES = 64 * 1024
RECORDS = 512 * 1024  # of a block; where there are more, less is read at a time, so that memory stays bounded


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
class RejectedRecords(Sequence[Rejected]):
    """Rejected records column by column: a block may hold millions of them. Arrays of one length."""

    byte_starts: np.ndarray
    byte_ends: np.ndarray
    lines: np.ndarray
    reasons: np.ndarray
    raw: pa.BinaryArray

    def __len__(self) -> int:
        return len(self.reasons)

    @overload
    def __getitem__(self, place: int) -> Rejected: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Rejected]: ...
    def __getitem__(self, place: int | slice) -> Rejected | Sequence[Rejected]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        return Rejected(
            byte_start=int(self.byte_starts[place]),
            byte_end=int(self.byte_ends[place]),
            line=int(self.lines[place]),
            reason=self.reasons[place],
            raw=self.raw[place].as_py(),
        )


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive records: the good ones as `table`, in the contract's column order; `columns` in the file's order."""

    table: pa.Table
    columns: tuple[str, ...]
    rejected: RejectedRecords
    bytes_header: int
    bytes_good: int
    bytes_rejected: int

    @property
    def held_bytes(self) -> int:
        """The memory that the block takes: of blank lines it is thirty times what is read."""
        arrays = (self.rejected.byte_starts, self.rejected.byte_ends, self.rejected.lines, self.rejected.reasons)
        return self.table.nbytes + self.rejected.raw.nbytes + sum(array.nbytes for array in arrays)


class StrictReader:
    """Reads files of one contract; keeps no state between files.

    block_bytes: how much is read at a time. header_bytes: how long a header may be. judge: who judges the records
    of a file, by default the compiled core where there is one.
    """

    def __init__(
        self,
        *,
        contract: Contract,
        block_bytes: int = BLOCK_BYTES,
        header_bytes: int = MAX_HEADER_BYTES,
        judge: JudgeMaker = fastest_judge,
    ) -> None:
        self._contract = contract
        self._judge = judge
        self._block_bytes = block_bytes
        self._start_bytes = max(block_bytes, header_bytes)

    def blocks(self, stream: ByteStream) -> Iterator[Block]:
        """The file's blocks; the first one accounts for the header's bytes."""
        start, whole = _fill(stream, self._start_bytes)
        header = read_header(start=start, contract=self._contract, whole=whole)
        file = self._open(header, header.size_bytes, header.next_line)
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
        file = self._open(header, byte_start, line)
        more, whole = _fill(stream, self._block_bytes)
        yield from self._body(stream, file, more, whole, header_bytes=0, final=final)

    def _open(self, header: Header, position: int, line: int) -> _OpenFile:
        return _OpenFile(contract=self._contract, header=header, judge=self._judge, position=position, line=line)

    def _body(
        self, stream: ByteStream, file: _OpenFile, read: bytes, whole: bool, *, header_bytes: int, final: bool
    ) -> Iterator[Block]:
        """`read` is what was read already, and `whole` whether that is all."""
        begun = b""
        record_bytes = _record_bytes(read[:_SAMPLE_BYTES], read.count(b"\n", 0, _SAMPLE_BYTES))
        while True:
            size = min(self._block_bytes, RECORDS * record_bytes)
            more, read = read[:size], read[size:]
            ended = whole and not read
            data, begun = (begun + more, b"") if ended else file.cut(begun, more)
            if data or ended:
                line = file.line
                yield file.block(data, last=ended and final, header_bytes=header_bytes)
                record_bytes, header_bytes = _record_bytes(data, file.line - line), 0
            if ended:
                return
            if len(begun) > self._contract.max_record_bytes:
                raise TooLarge(
                    f"the record at byte {file.position} (line {file.line}) is longer than "
                    f"max_record_bytes = {self._contract.max_record_bytes}, raise it or mend the file"
                )
            if not read:
                read, whole = _fill(stream, min(self._block_bytes, RECORDS * record_bytes))


class _OpenFile:
    """The position in one file, and who judges its records."""

    def __init__(self, *, contract: Contract, header: Header, judge: JudgeMaker, position: int, line: int) -> None:
        self._contract = contract
        self._header = header
        self._columns = tuple(column.name for column in header.columns)
        self._judge = judge(contract=contract, header=header)
        self.cut = self._judge.cut
        self.position = position
        self.line = line

    def block(self, data: bytes, *, last: bool, header_bytes: int) -> Block:
        size = len(data)
        if last and not size and header_bytes:
            raise NoRows("a header and no row, deliver the rows or no file")
        if last and data and not data.endswith(b"\n"):
            if self._contract.final_newline == "required":
                raise Truncated("the last line has no line end and the contract requires one, deliver it again")
            data += self._header.line_end.encode()
        judged = self._judge.judge(data)
        if judged.judged_bytes != len(data):
            raise DialectMismatch(
                f"a quoted field that starts after byte {self.position + judged.judged_bytes} never ends, mend the file"
            )
        self._refuse(judged)
        rejected = self._rejected(data, size, judged)
        bytes_rejected = int((rejected.byte_ends - rejected.byte_starts).sum())
        self.position += size
        self.line += judged.lines
        return Block(
            table=judged.table,
            columns=self._columns,
            rejected=rejected,
            bytes_header=header_bytes,
            bytes_good=size - bytes_rejected,
            bytes_rejected=bytes_rejected,
        )

    def _refuse(self, judged: Judged) -> None:
        if judged.longest_bytes > self._contract.max_record_bytes:
            raise TooLarge(
                f"a record of {judged.longest_bytes} bytes at byte {self.position + judged.longest_start} is "
                f"longer than max_record_bytes = {self._contract.max_record_bytes}, raise it or mend the file"
            )
        unquoted = judged.starts[judged.reasons == QUOTES]
        if self._contract.newlines == "allowed" and len(unquoted):
            at = self.position + int(unquoted[0])
            raise DialectMismatch(
                f"the record at byte {at} is not well quoted, and with newlines: allowed no later record can be "
                "trusted; mend the file"
            )

    def _rejected(self, data: bytes, size: int, judged: Judged) -> RejectedRecords:
        ends = np.minimum(judged.ends, size)
        return RejectedRecords(
            byte_starts=self.position + judged.starts,
            byte_ends=self.position + ends,
            lines=self.line + judged.lines_before,
            reasons=judged.reasons,
            raw=slices(data, judged.starts, without_line_end(data, judged.starts, ends)),
        )


def _record_bytes(data: bytes, lines: int) -> int:
    return 1 + len(data) // (1 + lines)


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
