"""How a job ends: quietly, or with one last line `Name: what happened` that the orchestrator shows.

Flows in: a job's main function. Flows out: nothing, or SystemExit with that line. Glue's ErrorMessage
carries SystemExit's text; a bare traceback would put a module's path before the name.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from botocore.exceptions import ClientError

from pipeline.errors import PipelineError

_LONGEST = 500


def end_by_name(main: Callable[[list[str]], None], argv: list[str]) -> None:
    """Runs `main`; raises SystemExit naming the failure. What nobody foresaw comes with its traceback."""
    try:
        main(argv)
    except PipelineError as failure:
        raise SystemExit(_line(str(failure))) from failure
    except ClientError as failure:
        error = failure.response.get("Error", {})
        said = f"{failure.operation_name} was refused: {error.get('Message', 'no message')}"
        raise SystemExit(_line(f"{error.get('Code', 'ClientError')}: {said}")) from failure
    except Exception as failure:
        traceback.print_exc(file=sys.stderr)
        raise SystemExit(_line(f"{type(failure).__name__}: {failure}")) from failure


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
