"""Easy lies are banned: patched modules, sleeping tests, tests without an assertion, silent skips."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ROOT

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
ASSERTING = re.compile(r"^(assert|check|expect|raises|has_|resource_|template_|fail|parity|agrees)")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def called_name(node: ast.Call) -> str:
    """`a.b.c(...)` gives "a.b.c"; anything else that is called gives its last name or ""."""
    parts: list[str] = []
    target: ast.expr = node.func
    while isinstance(target, ast.Attribute):
        parts.append(target.attr)
        target = target.value
    if isinstance(target, ast.Name):
        parts.append(target.id)
    return ".".join(reversed(parts))


def broken_bans(path: str, text: str) -> Iterator[str]:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            names = [alias.name for alias in node.names]
            module = getattr(node, "module", "") or ""
            if "unittest.mock" in (module, *names) or (module == "unittest" and "mock" in names):
                yield f"{path}:{node.lineno} mocks a module; pass the seam as an argument"
        if isinstance(node, ast.Call):
            name = called_name(node)
            if name in ("time.sleep", "sleep"):
                yield f"{path}:{node.lineno} sleeps; pass a clock"
            if name.endswith(("pytest.skip", "mark.skip")) and not (node.args or node.keywords):
                yield f"{path}:{node.lineno} skips without a reason"
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not asserts(node):
            yield f"{path}:{node.lineno} {node.name} asserts nothing"


def asserts(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        if isinstance(node, ast.Call) and ASSERTING.match(called_name(node).rsplit(".", 1)[-1]):
            return True
    return False


def test_no_test_breaks_a_ban() -> None:
    files = tracked("tests/*.py")
    assert files
    found = [b for file in files for b in broken_bans(file.relative_to(ROOT).as_posix(), file.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "from unittest import mock",
        "from unittest.mock import patch",
        "import time\ndef test_x():\n    time.sleep(1)\n    assert True",
        "def test_x():\n    print(1)",
        "import pytest\ndef test_x():\n    pytest.skip()\n    assert True",
    ],
)
def test_a_broken_ban_is_noticed(text: str) -> None:
    assert len(list(broken_bans("x.py", text))) == 1


def test_no_module_has_a_vague_name() -> None:
    files = tracked("*.py")
    assert files
    assert [f.relative_to(ROOT).as_posix() for f in files if f.stem in VAGUE_NAMES] == []


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            r"(^|[^[:alnum:]_.-])/(work|root|home/[a-z]+)/",
            "--",
            ".",
            ":!tests/architecture",
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.stdout == ""
