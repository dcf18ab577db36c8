"""`--json FILE`: where a result for machines goes. `-` is standard output.

Flows in: a value and what the user typed. Flows out: the JSON, in a regular file whole or not at all; a link is
followed, and a device or pipe is written through, never replaced.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from lab.console import Console
from lab.records import write_json
from pipeline.errors import ConfigInvalid

STANDARD_OUTPUT = Path("-")


def check_json_output(path: Path) -> None:
    """Raises ConfigInvalid where nothing can be written, before the work begins rather than after it."""
    if path == STANDARD_OUTPUT:
        return
    if path.is_dir():
        raise ConfigInvalid(f"--json {path} is a folder; name a file in it, or - for standard output")
    if not path.parent.is_dir():
        raise ConfigInvalid(f"--json {path}: the folder {path.parent} does not exist; make it, or name another file")


def write_json_output(value: Any, path: Path, console: Console) -> None:
    """Writes `value`; raises ConfigInvalid as `check_json_output`, OSError where the file cannot be written."""
    check_json_output(path)
    if path == STANDARD_OUTPUT:
        console.machine_result(json.dumps(value, indent=2))
    elif _is_special(path):
        path.write_text(json.dumps(value, indent=2) + "\n")
    else:
        write_json(value, path.resolve())


def _is_special(path: Path) -> bool:
    """Whether something that is no regular file lies there: a device, a pipe, a socket."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False
