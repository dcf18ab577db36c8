"""Seeded pieces of records as Arrow arrays.

Flows in: a random generator and pools of spellings, as fields of a CSV file have them. Flows out: one array of
fields per call, or whole records as bytes. Vectorised: a gigabyte takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute  # made at import time, where no type checker can see it
Texts = pa.StringArray | Sequence[str]


def drawn(random: np.random.Generator, pool: Texts, rows: int) -> pa.StringArray:
    """`rows` spellings out of `pool`, each as often as chance has it."""
    places = pa.array(random.integers(0, len(pool), rows))
    texts = pa.array(pool, pa.string()) if isinstance(pool, list) else pool
    return pc.take(texts, places)


def joined(parts: Sequence[Any], separator: str) -> pa.StringArray:
    """Element by element; a part may be one text for all."""
    return pc.binary_join_element_wise(*parts, separator)


def quoted(texts: Any) -> pa.StringArray:
    """The fields in double quotes; quotes inside must be doubled already."""
    return joined(['"', texts, '"'], "")


def records(fields: Sequence[Any]) -> bytes:
    """Comma-separated records, each with its LF."""
    lines = joined([joined(fields, ","), "\n"], "")
    offsets = np.frombuffer(lines.buffers()[1], np.int32, count=len(lines) + 1)
    return lines.buffers()[2].slice(0, int(offsets[-1])).to_pybytes()
