"""Parallel: all branches or the real error; what is running when one fails is stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws.asl import TaskError
from tests.unit.local_aws.asl.cases.machine import JOB, Trial, machine, run, sleeps, task

JOB_FAILED = TaskError("States.TaskFailed", json.dumps({"JobName": "verify", "JobRunState": "FAILED"}))


def branches(*states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Parallel state whose branches are single states B0, B1, ..."""
    return {
        "Type": "Parallel",
        "Branches": [machine(f"B{number}", **{f"B{number}": state}) for number, state in enumerate(states)],
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def test_outputs_stand_in_the_order_of_the_branches() -> None:
    trial = Trial(
        machine("P", P=branches(task(), task(), task())), B0=[sleeps(30, "slow")], B1=[1], B2=[sleeps(9, "x")]
    )
    assert trial.run().output == ["slow", 1, "x"]
    assert trial.seconds() == 30


def test_branches_wait_at_the_same_time() -> None:
    wait = {"Type": "Wait", "Seconds": 100, "End": True}
    trial = Trial(machine("P", P=branches(wait, wait, wait)))
    assert trial.run().status == "SUCCEEDED"
    assert trial.seconds() == 100


def test_failed_job_fails_the_state_with_its_own_error() -> None:
    trial = Trial(machine("P", P=branches(task(), task())), B0=[sleeps(10, JOB_FAILED)], B1=[sleeps(600, "late")])
    outcome = trial.run()
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", "States.TaskFailed", JOB_FAILED.cause)
    assert trial.seconds() == 10
    assert trial.types()[-2:] == ["ParallelStateFailed", "ExecutionFailed"]
    assert "TaskStateAborted" in trial.types()
    assert "ParallelStateSucceeded" not in trial.types()


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_parallel_with_a_failed_branch_never_succeeds(failing: int) -> None:
    answers = {f"B{number}": [JOB_FAILED if number == failing else number] for number in range(3)}
    outcome = run(machine("P", P=branches(task(), task(), task())), **answers)
    assert (outcome.status, outcome.error) == ("FAILED", "States.TaskFailed")


def test_first_failure_wins_and_stops_the_rest() -> None:
    trial = Trial(
        machine("P", P=branches(task(), task(), {"Type": "Wait", "Seconds": 500, "End": True})),
        B0=[sleeps(50, TaskError("Second"))],
        B1=[sleeps(20, TaskError("First"))],
    )
    assert trial.run().error == "First"
    assert trial.seconds() == 20
    assert trial.types().count("WaitStateAborted") == 1


def test_caught_failure_goes_on_where_the_catcher_says() -> None:
    parallel = branches(task(), task(), Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C", "ResultPath": "$.why"}])
    definition = machine("P", P=parallel, C={"Type": "Pass", "OutputPath": "$.why.Error", "End": True})
    assert run(definition, {}, B0=[JOB_FAILED]).output == "States.TaskFailed"


def test_failure_caught_inside_a_branch_is_that_branch_s_output_only() -> None:
    caught = task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Fine"}])
    parallel = branches(task())
    parallel["Branches"].append(machine("T", T=caught, Fine={"Type": "Pass", "Result": "fine", "End": True}))
    assert run(machine("P", P=parallel), B0=["ok"], T=[JOB_FAILED]).output == ["ok", "fine"]


def test_retry_runs_all_branches_again() -> None:
    parallel = branches(
        task(), task(), Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 60}]
    )
    trial = Trial(machine("P", P=parallel), B0=[sleeps(10, JOB_FAILED), "good"], B1=["b"])
    assert trial.run().output == ["good", "b"]
    assert trial.types().count("ParallelStateStarted") == 2
    assert "ParallelStateFailed" not in trial.types()
    assert sorted(trial.tasks.names()) == ["B0", "B0", "B1", "B1"]


def test_input_result_and_variables_of_branches() -> None:
    inner = {"Type": "Pass", "Parameters": {"n.$": "$.n", "lane.$": "$lane"}, "Assign": {"mine": 1}, "End": True}
    definition = machine(
        "A",
        A={"Type": "Pass", "Assign": {"lane": "glue"}, "Next": "P"},
        P=branches(
            inner,
            Parameters={"n.$": "$.deep.n"},
            ResultSelector={"first.$": "$[0]"},
            ResultPath="$.out",
            Assign={"seen.$": "$.first.n"},
            Next="Z",
        ),
        Z={"Type": "Pass", "Parameters": {"out.$": "$.out", "seen.$": "$seen"}, "End": True},
    )
    assert run(definition, {"deep": {"n": 5}}).output == {"out": {"first": {"n": 5, "lane": "glue"}}, "seen": 5}


def test_assignments_of_a_branch_stay_inside() -> None:
    definition = machine(
        "P",
        P=branches({"Type": "Pass", "Assign": {"mine": 1}, "End": True}, Next="Z"),
        Z={"Type": "Pass", "Parameters": {"mine.$": "$mine"}, "End": True},
    )
    assert run(definition).error == "States.Runtime"


def test_runtime_failure_in_a_branch_ends_the_execution_past_every_catcher() -> None:
    parallel = branches({"Type": "Pass", "InputPath": "$.ghost", "End": True},
                        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}])  # fmt: skip
    outcome = run(machine("P", P=parallel, C={"Type": "Succeed"}))
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")


def test_nested_failure_comes_out_unchanged() -> None:
    inner = {"Type": "Parallel", "Branches": [machine("T", T=task(JOB))], "End": True}
    outcome = run(machine("P", P=branches(inner, {"Type": "Wait", "Seconds": 9, "End": True})), T=[JOB_FAILED])
    assert (outcome.status, outcome.error) == ("FAILED", "States.TaskFailed")


def test_many_branches_many_times_over_end_the_same() -> None:
    ways = set()
    for _ in range(25):
        trial = Trial(
            machine("P", P=branches(*[task()] * 6)),
            **{f"B{number}": [sleeps(number * 10, number)] for number in range(6)},
        )
        ways.add((json.dumps(trial.run().output), trial.seconds(), trial.execution.transitions))
    assert ways == {("[0, 1, 2, 3, 4, 5]", 50.0, 7)}
