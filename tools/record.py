"""Records what a person sees: runs `make demo` on an installed checkout and keeps transcript and runs.json.

Flows in: a checkout after `make setup`, no local AWS up. Flows out: docs/measured/demo.txt and runs.json,
and README.md made anew from them. The demo's own local AWS is ended. Run it
after a change of anything that the demo shows.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "docs" / "measured"
LAB = ROOT / ".venv/bin/lab"


def main() -> int:
    MEASURED.mkdir(parents=True, exist_ok=True)
    shown = subprocess.run(
        ["make", "--no-print-directory", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "140", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    down = subprocess.run([LAB, "down"], capture_output=True, text=True, check=False)
    if shown.returncode or down.returncode:
        print(shown.stdout, down.stdout, down.stderr, "nothing recorded: the demo failed", file=sys.stderr)
        return 1
    # The password is of an Airflow that has ended; a page that shows one teaches the wrong thing all the same.
    said = re.sub(r"password [^)\s]+\)", "password ...)", shown.stdout.replace(str(ROOT), "."))
    (MEASURED / "demo.txt").write_text(said)
    (MEASURED / "runs.json").write_text((ROOT / ".lab" / "runs.json").read_text())
    return subprocess.run([sys.executable, ROOT / "tools" / "readme.py"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
