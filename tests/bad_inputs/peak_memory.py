"""The memory that a conversion takes, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.checkout import ROOT


def peak_kib(root: Path, expected: str) -> int:
    """By how much converting `root`/in raised a process's peak memory; `expected` is checked on the ledger `l`."""
    script = (
        "import sys; from pathlib import Path; from lake.convert.directory import convert_directory as c\n"
        "import strict_csv.typed, pyarrow.parquet\n"
        # Not getrusage: its figure starts at what the parent held when it forked.
        "def peak(): return [l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')][0]\n"
        "print(peak())\n"
        "root = Path(sys.argv[1])\n"
        "l = c(engine='single', contract_path=root/'contract.yaml', input_dir=root/'in', output_dir=root/'out')\n"
        f"assert {expected}, l\n"
        "print(peak())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(root)],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    base, peak = (int(size) for size in done.stdout.split())
    return peak - base
