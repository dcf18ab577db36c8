"""Puts the fixed corpus to the reader that is on the path, with both judges; says what differs from the oracle.

    python -m tests.oracle.edge_check LIBRARY

A process of its own, so that a damaged copy of the reader can be put on its path.
"""

from __future__ import annotations

import ctypes
import functools
import sys

from strict_csv.compiled import CompiledJudge
from strict_csv.core import Core
from strict_csv.patterns import PatternJudge
from strict_csv.reader import StrictReader
from tests.oracle.agreement import differences
from tests.oracle.edges import edge_files

BLOCK_BYTES = 100_000
SMALL_FILE_BYTES, SMALL_BLOCK_BYTES = 400, 40


def main(library: str) -> int:
    judges = (PatternJudge, functools.partial(CompiledJudge, core=Core(ctypes.CDLL(library))))
    for number, (contract, data) in enumerate(edge_files()):
        for judge in judges:
            for block_bytes in {BLOCK_BYTES, SMALL_BLOCK_BYTES if len(data) < SMALL_FILE_BYTES else BLOCK_BYTES}:
                reader = StrictReader(contract=contract, block_bytes=block_bytes, header_bytes=32, judge=judge)
                try:
                    found = differences(data, reader=reader, contract=contract)
                except Exception as error:  # a reader that breaks is as good as one that differs
                    found = [repr(error)]
                if found:
                    print(f"file {number}: {found[0][:300]}")  # noqa: T201 - what the caller reads
                    return 1
    print("agreed")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
