"""One benchmark's figures, as kept in docs/measured/: reader.json for machines, reader.md for the README.

Flows in: what benchmarks/conversion.py measured. Flows out: the two files. It measures nothing and judges nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

NAMES = {
    "single": "strict reader, single",
    "duckdb": "DuckDB, typed",
    "spark": "strict reader in Spark",
    "corrupt_record": "Spark, `_corrupt_record`",
}
BASES = {"duckdb": "DuckDB typed", "corrupt_record": "`_corrupt_record`"}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The best run of one contender; `rows` is what its Parquet holds, `peak_mb` its largest process."""

    contender: str
    cpu_seconds_per_gb: float
    peak_mb: float
    seconds: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """`measured_on` is an ISO date, `size_bytes` that of the one clean CSV file, `rows` its rows."""

    measured_on: str
    command: str
    machine: str
    size_bytes: int
    rows: int
    repeat: int
    figures: Sequence[Figure]

    def write(self, folder: Path) -> None:
        """reader.json and reader.md in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "reader.json").write_text(json.dumps(asdict(self), indent=2) + "\n")
        (folder / "reader.md").write_text(self.table() + "\n")

    def table(self) -> str:
        """Markdown; a ratio to a contender that was not measured is a dash."""
        lines = [
            f"| {self.size_bytes / 1e9:.2f} GB of taxi trips to zstd Parquet | CPU seconds per GB "
            "| ratio to DuckDB typed | ratio to `_corrupt_record` | largest process | seconds |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for figure in self.figures:
            ratios = " | ".join(self._ratio(figure, base) for base in BASES)
            lines.append(
                f"| {NAMES[figure.contender]} | {figure.cpu_seconds_per_gb:.1f} | {ratios} "
                f"| {figure.peak_mb:,.0f} MB | {figure.seconds:.1f} |"
            )
        runs = "One run each" if self.repeat == 1 else f"The best of {self.repeat} runs each"
        rows = f"{self.rows:,} clean rows, and as many in the Parquet of each"
        return "\n".join([*lines, "", f"{runs}, {self.machine}, {self.measured_on}; {rows}. Again: `{self.command}`"])

    def _ratio(self, figure: Figure, base: str) -> str:
        found = [other for other in self.figures if other.contender == base]
        return f"{figure.cpu_seconds_per_gb / found[0].cpu_seconds_per_gb:.2f}" if found else "–"
