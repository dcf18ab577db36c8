"""CPU time and memory of a program and all its descendants, whatever they do to hide.

Flows in: a command. Flows out: what wait4 says of every process that it started, interpreter start included.
A process begins its life with the peak memory of the one that started it, so that programs are started from
this module run as a script, which imports next to nothing. Linux only. It judges no output.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_BURN = """
import sys, time
from lake.convert.local_spark import local_session
seconds = float(sys.argv[1])
def burn(batches):
    until = time.process_time() + seconds
    while time.process_time() < until: pass
    yield from batches
spark = local_session()
spark.createDataFrame(spark.sparkContext.parallelize([("a",)], 1), "a string").mapInArrow(burn, "a string").collect()
"""
_BURN_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one process and all its descendants took; `peak_mb` is that of the largest of them."""

    cpu_seconds: float
    peak_mb: float
    seconds: float


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base` with what every program needs."""
    return {**base, "PYTHONPATH": str(PROJECT)}


def measure(command: Sequence[str]) -> Measured:
    """Run `command` from the project's folder; RuntimeError where it fails."""
    with tempfile.NamedTemporaryFile(prefix="measured-") as result:
        starter = [sys.executable, "-I", "-S", __file__, result.name, *command]
        # pyspark's daemon ignores SIGCHLD, so that the CPU time of its workers, which do all of our work, is
        # lost to wait4; started without it they are children of the JVM, which waits for them
        counted = {"PYSPARK_SUBMIT_ARGS": "--conf spark.python.use.daemon=false pyspark-shell"}
        if subprocess.run(starter, cwd=PROJECT, env=environment(os.environ) | counted, check=False).returncode:
            raise RuntimeError(f"{' '.join(command[:3])} failed; see above")
        return Measured(**json.loads(Path(result.name).read_text()))


def check_workers_are_counted() -> None:
    """RuntimeError where CPU time burnt in a Spark worker does not show up: the Spark figures would be a lie."""
    idle, busy = (measure([sys.executable, "-c", _BURN, str(s)]).cpu_seconds for s in (0.0, _BURN_SECONDS))
    if busy - idle < _BURN_SECONDS / 2:
        raise RuntimeError(
            f"{_BURN_SECONDS} CPU-s burnt in a Spark worker, {busy - idle:.1f} measured; no figure is given"
        )


def _start_and_wait(command: Sequence[str]) -> dict[str, float]:
    """The fields of `Measured`; SystemExit with the command's own code where it fails."""
    _adopt_orphans()
    started = time.monotonic()
    process = subprocess.Popen(command)
    cpu_seconds = peak_kib = 0.0
    while True:  # until the last descendant is gone
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu_seconds += usage.ru_utime + usage.ru_stime
        peak_kib = max(peak_kib, usage.ru_maxrss)
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(1)
    return {"cpu_seconds": cpu_seconds, "peak_mb": peak_kib / 1024, "seconds": time.monotonic() - started}


def _adopt_orphans() -> None:
    """Spark's JVM and Python workers outlive their parents: make them ours, or their time goes uncounted."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed; Linux only")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(_start_and_wait(sys.argv[2:])))
