"""The core compiles for each platform that decision 39 names; Python looks for the library of its own platform only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from strict_csv import core
from tests.checkout import ROOT
from tools.compile_core import GLUE, OTHERS, Platform, compiled, is_this_machine

ELF, MACH_O = b"\x7fELF\x02", b"\xcf\xfa\xed\xfe"
MACHINES = {"x86_64": 0x3E, "aarch64": 0xB7, "arm64": 0x0100000C}  # e_machine of ELF; cputype of Mach-O
MACH_O_X86_64 = 0x01000007


def header(library: bytes) -> tuple[bytes, int]:
    """(magic, machine)"""
    if library.startswith(ELF):
        return ELF, int.from_bytes(library[18:20], "little")
    return library[:4], int.from_bytes(library[4:8], "little")


@pytest.mark.parametrize("where", [GLUE, *OTHERS], ids=lambda where: f"{where.system}-{where.machine}")
def test_the_core_compiles_for_it(where: Platform, tmp_path: Path) -> None:
    shutil.copy(ROOT / "strict_csv" / core.SOURCE, tmp_path)
    library = compiled(where, folder=tmp_path)
    if where.system == "linux":
        assert header(library.read_bytes()) == (ELF, MACHINES[where.machine])
    else:
        machine = MACH_O_X86_64 if where.machine == "x86_64" else MACHINES[where.machine]
        assert header(library.read_bytes()) == (MACH_O, machine)
    assert (library.name == core.library_name()) == is_this_machine(where)
