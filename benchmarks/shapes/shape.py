"""What a shape is, and how a file of any size comes from it.

Flows in: a seeded generator of records. Flows out: one clean CSV file and its contract. A large file repeats
the same few blocks, each far larger than a reader's buffers and than a Parquet row group.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

BLOCKS = 4


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`lines(rows, seed)` are that many records with their line ends (LF); `block_rows` of them take some 20 MB.

    contract: as a contract.yaml spells it. header: the header line with its line end.
    """

    name: str
    title: str
    contract: Mapping[str, Any]
    header: bytes
    lines: Callable[[int, int], bytes]
    block_rows: int

    @property
    def columns(self) -> dict[str, str]:
        """Contract type by name, in the file's order."""
        return {column["name"]: column["type"] for column in self.contract["columns"]}

    def write(self, folder: Path, *, size_bytes: int) -> tuple[int, int]:
        """Write `folder`/rows.csv of about `size_bytes`, the contract beside `folder`; returns (bytes, rows).

        The same size gives the same bytes.
        """
        folder.mkdir(parents=True)
        self.write_contract(folder)
        blocks = [self.lines(self.block_rows, seed) for seed in range(BLOCKS)]
        written, rows = len(self.header), 0
        with (folder / "rows.csv").open("wb") as file:
            file.write(self.header)
            for block in cycle(blocks):
                missing = size_bytes - written
                if missing < len(block):
                    last = block[: block.rfind(b"\n", 0, max(missing, 0)) + 1] or block[: block.find(b"\n") + 1]
                    file.write(last)
                    return written + len(last), rows + last.count(b"\n")
                file.write(block)
                written, rows = written + len(block), rows + self.block_rows
        raise AssertionError("a cycle of blocks never ends")

    def write_contract(self, folder: Path) -> None:
        """`folder`.contract.yaml, beside the folder that holds the files (JSON is YAML)."""
        folder.with_suffix(".contract.yaml").write_text(json.dumps(self.contract))
