"""What was measured, as kept in docs/measured/reader.json.

Flows in: runs (one shape at one size, all contenders together) and judgements of damaged files. Flows out: the
file, in which a new run takes the place of an older one of the same shape and size, so that a long set can be
recorded in pieces. Ratios are only ever taken within one run. It renders nothing: see table.py and plot.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The best run of one contender; `rows` is what its Parquet holds, `peak_mb` its largest process."""

    contender: str
    cpu_seconds_per_gb: float
    peak_mb: float
    seconds: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """`measured_on` is an ISO date, `megabytes` was asked for, `size_bytes` is what the clean file has."""

    shape: str
    megabytes: int
    measured_on: str
    command: str
    machine: str
    size_bytes: int
    rows: int
    repeat: int
    figures: Sequence[Figure]

    def figure(self, contender: str) -> Figure | None:
        """That contender's figure, None where it took no part."""
        return next((figure for figure in self.figures if figure.contender == contender), None)

    def ratio(self, contender: str) -> float | None:
        """CPU time relative to the contender's rival in this very run; None where either took no part."""
        mine, rival = self.figure(contender), self.figure(CONTENDERS[contender].rival)
        return mine.cpu_seconds_per_gb / rival.cpu_seconds_per_gb if mine and rival else None


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What one reader made of the damaged files. All counts are of rows, but for `folders_given_up`.

    damaged, good: rows of either kind that it was given. wrong, guessed, lost: see benchmarks/damage.py.
    folders_given_up: those of which it delivered nothing. wrong_by_kind: the kinds of damage behind the wrong rows.
    """

    contender: str
    damaged: int
    good: int
    wrong: int
    guessed: int
    lost: int
    folders_given_up: int
    wrong_by_kind: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """All readers on the same damaged folders, one for each kind of damage."""

    judged_on: str
    command: str
    folders: int
    truths: Sequence[Truth]

    def truth(self, contender: str) -> Truth | None:
        """That contender's, None where it took no part."""
        return next((truth for truth in self.truths if truth.contender == contender), None)


@dataclass(frozen=True, kw_only=True)
class Record:
    """Runs in the order of shapes and sizes as first recorded."""

    runs: Sequence[Run] = field(default_factory=tuple)
    damage: Judgement | None = None

    def with_run(self, run: Run) -> Record:
        """This record and `run`, without an older one of its shape and size."""
        others = [other for other in self.runs if (other.shape, other.megabytes) != (run.shape, run.megabytes)]
        return replace(self, runs=(*others, run))

    def with_damage(self, judgement: Judgement) -> Record:
        """This record and `judgement` in place of an older one."""
        return replace(self, damage=judgement)

    def run(self, shape: str, megabytes: int) -> Run | None:
        """The run of that shape and size, None where there is none."""
        return next((run for run in self.runs if (run.shape, run.megabytes) == (shape, megabytes)), None)

    def write(self, path: Path) -> None:
        """As JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")


def load_record(path: Path) -> Record:
    """The record at `path`, an empty one where there is no file."""
    if not path.exists():
        return Record()
    kept: dict[str, Any] = json.loads(path.read_text())
    damage = kept["damage"]
    return Record(
        runs=tuple(Run(**{**run, "figures": tuple(Figure(**f) for f in run["figures"])}) for run in kept["runs"]),
        damage=Judgement(**{**damage, "truths": tuple(Truth(**t) for t in damage["truths"])}) if damage else None,
    )
