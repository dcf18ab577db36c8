"""What a Task state can call: optimised integrations and any SDK operation of a service that the gateway serves.

In: a Resource and its parameters, evaluated. Out: the result as a state sees it, or a `TaskError`. Every call is a
boto3 call of the gateway with the state machine's role. `.sync` waits for the job's end and stops the job when the task
is cancelled; other integrations than those below are refused by name when the state machine is created.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from local_aws.asl import TaskError
from local_aws.clocks.clock import Signal, VirtualClock
from local_aws.services.clients import Clients
from local_aws.services.states.naming import request_value, response_value, task_error

_SDK = re.compile(r"arn:aws[\w-]*:states:::aws-sdk:(?P<service>[a-z0-9]+):(?P<operation>\w+)")
_OPTIMISED = re.compile(r"arn:aws[\w-]*:states:::(?P<name>[a-z]+:\w+(\.sync)?)")
_LAMBDA = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d+:function:[\w-]+(:[\w$-]+)?")
# SDK integrations name services as the Java SDK does.
_SDK_SERVICES = {
    "glue": "glue",
    "s3": "s3",
    "sns": "sns",
    "sqs": "sqs",
    "lambda": "lambda",
    "sfn": "stepfunctions",
    "redshiftdata": "redshift-data",
    "redshiftserverless": "redshift-serverless",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "eventbridge": "events",
}
_OPTIMISED_NAMES = (
    "glue:startJobRun",
    "glue:startJobRun.sync",
    "lambda:invoke",
    "sns:publish",
    "sqs:sendMessage",
)
_JOB_FAILURES = ("FAILED", "ERROR", "STOPPED", "TIMEOUT", "EXPIRED")


def is_integration(resource: str) -> bool:
    """Whether a Task with this Resource can run here."""
    if found := _SDK.fullmatch(resource):
        return found["service"] in _SDK_SERVICES
    if found := _OPTIMISED.fullmatch(resource):
        return found["name"] in _OPTIMISED_NAMES
    return bool(_LAMBDA.fullmatch(resource))


@dataclass(kw_only=True, eq=False)
class Integrations:
    """The task seam of one execution."""

    clients: Clients
    role: str
    clock: VirtualClock
    on_job_end: Callable[[str, Callable[[], None]], None]

    def __post_init__(self) -> None:
        self._key = self.clients.keys.mint(self.role)

    def __call__(
        self,
        resource: str,
        parameters: Any,
        *,
        state_name: str,  # noqa: ARG002 - part of the seam
        timeout_seconds: float | None,  # noqa: ARG002
        heartbeat: float | None,  # noqa: ARG002
        cancelled: Signal,
        submitted: Callable[[Any], None],
    ) -> Any:
        if found := _SDK.fullmatch(resource):
            return self._sdk(found["service"], found["operation"], parameters)
        if _LAMBDA.fullmatch(resource):
            return self._lambda({"FunctionName": resource, "Payload": parameters})["Payload"]
        name = resource.split(":::", 1)[1]
        if name == "lambda:invoke":
            return self._lambda(parameters)
        if name == "glue:startJobRun.sync":
            return self._job(parameters, cancelled, submitted)
        service, _, operation = name.partition(":")
        if name in ("sns:publish", "sqs:sendMessage"):
            text = "Message" if service == "sns" else "MessageBody"
            if not isinstance(parameters.get(text, ""), str):
                parameters = {**parameters, text: json.dumps(parameters[text])}
        return self._sdk(service, operation, parameters, epoch_dates=True)

    def _sdk(self, service: str, operation: str, parameters: Any, *, epoch_dates: bool = False) -> Any:
        client = self.clients.with_key(_SDK_SERVICES[service], self._key)
        model = client.meta.service_model
        name = next((one for one in model.operation_names if one.lower() == operation.lower()), None)
        if name is None:
            raise TaskError("States.Runtime", f"{service} has no operation {operation}")
        shape = model.operation_model(name)
        given = request_value(parameters, shape.input_shape) if shape.input_shape and parameters else {}
        try:
            answer = client._make_api_call(name, given)
        except ClientError as error:
            raise task_error(service, error, {one.name for one in model.error_shapes} | _codes(model)) from error
        except ParamValidationError as error:
            raise TaskError("States.Runtime", str(error)) from error
        except BotoCoreError as error:
            raise TaskError(f"{service.capitalize()}.SdkClientException", str(error)) from error
        answer.pop("ResponseMetadata", None)
        return response_value(answer, shape.output_shape, epoch_dates=epoch_dates)

    def _lambda(self, parameters: dict[str, Any]) -> dict[str, Any]:
        payload = parameters.get("Payload", {})
        given = {**parameters, "Payload": json.dumps(payload).encode()}
        client = self.clients.with_key("lambda", self._key)
        try:
            answer = client.invoke(**given)
        except ClientError as error:
            raise task_error("lambda", error, _codes(client.meta.service_model)) from error
        text = answer["Payload"].read().decode() or "null"
        result = json.loads(text)
        if answer.get("FunctionError"):
            raise TaskError(result.get("errorType", "Lambda.Unknown"), text)
        return {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": answer["StatusCode"]}

    def _job(self, parameters: dict[str, Any], cancelled: Signal, submitted: Callable[[Any], None]) -> dict[str, Any]:
        started = self._sdk("glue", "startJobRun", parameters, epoch_dates=True)
        submitted(started)
        glue = self.clients.with_key("glue", self._key)
        ended = self.clock.event()
        self.on_job_end(started["JobRunId"], ended.set)
        self.clock.sleep(None, until=(ended, cancelled))
        name = parameters["JobName"]
        if cancelled.is_set() and not ended.is_set():
            glue.batch_stop_job_run(JobName=name, JobRunIds=[started["JobRunId"]])
            raise TaskError("States.TaskFailed", "the task was cancelled")
        run = self._sdk("glue", "getJobRun", {"JobName": name, "RunId": started["JobRunId"]}, epoch_dates=True)[
            "JobRun"
        ]
        if run["JobRunState"] in _JOB_FAILURES:
            raise TaskError("States.TaskFailed", json.dumps(run))
        return run


def _codes(model: Any) -> set[str]:
    return {shape.error_code or shape.name for shape in model.error_shapes}
