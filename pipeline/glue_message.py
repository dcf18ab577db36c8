"""The error line of a Glue job run without what Glue puts before it.

Flows in: `ErrorMessage` of a job run, or the cause that a state machine got of one. Flows out: "Name: what happened".
Shapes that public projects recorded from their own runs (2023 to 2026):
`Error Category: INVALID_ARGUMENT_ERROR; Failed Line Number: 59; KeyError: 'LFTagOnColumns'`,
`Error Category: UNCLASSIFIED_ERROR; An error occurred while calling o1845.jdbc. ...`, `QUERY_ERROR; Failed Line ...`.
A traceback's last line has the class's module before the name; so may Glue's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

_BEFORE = re.compile(r"(?:Error Category: *)?[A-Z][A-Z_]*_ERROR; *|Failed Line Number: *\d+; *")
_MODULES = re.compile(r"(?:[A-Za-z_]\w*\.)+(?=[A-Z]\w*(?::|$))")
_NAME = re.compile(r"([A-Z]\w*)(?::|$)")


def error_line(message: str) -> str:
    """`message` from the failure's name on; what has no name is given as it is, without Glue's own words."""
    text = message.strip()
    while before := _BEFORE.match(text):
        text = text[before.end() :]
    text = _MODULES.sub("", text, count=1) if _MODULES.match(text) else text
    name = failure_name(text)
    # An error whose own text begins with its name, as a traceback shows it.
    while name and (rest := text[len(name) + 1 :].lstrip()).startswith(f"{name}:"):
        text = rest
    return text


def run_error(job_run: Mapping[str, Any]) -> str | None:
    """The error line of a job run; None where Glue has none."""
    message = job_run.get("ErrorMessage")
    return error_line(message) if message else None


def failure_name(line: str) -> str | None:
    """The name that an error line begins with; None where it begins with none."""
    found = _NAME.match(line)
    return found[1] if found else None


def readable_cause(cause: str) -> str:
    """A state machine's cause with the error line in place of the job run's JSON that Glue's integration gives."""
    error = run_error(job_run_of(cause))
    return f"{cause.partition('{')[0]}{error}" if error else cause


def job_run_of(cause: str) -> dict[str, Any]:
    """The job run whose JSON ends a state machine's cause; empty where none does."""
    _, brace, rest = cause.partition("{")
    try:
        run: Any = json.loads(brace + rest)
    except ValueError:
        return {}
    return cast(dict[str, Any], run) if isinstance(run, dict) else {}
