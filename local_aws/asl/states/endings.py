"""The Succeed and Fail states.

In: a visit. Out: the branch's output, or the failure that ends it.
"""

from __future__ import annotations

from typing import Any

from local_aws.asl.runtime.errors import StatesError
from local_aws.asl.runtime.visit import Step, Visit, require


def run_succeed(visit: Visit) -> Step:
    """End the branch with the state's input."""
    return visit.leave(visit.output(visit.effective_input()), assigned={})


def run_fail(visit: Visit) -> Step:
    """End the branch with a named failure."""
    raise StatesError(_text(visit, "Error"), _text(visit, "Cause"))


def _text(visit: Visit, name: str) -> str | None:
    if f"{name}Path" not in visit.state:
        return visit.state.get(name)
    value: Any = visit.expression(f"{name}Path", visit.input)
    require(isinstance(value, str), f"The {name}Path field must refer to a string: {visit.state[name + 'Path']}")
    return value
