"""Runs a compiled core over random records that lie where one byte too far is seen; dies, or says "agreed".

    python -m tests.oracle.watched_core LIBRARY page|heap SEED FILES

page: behind the records' last byte is a page that nobody may read. heap: the records are an allocation of their own, so
that a sanitizer that was loaded before sees what is read or written beside it, and beside the buffers of the results.
What the core says is compared with the patterns all the same. A process of its own, since it may die.
"""

from __future__ import annotations

import ctypes
import io
import mmap
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from strict_csv.compiled import CompiledJudge
from strict_csv.core import Core
from strict_csv.patterns import PatternJudge
from strict_csv.reader import StrictReader
from tests.oracle.judgements import disagreements
from tests.oracle.random_files import random_case

Placed = Callable[[bytes], Any]
_PAGES = 64


def before_a_forbidden_page() -> Placed:
    """Puts bytes so that the one behind them is on a page without access."""
    size = _PAGES * mmap.PAGESIZE
    memory = mmap.mmap(-1, size + mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + size), mmap.PAGESIZE, 0):
        raise OSError("mprotect failed")

    def place(data: bytes) -> Any:
        memory[size - len(data) : size] = data
        return (ctypes.c_char * len(data)).from_buffer(memory, size - len(data))

    return place


def in_an_allocation() -> Placed:
    """Puts bytes into an allocation that is not a byte longer; it is freed when the next one is made."""
    heap = ctypes.CDLL(None)
    heap.malloc.restype, heap.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    heap.free.argtypes = (ctypes.c_void_p,)
    held: list[int] = []

    def place(data: bytes) -> Any:
        while held:
            heap.free(held.pop())
        held.append(heap.malloc(len(data)))
        ctypes.memmove(held[0], data, len(data))
        return (ctypes.c_char * len(data)).from_address(held[0])

    return place


def run(library: Path, place: Placed, *, seed: int, files: int) -> list[str]:
    """What the core and the patterns disagree on, in `files` random files."""
    core = Core(ctypes.CDLL(str(library)))
    chance = Random(seed)
    found = []
    for number in range(files):
        case = random_case(chance, most_columns=6, most_records=12, most_damages=4)
        header = StrictReader(contract=case.contract).header(io.BytesIO(case.data + case.line_end))
        body = case.body + case.line_end
        if len(body) > _PAGES * mmap.PAGESIZE:
            continue
        expected = PatternJudge(contract=case.contract, header=header).judge(body)
        judged = CompiledJudge(core=core, contract=case.contract, header=header).judge(place(body))
        found += [f"file {number} of seed {seed}: {name}" for name in disagreements(judged, expected)]
    return found


def main(library: str, where: str, seed: str, files: str) -> int:
    pa.set_memory_pool(pa.system_memory_pool())
    place = {"page": before_a_forbidden_page, "heap": in_an_allocation}[where]()
    found = run(Path(library), place, seed=int(seed), files=int(files))
    print("\n".join(found) or "agreed")  # noqa: T201 - what the caller reads
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
