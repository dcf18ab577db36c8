"""Every Parquet file of the jobs is written in one way: nobody else makes a writer."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.checkout import ROOT

WRITERS = {"ParquetWriter", "write_table", "write_dataset", "write_to_dataset", "to_parquet", "write_parquet"}
ONE_PLACE = "lake/parquet_format.py"


def _makes_a_writer(path: Path) -> list[str]:
    return [
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITERS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("pq", "ds", "pandas", "pd", "parquet")
    ]


def test_nobody_else_makes_a_writer() -> None:
    files = [
        path
        for folder in ("strict_csv", "lake", "glue_scripts", "lab", "pipeline", "lambdas")
        for path in (ROOT / folder).rglob("*.py")
    ]
    found = {path.relative_to(ROOT).as_posix(): made for path in files if (made := _makes_a_writer(path))}
    assert found == {ONE_PLACE: ["ParquetWriter"]}
