"""What begins while the server shuts down ends quietly; what was broken before does not."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local_aws.clocks.clock import Clocks
from local_aws.services.clients import Clients
from local_aws.services.functions.asynchronous import AsynchronousInvocations
from local_aws.services.functions.invocation import Result
from local_aws.services.processes import Processes, ShuttingDown
from local_aws.wire.keys import Keys

FUNCTION = {"FunctionName": "late", "FunctionArn": "arn", "Role": "role"}


def started(processes: Processes, folder: Path) -> Result:
    processes.start(
        [sys.executable, "-c", ""], cwd=folder, environment={}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return Result(payload=None, is_error=False)


def invoked(invoke: object, monkeypatch: pytest.MonkeyPatch) -> list[BaseException | None]:
    """What the thread of an asynchronous invocation raised."""
    raised: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: raised.append(failed.exc_value))
    clients = Clients(keys=Keys(), region="us-east-1", account="123456789012")
    invocations = AsynchronousInvocations(clocks=Clocks(), clients=clients, now=lambda: datetime.now(UTC))
    invocations.submit(FUNCTION, {}, {}, invoke, request_id="1")  # type: ignore[arg-type]
    for thread in [one for one in threading.enumerate() if one.name == "async late"]:
        thread.join(10)
        assert not thread.is_alive()
    return raised


def test_an_invocation_that_begins_after_the_end_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = Processes()
    processes.end_all()
    with pytest.raises(ShuttingDown):
        started(processes, tmp_path)
    assert invoked(lambda: started(processes, tmp_path), monkeypatch) == []


def test_an_invocation_that_breaks_is_still_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> Result:
        raise OSError("no room")

    [raised] = invoked(breaks, monkeypatch)
    assert isinstance(raised, OSError)
