"""Rejected records, judged again one by one: by a newer contract, or after they were mended.

Flows in: records with their line ends, and the header that each stood under. Flows out: the good ones as a
typed table, and a verdict per record. The judge is the strict reader itself; this only lays the records
before it so that none can touch another. Records must be whole: with quoted newlines, well quoted ones.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from strict_csv.contract import Contract
from strict_csv.errors import ReaderDisagreed
from strict_csv.header import Header
from strict_csv.reader import StrictReader
from strict_csv.typed import arrow_schema


@dataclass(frozen=True, kw_only=True)
class Rejudged:
    """`verdicts` has None for each good record and the reason of each bad one, in the records' order; `table`
    holds the good ones, in the contract's column order, and `places` says which these are, ascending."""

    table: pa.Table
    places: np.ndarray
    verdicts: list[str | None]


def judge(records: Sequence[bytes], headers: Sequence[Header], *, contract: Contract) -> Rejudged:
    """`records[i]` ends with its line end and stood under `headers[i]`; FileRefused where one cannot be alone."""
    verdicts: list[str | None] = [None] * len(records)
    tables, places = [arrow_schema(contract).empty_table()], [np.empty(0, np.int64)]
    for header, under in _under(headers).items():
        table, bad = _judge([records[place] for place in under], header, contract)
        good = np.ones(len(under), bool)
        for ordinal, reason in bad.items():
            verdicts[under[ordinal]] = reason
            good[ordinal] = False
        if table.num_rows != np.count_nonzero(good):
            raise ReaderDisagreed(
                f"{len(under)} records judged again, {table.num_rows} good and {len(bad)} bad; report this as a defect"
            )
        tables.append(table)
        places.append(under[good])
    stood = np.concatenate(places)
    order = np.argsort(stood)
    return Rejudged(table=pa.concat_tables(tables).take(order), places=stood[order], verdicts=verdicts)


def _under(headers: Sequence[Header]) -> dict[Header, np.ndarray]:
    """The places of each header, ascending. To hash one is to hash all its columns: that is done once per object."""
    objects: dict[int, tuple[Header, list[int]]] = {}
    for place, header in enumerate(headers):
        objects.setdefault(id(header), (header, []))[1].append(place)
    places: dict[Header, list[int]] = {}
    for header, those in objects.values():
        places.setdefault(header, []).extend(those)
    return {header: np.sort(np.array(those, np.int64)) for header, those in places.items()}


def _judge(records: list[bytes], header: Header, contract: Contract) -> tuple[pa.Table, dict[int, str]]:
    starts = np.concatenate([[0], np.cumsum([len(record) for record in records])])
    tables, bad = [arrow_schema(contract).empty_table()], {}
    stream = io.BytesIO(b"".join(records))
    for block in StrictReader(contract=contract).records(stream, header=header, byte_start=0, line=1, final=True):
        tables.append(block.table)
        rejected = block.rejected
        ordinals = np.searchsorted(starts, rejected.byte_starts)
        if (starts[ordinals] != rejected.byte_starts).any() or (starts[ordinals + 1] != rejected.byte_ends).any():
            raise ReaderDisagreed("a record judged again was read as another; report this as a defect")
        bad |= dict(zip(ordinals.tolist(), rejected.reasons.tolist(), strict=True))
    return pa.concat_tables(tables), bad
