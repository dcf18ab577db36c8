"""One gateway for this folder's tests, clients of it, and the ways to wait for what it does in the background."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_aws.composition import started
from local_aws.pytest_fixture import Running

ROLE = "arn:aws:iam::123456789012:role/worker"
BOUND_SECONDS = 60.0
_NUMBERS = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Gateway(Running):
    """The local AWS under test and what tests ask of it."""

    def bucket(self) -> str:
        name = self.name("bucket")
        self.client("s3").create_bucket(Bucket=name)
        return name

    def name(self, stem: str) -> str:
        return f"t{next(_NUMBERS)}-{stem}"

    def job(self, step: str, script: str, **more: Any) -> str:
        """A job of the step that runs `script`; its bucket is the job's argument `--bucket`."""
        bucket, name = self.bucket(), self.name(step)
        self.client("s3").put_object(Bucket=bucket, Key="script.py", Body=script.encode())
        self.client("glue").create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/script.py"},
            GlueVersion=more.pop("GlueVersion", "5.1"),
            DefaultArguments={"--bucket": bucket, **more.pop("DefaultArguments", {})},
            **more,
        )
        return name

    def job_run(self, name: str, run_id: str) -> dict[str, Any]:
        """The run once it has ended."""
        glue = self.client("glue")
        return until(
            lambda: glue.get_job_run(JobName=name, RunId=run_id)["JobRun"],
            lambda run: run["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING"),
        )

    def run_job(self, name: str, **arguments: str) -> dict[str, Any]:
        given = {f"--{key}": value for key, value in arguments.items()}
        return self.job_run(name, self.client("glue").start_job_run(JobName=name, Arguments=given)["JobRunId"])

    def log(self, run: dict[str, Any]) -> str:
        return (self.local._state / "jobs" / f"{run['Id']}.log").read_text()

    def queue(self) -> tuple[str, str]:
        """(URL, ARN) of a new queue."""
        name = self.name("queue")
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:123456789012:{name}"

    def messages(self, url: str, count: int) -> list[dict[str, Any]]:
        """At least `count` messages, waited for."""
        sqs, found = self.client("sqs"), []

        def receive() -> list[dict[str, Any]]:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            found.extend(answer.get("Messages", []))
            return found

        return until(receive, lambda messages: len(messages) >= count)


def until(look: Callable[[], Any], is_it: Callable[[Any], bool], bound: float = BOUND_SECONDS) -> Any:
    """What `look` sees once `is_it` holds; fails after the bound with the last sight."""
    waiting, seen = threading.Event(), None
    for _ in range(int(bound / 0.05)):
        seen = look()
        if is_it(seen):
            return seen
        waiting.wait(0.05)
    raise AssertionError(f"not within {bound} s; last seen: {seen}")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with started(state=tmp_path_factory.mktemp("gateway"), airflow_venv=Path("no-airflow-here")) as local:
        yield Gateway(local=local)


@pytest.fixture(autouse=True)
def no_faults(gateway: Gateway) -> Iterator[None]:
    yield
    gateway.local.faults.set([])
