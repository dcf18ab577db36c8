"""What a job run wrote, in CloudWatch Logs where Glue 5 and later puts it.

In: the run's files, standard output and standard error, and what Glue says of its end. Out: events in
`/aws-glue/jobs/output` (both streams of the script) and `/aws-glue/jobs/error` (what the service says), in the stream
`<job run id>-driver`. Only the last `KEPT_BYTES` are kept; the first event says what was left off.
https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

GROUP = "/aws-glue/jobs"
KEPT_BYTES = 1_000_000
# PutLogEvents takes 10,000 events and 1,048,576 bytes, 26 for each event among them; an event may fill a batch.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
BATCH_EVENTS, BATCH_BYTES, EVENT_BYTES = 10_000, 1_048_576, 26


@dataclass(kw_only=True, eq=False)
class JobLogs:
    """`logs` gives a client of CloudWatch Logs; `folder` holds `<run id>.log` and `<run id>.err`."""

    logs: Callable[[], Any]
    folder: Path
    now: Callable[[], datetime]

    def keep(self, run_id: str, *, error: str | None) -> None:
        """Puts the log of a run that has ended; raises ClientError."""
        written = [line for end in ("log", "err") for line in tail(self.folder / f"{run_id}.{end}")]
        self._put(f"{GROUP}/output", run_id, written)
        self._put(f"{GROUP}/error", run_id, [error] if error else [])

    def _put(self, group: str, run_id: str, lines: list[str]) -> None:
        stream = f"{run_id}-driver"
        at = round(self.now().timestamp() * 1000)
        for number, batch in enumerate(batches(lines)):
            logs = self.logs()
            if number == 0:
                _made(logs.create_log_group, logGroupName=group)
                _made(logs.create_log_stream, logGroupName=group, logStreamName=stream)
            events = [{"timestamp": at, "message": line} for line in batch]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def tail(file: Path) -> Iterator[str]:
    """The lines of the file's last `KEPT_BYTES`, none of them empty; nothing where there is no file."""
    if not file.is_file():
        return
    left_off = max(0, file.stat().st_size - KEPT_BYTES)
    with file.open("rb") as opened:
        opened.seek(left_off, os.SEEK_SET)
        text = opened.read(KEPT_BYTES)
    if left_off:
        yield f"(the first {left_off:,} bytes are left off)"
    for line in text.decode(errors="replace").split("\n"):
        yield from _pieces(line.rstrip("\r"))


def _pieces(line: str) -> Iterator[str]:
    """What one event takes, cut between characters."""
    data = line.encode()
    while data:
        piece = data[: BATCH_BYTES - EVENT_BYTES].decode(errors="ignore")
        yield piece
        data = data[len(piece.encode()) :]


def batches(lines: list[str]) -> Iterator[list[str]]:
    """In order, each as large as one call takes."""
    batch: list[str] = []
    size = 0
    for line in lines:
        cost = len(line.encode()) + EVENT_BYTES
        if batch and (len(batch) == BATCH_EVENTS or size + cost > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += cost
    if batch:
        yield batch


def _made(create: Callable[..., Any], **names: str) -> None:
    try:
        create(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
