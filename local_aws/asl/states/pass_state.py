"""The Pass state.

In: a visit. Out: its Result, evaluated Parameters or input, placed at ResultPath. No failures of its own.
"""

from __future__ import annotations

from local_aws.asl.runtime.visit import Step, Visit


def run_pass(visit: Visit) -> Step:
    """Hand on the result; `$` in Assign is the result."""
    result = visit.effective_input()
    if "Parameters" in visit.state:
        result = visit.evaluate(visit.state["Parameters"], result)
    if "Result" in visit.state:
        result = visit.state["Result"]
    assigned = visit.evaluate(visit.state.get("Assign", {}), result)
    return visit.leave(visit.output(visit.placed_result(result)), assigned=assigned)
