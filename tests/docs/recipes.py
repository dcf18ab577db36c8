"""The recipes of CONTRIBUTING.md as steps, and their execution in a copy of the tree.

A section "Add ..." is a recipe. In it, a fence after a line that ends in "`path`:" is written to that file, or, if it
is a `diff`, applied to it; a `console` fence is run, and the lines below a command must occur in what it prints, in
this order ("..." stands for any lines). A `shell` fence is for the reader alone. Any other fence is an error, so that
no step of a recipe goes unexecuted for want of a name.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECTION = re.compile(r"^## (Add .+)$", re.MULTILINE)
FENCE = re.compile(r"(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([^`]+)`:$")
BOUND_SECONDS = 120


class RecipeFailed(Exception):
    """A step of a recipe did not do what the page says."""


@dataclass(frozen=True, kw_only=True)
class Write:
    """A new file."""

    path: str
    text: str

    def perform(self, folder: Path) -> None:
        target = folder / self.path
        if target.exists():
            raise RecipeFailed(f"{self.path} is there already, and the recipe writes it as a new file")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.text, encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change of a file: `old` must be in it exactly once."""

    path: str
    old: str
    new: str

    def perform(self, folder: Path) -> None:
        target = folder / self.path
        text = target.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise RecipeFailed(f"{self.path} has {text.count(self.old)} places, not 1, for the change of\n{self.old}")
        target.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A command, and lines that its output has in this order."""

    command: str
    shown: tuple[str, ...]

    def perform(self, folder: Path) -> None:
        done = subprocess.run(
            shlex.split(self.command),
            cwd=folder,
            env=_environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BOUND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RecipeFailed(f"{self.command} ended with {done.returncode}:\n{done.stdout[-3000:]}")
        rest = done.stdout
        for line in self.shown:
            _, found, rest = rest.partition(line)
            if not found:
                raise RecipeFailed(f"{self.command} did not print {line!r}:\n{done.stdout[-3000:]}")


Step = Write | Edit | Run


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """`name` is the section's heading."""

    name: str
    steps: tuple[Step, ...]

    def perform(self, folder: Path) -> None:
        """Every step in order; RecipeFailed at the first that does not do what the page says."""
        for step in self.steps:
            step.perform(folder)


def recipes(page: str) -> dict[str, Recipe]:
    """By heading; RecipeFailed for a fence that is no step."""
    parts = SECTION.split(page)[1:]
    sections = {name: text.partition("\n## ")[0] for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return {name: Recipe(name=name, steps=tuple(_steps(text))) for name, text in sections.items()}


def _steps(section: str) -> Iterator[Step]:
    for fence in FENCE.finditer(section):
        language, text = fence["language"], fence["text"]
        if language == "console":
            yield from _commands(text)
        elif language != "shell":
            named = FILE.search(fence["before"])
            if not named:
                raise RecipeFailed(f"the {language} fence after {fence['before']!r} has no file: end that in `path`:")
            yield from _edits(named[1], text) if language == "diff" else [Write(path=named[1], text=text)]


def _commands(text: str) -> Iterator[Run]:
    for block in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *lines = block.strip().splitlines()
        yield Run(command=command, shown=tuple(line for line in lines if line != "..."))


def _edits(path: str, text: str) -> Iterator[Edit]:
    for hunk in re.split(r"^@@.*\n", text, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        if lines:
            yield Edit(path=path, old=old, new=new)


def _environment(folder: Path) -> dict[str, str]:
    """A new contributor's shell, except that validation by the CDK, which takes most of synth's time, is off."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CDK_VALIDATION": "false",
        "CDK_OUTDIR": str(folder / ".lab" / "cdk.out"),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path(sys.prefix).parent / ".cache" / "jsii"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
