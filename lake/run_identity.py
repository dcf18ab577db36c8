"""Which run of an orchestrator a job works for.

Flows in: the job's arguments. Flows out: the id that the orchestrator knows the run by: `--run_id`, as the state
machine and the DAG pass it, or `--WORKFLOW_RUN_ID`, which Glue adds to the jobs of a workflow; "" for a job that was
started by hand. getResolvedOptions refuses an argument that is not there, so it can't be asked.
"""

from __future__ import annotations

from collections.abc import Sequence

RUN_ARGUMENTS = ("--run_id", "--WORKFLOW_RUN_ID")


def run_id_of(argv: Sequence[str]) -> str:
    """The run's id, "" where nothing says one."""
    for name in RUN_ARGUMENTS:
        for place, argument in enumerate(argv):
            if argument == name and place + 1 < len(argv):
                return argv[place + 1]
            if argument.startswith(f"{name}="):
                return argument.removeprefix(f"{name}=")
    return ""
