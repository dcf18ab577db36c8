"""`eval "$(lab env)"`: a shell's AWS clients reach the local AWS, whatever the user has set, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.env import shell_lines, variables_of
from local_aws.composition import LocalAws

# Each is a service with a host prefix or an endpoint rule of its own.
CALLS = [("mwaa", "list_environments"), ("sqs", "list_queues"), ("stepfunctions", "list_state_machines")]
CLIENT = """
import boto3, json, sys
service, method = sys.argv[1:]
answer = getattr(boto3.client(service), method)()
print(json.dumps(answer["ResponseMetadata"]["HTTPStatusCode"]))
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    local = LocalAws(state=tmp_path_factory.mktemp("gateway"), airflow_venv=Path("no-airflow-here"))
    local.start()
    yield local.endpoint
    local.stop()


def in_shell(endpoint: str, command: str, **environment: str) -> str:
    lines = "\n".join(shell_lines(variables_of(endpoint=endpoint, region="us-east-1")))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ended = subprocess.run(
        ["sh", "-c", f"{lines}\n{command}"],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize(("service", "method"), CALLS)
def test_an_sdk_with_the_users_profile_and_proxy_set_reaches_the_local_aws(
    endpoint: str, service: str, method: str
) -> None:
    said = in_shell(
        endpoint,
        f"{sys.executable} -c '{CLIENT}' {service} {method}",
        AWS_PROFILE="mine",
        AWS_SESSION_TOKEN="mine",
        HTTP_PROXY="http://127.0.0.1:9",
        HTTPS_PROXY="http://127.0.0.1:9",
    )
    assert json.loads(said) == 200


def test_the_command_line_is_told_the_endpoint_by_an_option(endpoint: str, tmp_path: Path) -> None:
    program = tmp_path / "aws"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    said = in_shell(endpoint, "aws sqs list-queues", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert said == f"--endpoint-url {endpoint} sqs list-queues\n"
