"""Compiles the strict reader's core (glue_scripts/strict_csv/core.c) for this platform, beside its source.

Flows in: the C compiler's command, as arguments. Flows out: the one library whose name core.py looks for; those of
other sources are removed. It is built under another name and renamed, so that no half-written library is ever loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FLAGS = ["-O3", "-std=gnu11", "-fPIC", "-shared", "-fno-sanitize=all"]


def main(compiler: list[str]) -> int:
    from glue_scripts.strict_csv.core import SOURCE, folder, library_name

    place = Path(str(folder()))
    draft = place / f".core-{os.getpid()}.so"
    done = subprocess.run([*compiler, *FLAGS, "-o", str(draft), str(place / SOURCE)], check=False)
    if done.returncode:
        draft.unlink(missing_ok=True)
        return done.returncode
    for other in place.glob("core-*.so"):
        other.unlink()
    draft.replace(place / library_name())
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main(sys.argv[1:] or ["cc"]))
