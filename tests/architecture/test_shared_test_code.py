"""What several test modules share lies in modules of its own: no test imports from a test module."""

from __future__ import annotations

import ast

from tests.checkout import ROOT


def test_no_test_imports_from_a_test_module() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    found = [
        f"{file.relative_to(ROOT)}: {node.module}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").rsplit(".", 1)[-1].startswith("test_")
    ]
    assert len(files) > 200
    assert found == []
