"""Runs a job's script as Glue's Spark runner does, and writes down how the script ended.

`python script_runner.py OUTCOME SCRIPT ARGUMENT...`: runs SCRIPT as `__main__` and, when it has ended, writes OUTCOME
as JSON: `{"error": null}` or the ErrorMessage that Glue would show. Any SystemExit, also of code 0, is a failure, as
public projects report of their own runs. Exit code 0 where the script returned, else 1. Standard library only: it runs
in the job's own interpreter.

The category is Glue's own judgement: KeyError and AttributeError are recorded as INVALID_ARGUMENT_ERROR, the rest as
UNCLASSIFIED_ERROR. The line is that of the script's own top level (GlueExceptionAnalysis calls it "Last Executed Line
number"). The class stands there with its module, as in a traceback's last line; one recorded message has it without.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from types import TracebackType

_INVALID = (KeyError, AttributeError)


def error_message(failure: BaseException, *, script: str) -> str:
    """What GetJobRun would give as ErrorMessage."""
    if isinstance(failure, SystemExit):
        return f"Error Category: SYSTEM_EXIT_ERROR; SystemExit: {0 if failure.code is None else failure.code}"
    category = "INVALID_ARGUMENT_ERROR" if isinstance(failure, _INVALID) else "UNCLASSIFIED_ERROR"
    lines = [frame.lineno for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == script]
    place = f"Failed Line Number: {lines[0]}; " if lines else ""
    text = "".join(traceback.format_exception_only(failure)).strip()
    return f"Error Category: {category}; {place}{text}"


def main(argv: list[str]) -> int:
    """The exit code; standard error has the traceback, without this file's own frames."""
    outcome, script = argv[1], argv[2]
    sys.argv = argv[2:]
    sys.path[0] = os.path.dirname(script)
    error = None
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException as failure:
        error = error_message(failure, script=script)
        traceback.print_exception(failure.with_traceback(_from(script, failure.__traceback__)))
    _write(outcome, {"error": error})
    return 1 if error else 0


def _from(script: str, found: TracebackType | None) -> TracebackType | None:
    first = found
    while first is not None and first.tb_frame.f_code.co_filename != script:
        first = first.tb_next
    return first or found


def _write(file: str, said: dict[str, str | None]) -> None:
    # Whole or not at all: who is killed while writing has said nothing.
    with open(f"{file}.partial", "w") as partial:
        json.dump(said, partial)
    os.replace(f"{file}.partial", file)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
