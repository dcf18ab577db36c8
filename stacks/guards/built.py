"""What `make setup` builds or downloads and a deploy carries: the compiled core, pyarrow's wheel.

Flows in: the checkout. Flows out: names and hashes, or `NotBuilt`: without them jobs would be slow, or not start, and
with other ones a deploy would depend on who deploys.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from config.glue_pythons import GLUE_PYTHONS

ROOT = Path(__file__).resolve().parents[2]
CORE = Path("strict_csv")
CORE_LOCK, WHEELS_LOCK = "core.lock.json", "glue-wheels.lock.json"
WHEELS = Path(".cache/wheels")


class NotBuilt(Exception):
    """Something that is deployed is not there, or is not what the checkout's lock files say."""


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """`file` keeps the name under which pip takes it; `sha256` as locked."""

    file: Path
    sha256: str


def built_core(root: Path = ROOT) -> Path:
    """The library for Glue's workers, relative to `root`; raises NotBuilt."""
    recorded = json.loads((root / CORE / CORE_LOCK).read_text(encoding="utf-8"))
    library = CORE / recorded["library"]
    if _sha256(root / CORE / "core.c") != recorded["source_sha256"]:
        raise NotBuilt(
            f"{CORE / 'core.c'} is not the one that {CORE / CORE_LOCK} was recorded for. Record its library with: "
            ".venv/bin/python tools/compile_core.py --record"
        )
    if not (root / library).is_file():
        raise NotBuilt(
            f"{library} is missing: the strict reader's compiled core, without which the jobs take several times as "
            "long. Compile it with: make setup"
        )
    if _sha256(root / library) != recorded["library_sha256"]:
        raise NotBuilt(
            f"{library} is not the library that {CORE / CORE_LOCK} records; it was compiled in another way. "
            "Compile it with: .venv/bin/python tools/compile_core.py"
        )
    return library


def built_wheel(glue_version: str, root: Path = ROOT) -> Wheel:
    """pyarrow for the Python of a Glue version; its 45 MB were hashed when they were downloaded. Raises NotBuilt."""
    row = json.loads((root / WHEELS_LOCK).read_text(encoding="utf-8"))[GLUE_PYTHONS[glue_version]]
    file = root / WHEELS / row["file"]
    if not file.is_file():
        raise NotBuilt(
            f"{WHEELS / row['file']} is missing: the pyarrow that jobs of Glue {glue_version} run with. Download it "
            f"with: .venv/bin/python tools/glue_wheels.py fetch {glue_version}"
        )
    return Wheel(file=file, sha256=row["sha256"])


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
