"""One step as states: the work, the reading of its outcome, and what is published if it failed.

State names are step names; what belongs to a step begins with its name. A failure is kept as
`$.failure = {"Error", "Cause"}` whose Cause begins with "<step>: ", so that whoever tells of it can name the step,
also from outside a parallel branch. Nothing but `$.failure` and a crawl's few fields is added to the state's input.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.errors import CrawlFailed, CrawlTimedOut, JobFailed, JobTimedOut
from pipeline.names import Names
from pipeline.steps import Kind, Step

States = dict[str, dict[str, Any]]

GRACE_SECONDS = 120
"""Glue stops a job at the job's own timeout; the machine waits a little longer, so that it can read the outcome."""
HOPELESS = {
    "ErrorEquals": ["Glue.AccessDeniedException", "Glue.EntityNotFoundException", "Glue.InvalidInputException"],
    "MaxAttempts": 0,
}
"""Comes first among retriers: what was denied once is denied again."""
# Whether throttling surfaces by its own name or as the service's general error is not documented: both.
THROTTLED = ["Glue.ThrottlingException", "Glue.GlueException", "Glue.OperationTimeoutException"]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where a step's states stand: names, lane, partition, publishing function, and the state that a failure goes to.

    `on_failure` None means inside a parallel branch, which fails itself and so ends the whole.
    """

    names: Names
    lane: str
    partition: str
    publisher: str
    on_failure: str | None


def task_states(step: Step, *, surroundings: Surroundings, following: str | None) -> States:
    """States of one step, the first being named after it; `following` None ends the branch."""
    build: dict[Kind, Callable[..., States]] = {Kind.CRAWL: _crawl, Kind.JOB: _job}
    return build[step.kind](step, surroundings, following)


def onward(following: str | None) -> dict[str, Any]:
    """The transition to `following`, or the end."""
    return {"Next": following} if following else {"End": True}


def retrier(step: Step, errors: list[str]) -> dict[str, Any]:
    """The step's own retries, with jitter, for these errors."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": step.retry.interval_seconds,
        "BackoffRate": step.retry.backoff,
        "MaxDelaySeconds": step.retry.max_interval_seconds,
        "MaxAttempts": step.retry.attempts,
        "JitterStrategy": "FULL",
    }


def _job(step: Step, around: Surroundings, following: str | None) -> States:
    return {
        step.name: {
            "Type": "Task",
            "Resource": f"arn:{around.partition}:states:::glue:startJobRun.sync",
            "Parameters": {
                "JobName": around.names.resource(step, around.lane),
                "Arguments": {"--lane": around.lane, "--run_id.$": "$$.Execution.Name"},
            },
            "TimeoutSeconds": step.timeout_seconds + GRACE_SECONDS,
            "ResultPath": None,
            "Retry": [
                HOPELESS,
                _busy(step, "Glue.ConcurrentRunsExceededException"),
                retrier(step, ["States.TaskFailed"]),
            ],
            "Catch": _catch(step),
            **onward(following),
        },
        **_failures(step, around, failed=JobFailed.__name__, timed_out=JobTimedOut.__name__),
    }


def _crawl(step: Step, around: Surroundings, following: str | None) -> States:
    name, crawler = step.name, around.names.resource(step, around.lane)
    wait, count, status, question = f"{name} wait", f"{name} count", f"{name} status", f"{name} finished?"
    task = f"arn:{around.partition}:states:::aws-sdk:glue:"
    states: States = {
        name: {
            "Type": "Task",
            "Resource": f"{task}startCrawler",
            "Parameters": {"Name": crawler},
            # A crawl counts only if it began in this execution; Glue's clock cuts off what is below a second.
            "ResultSelector": {
                "polls": 0,
                "since.$": "States.Format('{}Z', States.ArrayGetItem("
                "States.StringSplit($$.Execution.StartTime, '.Z'), 0))",
            },
            "ResultPath": f"$.{name}",
            "Retry": [HOPELESS, _busy(step, "Glue.CrawlerRunningException"), retrier(step, THROTTLED)],
            "Catch": _catch(step),
            "Next": wait,
        },
        wait: {"Type": "Wait", "Seconds": step.poll_seconds, "Next": count},
        count: {
            "Type": "Pass",
            "Parameters": {"polls.$": f"States.MathAdd($.{name}.polls, 1)", "since.$": f"$.{name}.since"},
            "ResultPath": f"$.{name}",
            "Next": status,
        },
        status: {
            "Type": "Task",
            "Resource": f"{task}getCrawler",
            "Parameters": {"Name": crawler},
            "ResultSelector": {"crawler.$": "$.Crawler"},
            "ResultPath": f"$.{name}.now",
            "Retry": [HOPELESS, retrier(step, THROTTLED)],
            "Catch": _catch(step),
            "Next": question,
        },
        question: _finished(step, succeeded=following or f"{name} succeeded", failed=f"{name} ended badly", wait=wait),
        f"{name} ended badly": _failure(
            around,
            CrawlFailed.__name__,
            cause=f"States.Format('{name}: crawl {{}}', $.{name}.now.crawler.LastCrawl.Status)",
        ),
        **_failures(step, around, failed=CrawlFailed.__name__, timed_out=CrawlTimedOut.__name__),
    }
    if not following:
        states[f"{name} succeeded"] = {"Type": "Succeed"}
    return states


def _finished(step: Step, *, succeeded: str, failed: str, wait: str) -> dict[str, Any]:
    """READY alone says nothing: the last crawl must be this execution's, and its status is read."""
    last, now = f"$.{step.name}.now.crawler.LastCrawl", f"$.{step.name}.now.crawler"
    ended = [
        {"Variable": f"{now}.State", "StringEquals": "READY"},
        {"Variable": f"{last}.StartTime", "IsPresent": True},
        {"Variable": f"{last}.StartTime", "TimestampGreaterThanEqualsPath": f"$.{step.name}.since"},
    ]
    return {
        "Type": "Choice",
        "Choices": [
            {"And": [*ended, {"Variable": f"{last}.Status", "StringEquals": "SUCCEEDED"}], "Next": succeeded},
            {"And": ended, "Next": failed},
            {
                "Variable": f"$.{step.name}.polls",
                "NumericGreaterThanEquals": math.ceil(step.timeout_seconds / step.poll_seconds),
                "Next": f"{step.name} timed out",
            },
        ],
        "Default": wait,
    }


def _busy(step: Step, error: str) -> dict[str, Any]:
    """Somebody else's run is no failure: wait for it, at a steady pace, within the step's bound."""
    return {
        "ErrorEquals": [error],
        "IntervalSeconds": step.poll_seconds,
        "BackoffRate": 1,
        "MaxAttempts": math.ceil(step.timeout_seconds / step.poll_seconds),
    }


def _catch(step: Step) -> list[dict[str, Any]]:
    return [
        {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.failure", "Next": f"{step.name} timed out"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": f"{step.name} failed"},
    ]


def _failures(step: Step, around: Surroundings, *, failed: str, timed_out: str) -> States:
    return {
        f"{step.name} failed": _failure(
            around, failed, cause=f"States.Format('{step.name}: {{}} {{}}', $.failure.Error, $.failure.Cause)"
        ),
        f"{step.name} timed out": _failure(
            around, timed_out, cause=f"States.Format('{step.name}: no end within {step.timeout_seconds} seconds')"
        ),
    }


def _failure(around: Surroundings, error: str, *, cause: str) -> dict[str, Any]:
    if around.on_failure is None:
        return {"Type": "Fail", "Error": error, "CausePath": cause}
    return {
        "Type": "Pass",
        "Parameters": {"Error": error, "Cause.$": cause},
        "ResultPath": "$.failure",
        "Next": around.on_failure,
    }
