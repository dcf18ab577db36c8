"""Where the lab talks: progress on stderr, results on stdout."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from typing import TextIO

# A page of a wide terminal: what a file or a pipe gets.
WIDE = 110


@dataclass(frozen=True, kw_only=True)
class Console:
    """`say` is for people watching, `result` for what was asked, `machine_result` for what a program asked."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    machine: TextIO = field(default_factory=lambda: sys.stdout)

    def say(self, line: str) -> None:
        self.err.write(line + "\n")
        self.err.flush()

    def result(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()

    def width(self) -> int:
        """Columns of the terminal that results go to, or of `COLUMNS`; 110 where there is neither."""
        return shutil.get_terminal_size(fallback=(WIDE, 24)).columns

    def machine_result(self, text: str) -> None:
        self.machine.write(text + "\n")
        self.machine.flush()
