"""Time and memory of whole process trees: what a child or an orphan does is counted, a failure is no figure."""

from __future__ import annotations

import sys

import pytest

from benchmarks.measuring import measure

BURN = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {BURN!r}])"


def test_the_time_of_an_orphan_is_counted() -> None:
    assert measure([sys.executable, "-S", "-c", ORPHAN]).cpu_seconds >= 0.3


def test_memory_is_that_of_the_program_and_not_of_who_measures() -> None:
    ballast = bytearray(120_000_000)

    small = measure([sys.executable, "-S", "-c", "pass"]).peak_mb
    large = measure([sys.executable, "-S", "-c", "bytearray(100_000_000)"]).peak_mb

    assert len(ballast) > 100_000_000
    assert small < 60
    assert large > 90


def test_a_program_that_fails_gives_no_figure() -> None:
    with pytest.raises(RuntimeError, match="failed"):
        measure([sys.executable, "-S", "-c", "raise SystemExit(3)"])
