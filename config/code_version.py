"""Which sources the jobs are made of, as one hash: what is deployed carries it, to be compared with a checkout.

Flows in: the checkout. Flows out: 64 hex digits. Compiled files have no say, since they follow from the sources, nor
have pages that people read.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JOB_FOLDERS = ("pipeline", "strict_csv", "lake", "glue_scripts", "datasets")


def code_version(root: Path = ROOT) -> str:
    """Hash of the names and contents of all that jobs are made from; hex, 64 digits."""
    found = hashlib.sha256()
    for folder in JOB_FOLDERS:
        files = (path for path in (root / folder).rglob("*") if path.is_file() and not _has_no_say(path))
        for path in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            found.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return found.hexdigest()


def _has_no_say(path: Path) -> bool:
    return path.suffix in (".pyc", ".so", ".md") or "__pycache__" in path.parts
