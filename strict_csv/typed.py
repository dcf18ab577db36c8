"""Accepted records as a typed table, and the few rules that the grammar leaves open.

Flows in: records that `RecordGrammar.record` matches. Flows out: a table in the contract's column order
and types, and which of the records break a rule after all. pyarrow's parser is given exactly the
grammar's dialect; where it disagrees with the grammar, `ReaderDisagreed` is raised and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv

from strict_csv.contract import Column, Contract
from strict_csv.errors import ReaderDisagreed
from strict_csv.header import BOM
from strict_csv.kernels import kernels as pc
from strict_csv.partitions import folder_column
from strict_csv.round_trip import inexact

_TYPES = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_ZONELESS = pa.timestamp("us")
_SURE_DIGITS = 15  # a double of so many digits, times its power of ten, is less than half a unit off
_CAPITAL_Z = ord("Z")
_FOLDER_BYTES = 255  # of a name in most file systems
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"  # is read as null by Hive, Athena and Spark


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The records at `places` break `reason`."""

    places: np.ndarray
    reason: str


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type of a contract's column; timestamps are microseconds, UTC."""
    return pa.decimal128(*column.decimal) if column.decimal else _TYPES[column.type]


def arrow_schema(contract: Contract) -> pa.Schema:
    """All columns of the contract, in its order."""
    return pa.schema([pa.field(c.name, arrow_type(c), nullable=c.nullable) for c in contract.columns])


def folder_bytes(column: Column) -> int:
    """The longest text (UTF-8) that can name a folder `column=text`: coding it may take three bytes for one."""
    return (_FOLDER_BYTES - len(f"{folder_column(column.name)}=")) // 3


class TypedParser:
    """Parses accepted records of one file whose columns stand in the order `columns`; others are null."""

    def __init__(self, *, contract: Contract, columns: Sequence[Column]) -> None:
        self._contract = contract
        self._schema = arrow_schema(contract)
        self._present = {column.name for column in columns}
        self._read = pyarrow.csv.ReadOptions(column_names=[c.name for c in columns], use_threads=False)
        self._parse = pyarrow.csv.ParseOptions(
            delimiter=",",
            quote_char='"',
            double_quote=True,
            escape_char=False,
            newlines_in_values=contract.newlines == "allowed",
            ignore_empty_lines=False,
        )
        self._has_timestamps = any(column.type == "timestamp" for column in columns)
        self._zoneless = self._conversion(columns, timestamps=_ZONELESS)
        self._zoned = self._conversion(columns, timestamps=pa.string())

    def _conversion(self, columns: Sequence[Column], *, timestamps: pa.DataType) -> pyarrow.csv.ConvertOptions:
        return pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types={c.name: _read_type(c, timestamps) for c in columns},
            null_values=["", *self._contract.null_values],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        )

    def parse(self, data: bytes, *, records: int) -> tuple[pa.Table, list[Broken]]:
        """`data` holds `records` whole accepted records, each with its line end."""
        if not records:
            return self._schema.empty_table(), []
        text = self._text_table(data)
        if text.num_rows != records:
            raise ReaderDisagreed(
                f"{records} records of {self._contract.dataset} accepted, {text.num_rows} parsed; report this"
            )
        broken: list[Broken] = []
        columns = [
            self._typed(column, text.column(column.name), broken)
            if column.name in self._present
            else pa.nulls(records, arrow_type(column))
            for column in self._contract.columns
        ]
        return pa.Table.from_arrays(columns, schema=self._schema), broken

    def _text_table(self, data: bytes) -> pa.Table:
        if data.startswith(BOM):
            # pyarrow drops a byte order mark at the start of any buffer; here it would be a value's
            data = BOM + data
        self._read.block_size = len(data) + 1
        zoned = self._has_timestamps and b"Z" in data
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(pa.py_buffer(data)),
                read_options=self._read,
                parse_options=self._parse,
                convert_options=self._zoned if zoned else self._zoneless,
            )
        except pa.ArrowInvalid:
            raise ReaderDisagreed(
                f"the typed parser refused an accepted record of {self._contract.dataset}; report this"
            ) from None  # its message shows a value
        return table.combine_chunks()

    def _typed(self, column: Column, found: pa.ChunkedArray, broken: list[Broken]) -> pa.Array:
        array = found.combine_chunks() if found.num_chunks != 1 else found.chunk(0)
        if column.type == "double":
            texts, array = array, array.cast(pa.float64())
            _note(broken, inexact(texts, array), f"inexact:{column.name}:double")
        elif column.type == "timestamp":
            array = _timestamps(array) if pa.types.is_string(array.type) else array.cast(_TYPES["timestamp"])
        elif column.decimal and pa.types.is_floating(array.type):
            array = _decimals(array, arrow_type(column))
        if not column.nullable and array.null_count:
            nulls = array.is_null().to_numpy(zero_copy_only=False)
            _note(broken, np.flatnonzero(nulls), f"null:{column.name}")
        if column.type == "string":
            long = pc.greater(pc.binary_length(array), column.max_bytes)
            _note(broken, _where(long), f"too_long:{column.name}:{column.max_bytes}")
        if column.type == "string" and column.name in self._contract.partition_by:
            _note(broken, _where(pc.equal(array, "")), f"empty_partition:{column.name}")
            unfit = pc.or_(pc.equal(array, NULL_FOLDER), pc.greater(pc.binary_length(array), folder_bytes(column)))
            _note(broken, _where(unfit), f"unfit_partition:{column.name}")
        return array


def _read_type(column: Column, timestamps: pa.DataType) -> pa.DataType:
    if column.type == "double":
        return pa.string()  # the text is needed, to see whether the double says the same
    if column.type == "timestamp":
        return timestamps
    # the parser takes three times as long for a decimal as for a double
    if column.decimal and column.decimal[0] <= _SURE_DIGITS:
        return pa.float64()
    return arrow_type(column)


def _decimals(doubles: pa.DoubleArray, kind: pa.Decimal128Type) -> pa.Decimal128Array:
    """The decimals of at most 15 digits that were read as doubles: d = text * (1 + e), |e| <= 2**-53, so that
    d * 10**scale, rounded once more, is off by less than 10**15 * 2**-52 < 0.25 and rounds to the text's digits."""
    validity, data = doubles.buffers()
    count = doubles.offset + len(doubles)
    scaled = np.frombuffer(data, np.float64, count=count) * 10.0**kind.scale
    words = np.empty((count, 2), np.int64)
    np.copyto(words[:, 0], np.rint(scaled, out=scaled), casting="unsafe")
    np.right_shift(words[:, 0], 63, out=words[:, 1])
    return pa.Array.from_buffers(kind, len(doubles), [validity, pa.py_buffer(words)], offset=doubles.offset)


def _where(found: pa.BooleanArray) -> np.ndarray:
    return np.flatnonzero(pc.fill_null(found, False).to_numpy(zero_copy_only=False))


def _note(broken: list[Broken], places: np.ndarray, reason: str) -> None:
    if len(places):
        broken.append(Broken(places=places, reason=reason))


def _timestamps(texts: pa.StringArray) -> pa.TimestampArray:
    """Z or none, mixed even: all UTC. Arrow's cast wants either all with a zone or all without."""
    data = texts.buffers()[2]
    zones = 0 if data is None else int(np.count_nonzero(np.frombuffer(data, np.uint8) == _CAPITAL_Z))
    if zones and zones == len(texts) - texts.null_count:
        return texts.cast(_TYPES["timestamp"])
    if zones:
        texts = pc.ascii_rtrim(texts, characters="Z")
    return texts.cast(pa.timestamp("us")).cast(_TYPES["timestamp"])
