"""Where the lab talks: progress on stderr, results on stdout."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TextIO


@dataclass(frozen=True, kw_only=True)
class Console:
    """`say` is for people watching, `result` for what was asked."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def say(self, line: str) -> None:
        self.err.write(line + "\n")
        self.err.flush()

    def result(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()
