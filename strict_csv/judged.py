"""What became of a run of whole records: the good ones as a table, the rejected ones by place and reason.

Two judges give it, patterns.py and compiled.py, and nobody can tell from it which one it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from strict_csv.contract import Contract
from strict_csv.header import Header


@dataclass(frozen=True, kw_only=True)
class Judged:
    """`starts` and `ends` (line end included) of the rejected records are offsets in the data, `lines_before` counts
    the LF before each, `reasons` (of dtype object) has a str for each. `judged_bytes` is less than the data where a
    quoted field never ends."""

    table: pa.Table
    starts: np.ndarray
    ends: np.ndarray
    lines_before: np.ndarray
    reasons: np.ndarray
    lines: int
    longest_start: int
    longest_bytes: int
    judged_bytes: int


class Judge(Protocol):
    """Judges the records of one file."""

    def cut(self, begun: bytes, more: bytes) -> tuple[bytes, bytes]:
        """Whole records, and the begun one behind them; `begun` is what the last call gave."""
        ...

    def judge(self, data: bytes) -> Judged:
        """`data` holds whole records, each with its line end."""
        ...


class JudgeMaker(Protocol):
    """Makes the judge of a file whose header is known."""

    def __call__(self, *, contract: Contract, header: Header) -> Judge: ...
