"""What a Python source imports, wherever in the file the import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def source_imports(text: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name). `from package import part` is `package.part`, be the part a module or a name in one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
