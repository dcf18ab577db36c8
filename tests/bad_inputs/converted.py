"""What a conversion of bad files came to, as the tests of this folder see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CONTRACT = """
dataset: trips
null_values: ["NA"]
columns:
  - {name: id, type: bigint, nullable: false}
  - {name: name, type: string}
  - {name: fare, type: double}
"""


@dataclass(frozen=True)
class Converted:
    """The ledger, the curated rows by id, and the quarantine rows by file and place."""

    ledger: dict[str, Any]
    rows: list[tuple]
    quarantine: list[dict[str, Any]]

    def file(self, name: str) -> dict[str, Any]:
        return next(file for file in self.ledger["files"] if file["key"] == name)

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.quarantine]


Convert = Callable[..., Converted]
