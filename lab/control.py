"""The local AWS's control paths over plain HTTP: health, recorded calls, faults, skipped waits.

Everything else is spoken as AWS. Raises LocalAwsUnreachable where nobody answers.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from lab.failures import LocalAwsUnreachable
from lab.measure.api_calls import grouped
from pipeline.errors import ConfigInvalid

TIMEOUT_SECONDS = 10.0


class Control:
    """One local AWS at `endpoint`, which is always a loopback address."""

    def __init__(self, *, endpoint: str) -> None:
        self._endpoint = endpoint

    def healthy(self) -> bool:
        try:
            self._call("GET", "health")
        except LocalAwsUnreachable:
            return False
        return True

    def waiting(self) -> list[str]:
        """Buckets, databases and queues whose data of an earlier start is not back yet."""
        return self._call("GET", "health")["waiting"]

    def inject(self, rules: list[str]) -> None:
        """Replaces all fault rules, counting attempts from one; raises ConfigInvalid for a bad rule."""
        self._call("PUT", "faults", {"rules": rules})

    def heal(self) -> None:
        self._call("DELETE", "faults")

    def airflow_login(self) -> dict[str, str]:
        """`url`, `user` and `password` of the local Airflow; empty where none runs."""
        return self._call("GET", "airflow")

    def restore(self) -> dict[str, int]:
        """Puts the data of the world back into what is deployed; how many of each. Later calls do nothing."""
        return self._call("POST", "restore")

    def calls(self, *, since: float) -> list[dict[str, Any]]:
        return self._call("GET", f"calls?since={since}")

    def skipped_seconds(self, execution_arn: str) -> float:
        return float(self._call("GET", f"skipped?execution={quote(execution_arn, safe='')}")["skipped_seconds"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 the scheme is ours
            f"{self._endpoint}/_lab/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            answer = error.read().decode(errors="replace")
            if error.code == 400:
                raise ConfigInvalid(f"the local AWS refuses {path}: {_message(answer)}") from error
            answered = f"{self._endpoint} answered {error.code} to {path}: {_message(answer)}"
            raise LocalAwsUnreachable(answered) from error
        except (urllib.error.URLError, OSError) as error:
            raise LocalAwsUnreachable(
                f"nobody answers at {self._endpoint} ({error}); `lab down`, then `lab up` starts anew"
            ) from error
        return json.loads(text) if text else None


def _message(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text[:300]
    return str(found.get("message", found)) if isinstance(found, dict) else str(found)


class LocalMeter:
    """What the local AWS recorded of a run."""

    def __init__(self, *, control: Control, execution_arn: Callable[[str], str]) -> None:
        self._control = control
        self._execution_arn = execution_arn

    def api_calls(self, *, lane: str, since: datetime, until: datetime) -> dict[str, int] | None:
        return grouped(self._control.calls(since=since.timestamp()), lane=lane, until=until.timestamp())

    def skipped_seconds(self, run_id: str) -> float:
        return self._control.skipped_seconds(self._execution_arn(run_id))


class AwsMeter:
    """AWS tells neither in time: CloudTrail arrives minutes later, and waits are really waited."""

    def api_calls(self, *, lane: str, since: datetime, until: datetime) -> None:
        del lane, since, until

    def skipped_seconds(self, run_id: str) -> float:
        del run_id
        return 0.0
