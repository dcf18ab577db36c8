"""One process, no Spark: a laptop, or a Glue Python shell job. Threads over the machine's cores.

The arrays' kernels, the Parquet writer and reading release the interpreter's lock. Memory is bounded whatever
the number of cores: the threads share what one would use, and there are at most MAX_THREADS.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace

from lake.convert.job import ConversionJob, Progress
from lake.convert.workers import Result, Task, convert
from lake.ledger.entry import LedgerEntry

MAX_THREADS = 8


class SingleEngine:
    """Converts a job's files in this process; `threads` is how many at a time (default: the cores)."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads or min(MAX_THREADS, _cores())

    @property
    def workers(self) -> int:
        return self._threads

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        """The evidence of all of the job's files."""
        share = replace(
            job,
            block_bytes=max(1, min(job.block_bytes, 2 * job.block_bytes // self._threads)),
            whole_bytes=job.whole_bytes // self._threads,
            buffer_bytes=job.buffer_bytes // self._threads,
        )
        return convert(share, Threads(count=self._threads, progress=progress))


class Threads:
    """Workers that are threads of this process. One at a time reports progress."""

    def __init__(self, *, count: int, progress: Progress) -> None:
        self.count = count
        self._progress = progress

    def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
        lock, stop = threading.Lock(), threading.Event()

        def tell(size_bytes: int) -> None:
            if stop.is_set():
                raise _Stopped
            with lock:
                self._progress(size_bytes)

        with ThreadPoolExecutor(self.count) as pool:
            try:
                futures = [pool.submit(work, task, tell) for task in tasks]
                failed = [
                    error for future in wait(futures, return_when=FIRST_EXCEPTION).done if (error := future.exception())
                ]
                if failed:
                    raise failed[0]
                return [future.result() for future in futures]
            except BaseException:  # an interrupt of this thread included
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise


class _Stopped(Exception):
    """Another thread has failed."""


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
