"""One stay in one state: the input and output processing that all state types share.

In: a branch, a state's definition, the state's input. Out: evaluated fields, the exit event, the next state's name.
What makes a state of its type is in states/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from local_aws.asl.runtime.branch import Branch, Checkpoint, Done
from local_aws.asl.runtime.errors import (
    DATA_LIMIT_EXCEEDED,
    INTRINSIC_FAILURE,
    RESULT_PATH_MATCH_FAILURE,
    PathNotFound,
    StateRuntimeError,
    StatesError,
    TerminalError,
)
from local_aws.asl.runtime.history import LEFT_OUT
from local_aws.asl.runtime.json_text import is_too_large
from local_aws.asl.runtime.jsonpath import parse_path, put
from local_aws.asl.runtime.retries import Retriers, catcher_for, error_output
from local_aws.asl.runtime.scope import Scope
from local_aws.asl.runtime.template import evaluate, evaluate_expression
from local_aws.asl.runtime.timestamps import format_timestamp


@dataclass(frozen=True)
class StateResult:
    """What a state hands on; `next` is None after the last one."""

    output: Any
    next: str | None


@dataclass(kw_only=True)
class Visit:
    """A state being executed; `entered` is the id of its entry event."""

    branch: Branch
    name: str
    state: Mapping[str, Any]
    input: Any
    entered: int
    entered_time: datetime
    children: dict[int, Done | Checkpoint]
    resumed: bool = False
    retry_count: int = 0
    _place: str = field(init=False)

    def __post_init__(self) -> None:
        self._place = (
            f"An error occurred while executing the state '{self.name}' (entered at the event id #{self.entered}). "
        )

    def placed(self, message: str) -> str:
        """The message with AWS's preamble that says where it happened."""
        return self._place + message

    def context(self) -> dict[str, Any]:
        """The context object (`$$`)."""
        state: dict[str, Any] = {"Name": self.name, "EnteredTime": format_timestamp(self.entered_time)}
        if self.state["Type"] == "Task":
            state["RetryCount"] = self.retry_count
        return {**self.branch.run.context, "State": state, **self.branch.map_context}

    def scope(self, value: Any) -> Scope:
        """What an expression sees when `$` is the value."""
        return Scope(input=value, context=self.context(), variables=self.branch.variables)

    def effective_input(self) -> Any:
        """The input after InputPath."""
        return self.scope(self.input).select(self.state.get("InputPath", "$"))

    def evaluate(self, template: Any, value: Any, *, extra_context: Mapping[str, Any] | None = None) -> Any:
        """A payload template with `$` as the value; a failing function is States.IntrinsicFailure."""
        scope = self.scope(value)
        if extra_context is not None:
            scope = replace(scope, context={**scope.context, **extra_context})
        return self._located(lambda: evaluate(template, scope, self.branch.run.functions))

    def expression(self, field_name: str, value: Any) -> Any:
        """The path or function in one field."""
        functions, text = self.branch.run.functions, self.state[field_name]
        return self._located(lambda: evaluate_expression(text, self.scope(value), functions, field=field_name))

    def _located(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except StatesError as failure:
            if failure.error != INTRINSIC_FAILURE:
                raise
            raise StatesError(failure.error, self.placed(failure.cause or "")) from failure

    def complete(self, result: Any) -> StateResult:
        """Leave a Task, Parallel or Map state with a result: ResultSelector, Assign, ResultPath, OutputPath."""
        if "ResultSelector" in self.state:
            result = self.evaluate(self.state["ResultSelector"], result)
        assigned = self.evaluate(self.state.get("Assign", {}), result)
        return self.leave(self.output(self.placed_result(result)), assigned=assigned)

    def placed_result(self, result: Any, *, catcher: Mapping[str, Any] | None = None) -> Any:
        """The state's raw input with the result at ResultPath."""
        path = (self.state if catcher is None else catcher).get("ResultPath", "$")
        if path is None:
            return self.input
        try:
            return put(parse_path(path), self.input, result)
        except PathNotFound as mismatch:
            raise StatesError(RESULT_PATH_MATCH_FAILURE, self.placed(str(mismatch))) from mismatch

    def output(self, value: Any) -> Any:
        """The value after OutputPath."""
        return self.scope(value).select(self.state.get("OutputPath", "$"))

    def leave(self, output: Any, *, assigned: dict[str, Any], next_state: str | None = None) -> StateResult:
        """Write the exit event, then let the assignments take effect."""
        if is_too_large(output):
            raise TerminalError(
                DATA_LIMIT_EXCEEDED,
                f"The state/task '{self.name}' returned a result with a size exceeding the maximum number of "
                f"bytes service limit.",
            )
        self.branch.add(
            f"{self.state['Type']}StateExited",
            name=self.name,
            output=output,
            assignedVariables=assigned or LEFT_OUT,
        )
        self.branch.variables.update(assigned)
        return StateResult(output=output, next=next_state or self.state.get("Next"))

    def attempt(self, action: Callable[[], Any], *, failed_event: str | None = None) -> StateResult:
        """Do the state's work under its Retry and Catch fields.

        `failed_event` is written once when no retry is left (Parallel and Map states have one).
        """
        retriers = Retriers(retriers=self.state.get("Retry", ()), rng=self.branch.run.rng)
        while True:
            try:
                return self.complete(action())
            except StatesError as failure:
                delay = retriers.delay_seconds(failure)
                if delay is None:
                    if failed_event is not None:
                        self.branch.add(failed_event)
                    return self._caught(failure)
            self.branch.sleep(delay)
            self.retry_count += 1
            self.branch.run.count_transition()

    def take_children(self) -> dict[int, Done | Checkpoint]:
        """What a redriven Parallel or Map state has left of its first run; a retry starts from nothing."""
        if self.retry_count:
            self.children.clear()
        return dict(self.children)

    def keep_child(self, number: int, child: Branch) -> None:
        """Remember where an unfinished branch or iteration was, for a redrive."""
        if child.checkpoint is not None:
            self.children[number] = child.checkpoint

    def _caught(self, failure: StatesError) -> StateResult:
        catcher = catcher_for(self.state.get("Catch", ()), failure)
        if catcher is None:
            raise failure
        result = error_output(failure)
        assigned = self.evaluate(catcher.get("Assign", {}), result)
        output = self.placed_result(result, catcher=catcher)
        return self.leave(output, assigned=assigned, next_state=catcher["Next"])


def require(condition: bool, message: str) -> None:
    """Raise `StateRuntimeError` with the message unless the condition holds."""
    if not condition:
        raise StateRuntimeError(message)
