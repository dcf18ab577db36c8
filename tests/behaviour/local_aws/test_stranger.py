"""The package as a stranger meets it: the README's lines, the fixture, from an empty folder that knows nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.checkout import ROOT

README = (ROOT / "local_aws" / "README.md").read_text(encoding="utf-8")
BOUND_SECONDS = 120


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def test_five_lines_of_the_readme_give_what_was_put(tmp_path: Path) -> None:
    [lines] = re.findall(r"```python\n(import boto3\n.*?)```", README, re.DOTALL)
    assert len(lines.splitlines()) == 5
    server = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "--port", "0"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        endpoint = json.loads(server.stdout.readline())["endpoint"]
        done = subprocess.run(
            [sys.executable, "-c", lines.replace("http://127.0.0.1:4566", endpoint)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=BOUND_SECONDS,
        )
    finally:
        server.terminate()
        server.communicate(timeout=BOUND_SECONDS)
    assert (done.returncode, done.stdout) == (0, "b'hello'\n"), done.stderr
    assert server.returncode == 0
    assert list(tmp_path.iterdir()) == [], "it leaves nothing where it was started"


TEST = """
def test_one_server_serves_the_session(local_aws):
    url = local_aws.client("sqs").create_queue(QueueName="first")["QueueUrl"]
    local_aws.client("sqs").send_message(QueueUrl=url, MessageBody="hello")


def test_another_test_finds_what_the_first_left(local_aws):
    sqs = local_aws.client("sqs")
    url = sqs.get_queue_url(QueueName="first")["QueueUrl"]
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ["hello"]
    assert local_aws.endpoint.startswith("http://127.0.0.1:")


def test_what_is_not_served_is_refused(local_aws):
    local_aws.client("dynamodb").list_tables()
"""


def test_the_fixture_works_in_a_folder_of_its_own(tmp_path: Path) -> None:
    [plugin] = re.findall(r"```python\n(pytest_plugins = .*?)```", README, re.DOTALL)
    (tmp_path / "conftest.py").write_text(plugin)
    (tmp_path / "test_mine.py").write_text(TEST)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=BOUND_SECONDS,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert "1 failed" in done.stdout, "a refusal is an error, never an empty list"
    assert "NotImplementedLocally" in done.stdout
