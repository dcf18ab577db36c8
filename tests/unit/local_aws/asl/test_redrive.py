"""Stopping and redriving: what had finished is kept, what had not runs again."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl import Aborted, NotRedrivable, TaskError
from tests.unit.local_aws.asl.cases.machine import Trial, machine, sleeps, task

KILLED = TaskError("States.TaskFailed", "killed")


def chain() -> dict[str, Any]:
    return machine("A", A=task(Next="B", ResultPath="$.a", Assign={"seen.$": "$"}), B=task(Next="C", ResultPath="$.b"),
                   C={"Type": "Pass", "Parameters": {"all.$": "$", "seen.$": "$seen"}, "End": True})  # fmt: skip


def fork(**fields: Any) -> dict[str, Any]:
    names = ("X", "Y", "Z")
    return machine(
        "P", P={"Type": "Parallel", "Branches": [machine(n, **{n: task()}) for n in names], "End": True, **fields}
    )


def test_redrive_goes_on_at_the_failed_state_with_its_input_and_variables() -> None:
    trial = Trial(chain(), {"in": 1}, A=["first"], B=[KILLED, "second"])
    assert trial.run().status == "FAILED"
    outcome = trial.execution.reopen()()
    assert outcome.output == {"all": {"in": 1, "a": "first", "b": "second"}, "seen": "first"}
    assert trial.tasks.names() == ["A", "B", "B"]
    assert trial.execution.status == "SUCCEEDED"
    assert trial.details("ExecutionRedriven") == [{"redriveCount": 1}]
    assert trial.types().count("TaskStateEntered") == 2
    assert trial.execution.transitions == 4


def test_reopened_execution_is_running_before_anything_runs() -> None:
    trial = Trial(chain(), {"in": 1}, A=[1], B=[KILLED, 2])
    trial.run()
    go_on = trial.execution.reopen()
    assert (trial.execution.status, trial.execution.outcome) == ("RUNNING", None)
    assert trial.types()[-1] == "ExecutionRedriven"
    with pytest.raises(NotRedrivable):
        trial.execution.reopen()
    assert go_on().status == "SUCCEEDED"


def test_redrive_may_fail_again_and_again() -> None:
    trial = Trial(chain(), {"in": 1}, A=[1], B=[KILLED])
    statuses = [trial.run().status, trial.execution.reopen()().status, trial.execution.reopen()().status]
    assert statuses == ["FAILED"] * 3
    assert trial.execution.redrive_count == 2
    assert trial.types()[-1] == "ExecutionFailed"


def test_retries_count_afresh_after_a_redrive() -> None:
    trial = Trial(machine("T", T=task(Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}])), T=[KILLED])
    trial.run()
    trial.execution.reopen()()
    assert len(trial.tasks.calls) == 4


def test_redrive_runs_only_the_unfinished_branches() -> None:
    trial = Trial(fork(), X=["x"], Y=[sleeps(10, KILLED), "y"], Z=[sleeps(99), "z"])
    assert trial.run().error == "States.TaskFailed"
    assert trial.execution.reopen()().output == ["x", "y", "z"]
    assert sorted(trial.tasks.names()) == ["X", "Y", "Y", "Z", "Z"]
    assert trial.types().count("ParallelStateEntered") == 1


def test_redriven_branch_that_fails_again_fails_the_execution() -> None:
    trial = Trial(fork(), X=["x"], Y=[KILLED], Z=["z"])
    trial.run()
    assert trial.execution.reopen()().status == "FAILED"


def test_redrive_runs_only_the_unfinished_iterations() -> None:
    definition = machine(
        "M", M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": machine("I", I=task()), "End": True}
    )
    trial = Trial(definition, ["a", "b", "c"], I=[1, KILLED, 2, 3])
    assert trial.run().status == "FAILED"
    assert trial.execution.reopen()().output == [1, 2, 3]
    assert [parameters for _, parameters, _ in trial.tasks.calls] == ["a", "b", "b", "c"]


def test_redrive_inside_nested_branches() -> None:
    inner = {"Type": "Parallel", "Branches": [machine("D", D=task(Next="E"), E=task())], "End": True}
    definition = machine("P", P={"Type": "Parallel", "Branches": [machine("Q", Q=inner)], "End": True})
    trial = Trial(definition, D=["d"], E=[KILLED, "e"])
    trial.run()
    assert trial.execution.reopen()().output == [["e"]]
    assert trial.tasks.names() == ["D", "E", "E"]


def test_caught_failures_are_not_redriven() -> None:
    definition = machine(
        "T", T=task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "F"}]), F={"Type": "Fail", "Error": "Told"}
    )
    trial = Trial(definition, T=[KILLED])
    assert trial.run().error == "Told"
    assert trial.execution.reopen()().error == "Told"
    assert trial.tasks.names() == ["T"]


def test_succeeded_or_never_run_executions_are_not_redriven() -> None:
    trial = Trial(chain(), {"in": 1})
    with pytest.raises(NotRedrivable):
        trial.execution.reopen()()
    assert trial.run().status == "SUCCEEDED"
    with pytest.raises(NotRedrivable, match="SUCCEEDED"):
        trial.execution.reopen()()


class Operator:
    """A task during which somebody stops the execution, after five seconds; it goes on until it is told."""

    def __init__(self) -> None:
        self.trial: Trial | None = None

    def __call__(self, clock: Any, cancelled: Any) -> Any:
        clock.sleep(5)
        assert self.trial is not None
        self.trial.execution.stop("Operator", "enough")
        return clock.sleep(9_999, until=cancelled)


def test_stop_aborts_and_a_redrive_goes_on() -> None:
    operator = Operator()
    operator.trial = trial = Trial(chain(), {"in": 1}, A=[1], B=[operator, "again"])
    assert trial.run() == Aborted(error="Operator", cause="enough")
    assert trial.execution.status == "ABORTED"
    assert trial.types()[-2:] == ["TaskStateAborted", "ExecutionAborted"]
    assert trial.seconds() == 5
    assert trial.execution.reopen()().status == "SUCCEEDED"


def test_stop_reaches_every_branch_and_no_catcher_hides_it() -> None:
    operator = Operator()
    definition = fork(Retry=[{"ErrorEquals": ["States.ALL"]}])
    operator.trial = trial = Trial(definition, X=[sleeps(500)], Y=[operator], Z=[sleeps(500)])
    assert trial.run().status == "ABORTED"
    assert trial.types().count("TaskStateAborted") == 3
    assert trial.types()[-2:] == ["ParallelStateAborted", "ExecutionAborted"]


def test_stop_after_the_end_changes_nothing() -> None:
    trial = Trial(machine("S", S={"Type": "Succeed"}))
    trial.run()
    before = trial.execution.history
    trial.execution.stop("Late", "too late")
    assert (trial.execution.status, trial.execution.history) == ("SUCCEEDED", before)


def test_execution_runs_once() -> None:
    trial = Trial(machine("S", S={"Type": "Succeed"}))
    trial.run()
    with pytest.raises(RuntimeError, match="once"):
        trial.run()
