"""Whether the reader makes of a file what the oracle says: rows, rejected records with their places, refusal, bytes.

Flows in: a file and a reader. Flows out: what differs, nothing where they agree.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from strict_csv.contract import Contract
from strict_csv.reader import Block, StrictReader
from strict_csv.refusals import FileRefused
from tests.oracle.values import Value, rows_of
from tests.oracle.verdict import Place, verdict


def differences(data: bytes, *, reader: StrictReader, contract: Contract) -> list[str]:
    """One sentence for each kind of difference."""
    return list(_differences(data, reader, contract))


def _differences(data: bytes, reader: StrictReader, contract: Contract) -> Iterator[str]:
    wanted = verdict(data, contract=contract)
    blocks: list[Block] = []
    refusal = None
    try:
        blocks.extend(reader.blocks(io.BytesIO(data)))
    except FileRefused as refused:
        refusal = type(refused).__name__
    if refusal or wanted.refusals:
        if refusal not in wanted.refusals:
            yield f"refused as {refusal}, not as one of {sorted(wanted.refusals)}"
        return
    rows, rejected = found(blocks)
    if rejected != wanted.rejected:
        yield f"rejected {rejected}, not {wanted.rejected}"
    if rows != wanted.rows:
        yield f"rows {rows}, not {wanted.rows}"
    if sum(block.bytes_header + block.bytes_good + block.bytes_rejected for block in blocks) != len(data):
        yield "bytes are lost or counted twice"
    if "unknown" in [record.reason for block in blocks for record in block.rejected]:
        yield "a record is rejected and nobody can say why"
    for block in blocks:
        block.table.validate(full=True)


def found(blocks: list[Block]) -> tuple[list[tuple[Value, ...]], list[Place]]:
    """The rows and the rejected records of a file's blocks, in the oracle's spelling."""
    rows = [row for block in blocks for row in rows_of(block.table)]
    rejected = [
        Place(start=record.byte_start, end=record.byte_end, line=record.line, raw=record.raw)
        for block in blocks
        for record in block.rejected
    ]
    return rows, rejected
