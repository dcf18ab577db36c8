"""The compiled core (core.c) as Python sees it: where its library is, and its calls on buffers.

Flows in: bytes and buffers. Flows out: what core.c wrote. `make setup` compiles it (tools/compile_core.py); where it
was not, `load_core` gives None and the patterns of grammar.py do the work alone, with the same answers, slower.
The library's name holds a hash of its source: one that was made from other source is never loaded. One whose structs
lie otherwise than here is refused.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import platform
import sys
from ctypes import POINTER, c_int32, c_int64, c_uint8, c_uint64, c_void_p
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

SOURCE = "core.c"
COMPILED, PATTERNS = "compiled core", "patterns"


class Column(ctypes.Structure):
    """core.c's Column."""

    _fields_ = [
        ("kind", c_int32),
        ("nullable", c_int32),
        ("folder_bytes", c_int32),
        ("whole_digits", c_int32),
        ("scale", c_int32),
        ("has_last_day", c_int32),
        ("max_bytes", c_int32),
        ("values", c_void_p),
        ("offsets", c_void_p),
        ("validity", c_void_p),
        ("nulls", c_int64),
        ("last_day", c_uint8 * 16),
        ("last_day_number", c_int64),
    ]


class Job(ctypes.Structure):
    """core.c's Job."""

    _fields_ = [
        ("data", c_void_p),
        ("size", c_int64),
        ("columns", POINTER(Column)),
        ("header", c_void_p),
        ("header_size", c_int64),
        ("nulls", c_void_p),
        ("null_ends", c_void_p),
        ("column_count", c_int32),
        ("null_count", c_int32),
        ("crlf", c_int32),
        ("quoted_newlines", c_int32),
        ("safe_size", c_int64),
        ("row_capacity", c_int64),
        ("rejected_capacity", c_int64),
        ("doubt_capacity", c_int64),
        ("rejected", c_void_p),
        ("doubts", c_void_p),
        ("rows", c_int64),
        ("rejected_count", c_int64),
        ("doubt_count", c_int64),
        ("lines", c_int64),
        ("consumed", c_int64),
        ("longest_start", c_int64),
        ("longest_size", c_int64),
    ]


KINDS = {"string": 0, "bigint": 1, "double": 2, "boolean": 3, "date": 4, "timestamp": 5, "decimal": 6}
REJECTED_WIDTH, DOUBT_WIDTH = 4, 7


class CoreMismatched(Exception):
    """The library and this file disagree on where something lies; calling it would write over other memory."""


def layout() -> list[int]:
    """What core.c's `core_layout` must hold: kinds, widths, then each struct's size and where its fields begin."""
    places = [
        place
        for struct in (Column, Job)
        for place in (ctypes.sizeof(struct), *(getattr(struct, field[0]).offset for field in struct._fields_))
    ]
    return [*KINDS.values(), REJECTED_WIDTH, DOUBT_WIDTH, *places]


class Core:
    """The library's functions. Calls release the interpreter's lock."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Raises CoreMismatched."""
        _check_layout(library)
        self.read_records = _function(library, "read_records", None, POINTER(Job))
        self._count = _function(library, "count_byte", c_int64, c_void_p, c_int64, c_uint8)
        self._last_end = _function(library, "last_record_end", c_int64, c_void_p, c_int64, c_int32)
        arrays = (c_void_p, c_int64, c_int64, c_uint64, c_void_p)
        self._words = _function(library, "hash_words", c_uint64, c_void_p, c_int64, c_int32, *arrays)
        self._days = _function(library, "hash_days", c_uint64, c_void_p, *arrays)
        self._bits = _function(library, "hash_bits", c_uint64, c_void_p, *arrays)
        self._texts = _function(library, "hash_texts", c_uint64, c_void_p, c_void_p, *arrays)
        self._mix = _function(library, "mix_all", c_uint64, c_void_p, c_int64)

    def count(self, data: bytes, byte: bytes) -> int:
        """How often `byte` is in `data`."""
        return self._count(address(data), len(data), byte[0])

    def last_record_end(self, data: bytes, *, quoted_newlines: bool) -> int:
        """Behind the last LF of `data`, which starts at a record, that ends a record; 0 where none does."""
        return self._last_end(address(data), len(data), quoted_newlines)

    def add_hashes(self, column: pa.Array, weight: int, rows: np.ndarray) -> int:
        """Add weight * value_hash (lake/ledger/entry.py) of each value to `rows` (uint64); the sum of the hashes."""
        if not len(column):
            return 0
        kind, buffers = column.type, column.buffers()
        values = buffers[1].address if buffers[1] else None
        rest = (buffers[0].address if buffers[0] else None, column.offset, len(column), weight, rows.ctypes.data)
        if pa.types.is_string(kind):
            return self._texts(buffers[2].address if buffers[2] else None, values, *rest)
        if pa.types.is_boolean(kind):
            return self._bits(values, *rest)
        if pa.types.is_date32(kind):
            return self._days(values, *rest)
        decimal = pa.types.is_decimal128(kind)
        return self._words(values, 2 if decimal else 1, decimal and kind.precision > 18, *rest)

    def mix(self, words: np.ndarray) -> int:
        """mix() of each word, in place; their sum."""
        return self._mix(words.ctypes.data, len(words))


def _check_layout(library: ctypes.CDLL) -> None:
    try:
        length = c_int32.in_dll(library, "core_layout_length").value
        found = list((c_int32 * length).in_dll(library, "core_layout"))
    except ValueError:
        found = []
    if found != layout():
        raise CoreMismatched(
            f"{library._name} was compiled from a core.c whose structs lie otherwise than core.py says (core.c: "
            f"{found or 'no core_layout'}, core.py: {layout()}); make both say the same, then run `make setup`"
        )


def _function(library: ctypes.CDLL, name: str, result: type | None, *arguments: Any) -> Any:
    function = library[name]
    function.restype, function.argtypes = result, arguments
    return function


def address(data: bytes | np.ndarray) -> int | None:
    """Where the bytes of `data` are, which the caller keeps alive."""
    return data.ctypes.data if isinstance(data, np.ndarray) else pa.py_buffer(data).address


def folder() -> Traversable:
    """Where core.c is, and its library once it is compiled: this folder, or inside the zip given to Glue."""
    return resources.files("strict_csv")


def library_name() -> str:
    """Of this platform, made from this source."""
    made_from = hashlib.sha256(folder().joinpath(SOURCE).read_bytes()).hexdigest()[:16]
    return f"core-{made_from}-{sys.platform}-{platform.machine()}.so"


@functools.cache
def load_core() -> Core | None:
    """The compiled core, or None where it was not compiled for this platform."""
    library = folder().joinpath(library_name())
    if not library.is_file():
        return None
    with resources.as_file(library) as path:
        return _load(path)


def _load(path: Path) -> Core | None:
    try:
        return Core(ctypes.CDLL(str(path)))
    except OSError:  # made on another system: the patterns give the same answers
        return None


def reader_name(core: Core | None) -> str:
    """Who reads, for reports: the answers are the same, the speed is not."""
    return COMPILED if core else PATTERNS
