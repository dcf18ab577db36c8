"""The compiled core stays within its buffers: under gcc's address and undefined-behaviour sanitizers where they are,
and everywhere with records that end where a forbidden page begins. One that sees them otherwise is not called."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from strict_csv import core
from tests.checkout import ROOT
from tools.compile_core import GLUE, OTHERS, compiled, is_this_machine

SOURCE = ROOT / "strict_csv" / core.SOURCE
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"]
FILES = os.environ.get("STRICT_CSV_WATCHED_FILES", "60")
CARELESS = ("end - p >= 8, 1", "end - p >= 1, 1")  # reads eight bytes where one is left


GCC = ["gcc", "-O1", "-std=gnu11", "-fPIC", "-shared", *SANITIZED]


def sanitized(source: Path) -> Path:
    library = source.with_suffix(".so")
    subprocess.run([*GCC, "-o", str(library), str(source)], check=True, capture_output=True)
    return library


def as_deployed(source: Path) -> Path:
    """By the compiler and the flags of the library that Glue gets."""
    [here] = [where for where in (GLUE, *OTHERS) if is_this_machine(where)]
    return compiled(here, folder=source.parent)


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
    run = watched(as_deployed(source), "page")
    assert (run.returncode, run.stdout) == (0, "agreed\n"), run.stderr


def test_a_core_that_reads_behind_the_records_dies(tmp_path: Path) -> None:
    run = watched(as_deployed(careless(tmp_path)), "page")
    assert run.returncode < 0


def test_core_stays_within_every_buffer(tmp_path: Path, sanitizer: dict[str, str]) -> None:
    source = Path(shutil.copy(SOURCE, tmp_path))
    run = watched(sanitized(source), "heap", **sanitizer)
    assert (run.returncode, run.stdout) == (0, "agreed\n"), run.stderr


def test_the_sanitizer_notices_one_byte_too_far(tmp_path: Path, sanitizer: dict[str, str]) -> None:
    run = watched(sanitized(careless(tmp_path)), "heap", **sanitizer)
    assert run.returncode != 0
    # It calls the same byte a heap-buffer-overflow or an unknown-crash, by what lies around the buffer.
    assert "ERROR: AddressSanitizer: " in run.stderr


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("    int32_t scale;\n", "    i64 scale;\n"),  # wider: everything behind it moves
        ("    i64 row_capacity;\n    i64 rejected_capacity;\n", "    i64 rejected_capacity;\n    i64 row_capacity;\n"),
        ("#define DOUBT_WIDTH 7", "#define DOUBT_WIDTH 8"),
        ("enum { STRING, BIGINT,", "enum { BIGINT, STRING,"),
        ("core_layout_length", "core_layout_size"),  # a library of before
    ],
)
def test_a_core_whose_structs_lie_otherwise_is_not_called(tmp_path: Path, said: str, changed: str) -> None:
    text = SOURCE.read_text()
    assert text.count(said) == 1
    (tmp_path / core.SOURCE).write_text(text.replace(said, changed))
    with pytest.raises(core.CoreMismatched, match=r"core\.c whose structs lie otherwise"):
        core.Core(ctypes.CDLL(str(as_deployed(tmp_path / core.SOURCE))))


def test_the_core_in_use_says_of_every_field_where_it_lies() -> None:
    assert core.load_core() is not None, "`make setup` compiles it"
    assert len(core.layout()) == 7 + 2 + 1 + len(core.Column._fields_) + 1 + len(core.Job._fields_)
