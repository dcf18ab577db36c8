"""An environment of its own for a tool that is no dependency of the project, made from its lock file.

Flows in: requirements-<name>.txt. Flows out: the interpreter of .venv-<name>, made anew when the lock has changed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def locked_interpreter(name: str, *, project: Path = ROOT) -> Path:
    """The Python of .venv-`name`; raises CalledProcessError where an install fails."""
    lock, folder = project / f"requirements-{name}.txt", project / f".venv-{name}"
    interpreter, stamp = folder / "bin" / "python", folder / ".lock-digest"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        uv = str(project / ".venv" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(interpreter), str(lock)]
        subprocess.run(install, check=True)
        stamp.write_text(digest)
    return interpreter
