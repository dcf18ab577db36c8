"""Copies of this checkout as clones would be: what git tracks, nothing that was built here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.checkout import ROOT

WHEELS = Path(".cache/wheels")


def checkout(folder: Path) -> Path:
    """The tracked files, as they are now, in `folder`."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def with_wheels(folder: Path) -> Path:
    """The downloaded wheels too, as links: their bytes are checked when they are downloaded."""
    (folder / WHEELS).mkdir(parents=True)
    for wheel in (ROOT / WHEELS).glob("*.whl"):
        (folder / WHEELS / wheel.name).symlink_to(wheel)
    return folder


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python command there, with this environment's packages and `environment` only."""
    kept = {
        "PATH": os.environ["PATH"],
        "JSII_NODE": str(Path(sys.prefix) / "bin" / "node"),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(ROOT / ".cache" / "jsii"),
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", "CDK_VALIDATION": "false", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Content by relative path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
