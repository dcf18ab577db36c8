"""The record of every call: who called what, on which resource, how it ended and how long it took.

In: one entry per call. Out: a JSON line in `calls.jsonl` and a list in memory. Never parameters' values beyond
resource names.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_RESOURCE_PARAMETERS = (
    "Bucket", "Key", "Prefix", "Name", "name", "JobName", "CrawlerName", "WorkflowName", "DatabaseName",
    "TableName", "RunId", "FunctionName", "stateMachineArn", "executionArn", "TopicArn", "QueueUrl", "QueueName",
    "WorkgroupName", "workgroupName", "Id", "RoleName", "SecretId", "Rule",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RecordedCall:
    """`time` in epoch seconds (wall), `latency_ms` in milliseconds, `error` an AWS error code or None."""

    time: float
    role: str
    service: str
    operation: str
    resources: list[str]
    status: int
    error: str | None
    latency_ms: float


def resources_of(parameters: dict[str, Any]) -> list[str]:
    """Names of the resources that a call's parameters speak of."""
    return [parameters[name] for name in _RESOURCE_PARAMETERS if isinstance(parameters.get(name), str)]


class Record:
    """Keeps the last `kept` calls in memory; the file holds all of them."""

    def __init__(self, *, path: Path, kept: int = 200_000) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._calls: deque[RecordedCall] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def add(self, call: RecordedCall) -> None:
        """Appends one call."""
        with self._lock:
            self._calls.append(call)
            self._file.write(json.dumps(asdict(call)) + "\n")
            self._file.flush()

    def since(self, epoch_seconds: float) -> list[RecordedCall]:
        """Calls that began at or after the moment, oldest first."""
        with self._lock:
            return [call for call in self._calls if call.time >= epoch_seconds]

    def close(self) -> None:
        """Closes the file; nothing is recorded after it."""
        with self._lock:
            self._file.close()
