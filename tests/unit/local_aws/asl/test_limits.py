"""The service's quotas: 256 KiB per payload, 25,000 events per history, the machine's own timeout."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl import NotRedrivable, TaskError
from local_aws.asl.runtime.json_text import PAYLOAD_LIMIT_BYTES
from tests.unit.local_aws.asl.cases.machine import FUNCTION, JOB, Trial, machine, run, sleeps, task

FITS = "a" * (PAYLOAD_LIMIT_BYTES - 2)
ENDLESS = machine("A", A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"})


def test_result_of_exactly_the_limit_passes() -> None:
    assert run(machine("T", T=task()), T=[FITS]).output == FITS


@pytest.mark.parametrize(("resource", "named"), [(JOB, "glue"), (FUNCTION, FUNCTION)])
@pytest.mark.parametrize("result", [FITS + "a", "é" * (PAYLOAD_LIMIT_BYTES // 2)])
def test_larger_result_is_a_failure_that_can_be_caught(resource: str, named: str, result: str) -> None:
    catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "C"}]
    definition = machine("T", T=task(resource, Catch=catch), C={"Type": "Succeed"})
    output = run(definition, T=[result]).output
    assert output["Error"] == "States.DataLimitExceeded"
    assert f"'{named}' returned a result with a size exceeding" in output["Cause"]
    assert run(machine("T", T=task(resource)), T=[result]).status == "FAILED"


def test_output_that_grows_too_large_ends_the_execution() -> None:
    definition = machine("P", P={"Type": "Pass", "Parameters": {"x.$": "$", "y.$": "$"}, "End": True})
    outcome = run(definition, "a" * 150_000)
    assert (outcome.status, outcome.error) == ("FAILED", "States.DataLimitExceeded")


def test_too_large_parameters_never_reach_the_service() -> None:
    trial = Trial(machine("T", T=task(Parameters={"x.$": "$", "y.$": "$"})), "a" * 150_000)
    assert trial.run().error == "States.DataLimitExceeded"
    assert trial.tasks.calls == []


def test_too_large_input_fails() -> None:
    assert run(machine("S", S={"Type": "Succeed"}), FITS + "a").error == "States.DataLimitExceeded"


def test_history_limit_fails_the_execution() -> None:
    trial = Trial(ENDLESS)
    outcome = trial.run()
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert outcome.cause == "The execution reached the maximum number of history events (25000)."
    assert len(trial.execution.history) == 25_000
    assert trial.types()[-1] == "ExecutionFailed"
    with pytest.raises(NotRedrivable):
        trial.execution.reopen()()


@pytest.mark.parametrize(("limit", "status"), [(4, "SUCCEEDED"), (3, "FAILED")])
def test_last_event_may_be_the_success(limit: int, status: str) -> None:
    trial = Trial(machine("S", S={"Type": "Succeed"}), event_limit=limit)
    assert trial.run().status == status
    assert len(trial.execution.history) == limit


def test_history_limit_reached_inside_branches_fails_too() -> None:
    inner = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    second = {"C": {"Type": "Pass", "Next": "D"}, "D": {"Type": "Pass", "Next": "C"}}
    definition = machine(
        "P", P={"Type": "Parallel", "Branches": [machine("A", **inner), machine("C", **second)], "End": True}
    )
    trial = Trial(definition, event_limit=500)
    assert trial.run().status == "FAILED"
    assert len(trial.execution.history) == 500


@pytest.mark.parametrize("state", [task(), {"Type": "Wait", "Seconds": 9_000, "End": True}])
def test_machine_s_own_timeout(state: dict[str, Any]) -> None:
    trial = Trial({**machine("S", S=state), "TimeoutSeconds": 600}, S=[sleeps(9_000)])
    outcome = trial.run()
    assert (outcome.status, outcome.error) == ("TIMED_OUT", "States.Timeout")
    assert trial.seconds() == 600
    assert trial.types()[-2:] == [f"{state['Type']}StateAborted", "ExecutionTimedOut"]


def test_machine_s_timeout_is_not_caught_inside() -> None:
    catching = task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}])
    definition = {**machine("S", S=catching, C={"Type": "Succeed"}), "TimeoutSeconds": 600}
    assert run(definition, S=[sleeps(9_000)]).status == "TIMED_OUT"


def test_transitions_count_states_retries_branches_and_iterations() -> None:
    definition = machine(
        "A",
        A={"Type": "Pass", "Next": "P"},
        P={"Type": "Parallel", "Branches": [machine("B", B=task(Retry=[{"ErrorEquals": ["Busy"]}]))], "Next": "M"},
        M={"Type": "Map", "ItemProcessor": machine("I", I={"Type": "Pass", "End": True}), "End": True},
    )
    trial = Trial(definition, B=[TaskError("Busy"), 1])
    assert trial.run().status == "SUCCEEDED"
    assert trial.execution.transitions == 1 + (1 + 1 + 1) + (1 + 1)
