"""The compiled core stays within its buffers: under the address and undefined-behaviour sanitizers where the compiler
has them, and everywhere with records that end where a forbidden page begins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glue_scripts.strict_csv import core

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "glue_scripts" / "strict_csv" / core.SOURCE
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"]
FILES = os.environ.get("STRICT_CSV_WATCHED_FILES", "60")
CARELESS = ("end - p >= 8, 1", "end - p >= 1, 1")  # reads eight bytes where one is left


def compiled(source: Path, *flags: str, compiler: str = "cc") -> Path:
    library = source.with_suffix(".so")
    command = [compiler, "-O1", "-std=gnu11", "-fPIC", "-shared", *flags]
    subprocess.run([*command, "-o", str(library), str(source)], check=True, capture_output=True)
    return library


def careless(folder: Path) -> Path:
    text = SOURCE.read_text()
    assert text.count(CARELESS[0]) == 1
    damaged = folder / "core.c"
    damaged.write_text(text.replace(*CARELESS))
    return damaged


def watched(library: Path, where: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.oracle.watched_core", str(library), where, "1", FILES],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def sanitizer() -> dict[str, str]:
    """The environment that loads gcc's sanitizer before Python; skips where there is none."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc on this machine, whose address sanitizer this runs under")
    found = subprocess.run([gcc, "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    library = Path(found.stdout.strip())
    if not library.is_absolute():
        pytest.skip("this gcc came without its address sanitizer (libasan)")
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}


def test_core_reads_nothing_behind_the_records(tmp_path: Path) -> None:
    source = Path(shutil.copy(SOURCE, tmp_path))
    run = watched(compiled(source), "page")
    assert (run.returncode, run.stdout) == (0, "agreed\n"), run.stderr


def test_a_core_that_reads_behind_the_records_dies(tmp_path: Path) -> None:
    run = watched(compiled(careless(tmp_path)), "page")
    assert run.returncode < 0


def test_core_stays_within_every_buffer(tmp_path: Path, sanitizer: dict[str, str]) -> None:
    source = Path(shutil.copy(SOURCE, tmp_path))
    run = watched(compiled(source, *SANITIZED, compiler="gcc"), "heap", **sanitizer)
    assert (run.returncode, run.stdout) == (0, "agreed\n"), run.stderr


def test_the_sanitizer_notices_one_byte_too_far(tmp_path: Path, sanitizer: dict[str, str]) -> None:
    run = watched(compiled(careless(tmp_path), *SANITIZED, compiler="gcc"), "heap", **sanitizer)
    assert run.returncode != 0
    assert "AddressSanitizer: heap-buffer-overflow" in run.stderr
