"""The control paths `/_lab/...`: plain JSON over HTTP for whoever runs the local AWS; no AWS service has them.

In: GET airflow, calls, health, skipped; PUT and DELETE faults; POST restore, shutdown. Out: JSON. Only `restore`
changes AWS state: it puts back the data of the world, once, after what holds it was deployed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from local_aws.gateway.record import Record
from local_aws.services.faults import Faults, RuleRefused

PREFIX = "/_lab/"


@dataclass(kw_only=True, eq=False)
class Control:
    """Routes control requests; `shut_down` must return at once and end the server later."""

    record: Record
    faults: Faults
    skipped_seconds: Callable[[str], float | None]
    shut_down: Callable[[], None]
    health: Callable[[], dict[str, Any]]
    stage_spark: Callable[[str], int]
    restore: Callable[[], dict[str, int]]
    airflow_login: Callable[[], dict[str, str]]

    def respond(self, request: Request) -> Response:
        """404 names the paths that there are."""
        match (request.method, request.path.removeprefix(PREFIX)):
            case ("GET", "health"):
                return _json(self.health())
            case ("GET", "calls"):
                return self._calls(request)
            case ("GET", "airflow"):
                return _json(self.airflow_login())
            case ("PUT", "faults"):
                return self._set_faults(request)
            case ("DELETE", "faults"):
                self.faults.set([])
                return _json({"rules": []})
            case ("GET", "skipped"):
                return self._skipped(request)
            case ("POST", "stage"):
                return self._stage(request)
            case ("POST", "restore"):
                return _json(self.restore())
            case ("POST", "shutdown"):
                self.shut_down()
                return _json({"status": "shutting down"})
        return _json(
            {"message": "there are GET airflow, calls, health, skipped; PUT, DELETE faults; POST restore, shutdown"},
            404,
        )

    def _calls(self, request: Request) -> Response:
        try:
            since = float(request.args.get("since", "0"))
        except ValueError:
            return _json({"message": "since must be epoch seconds"}, 400)
        return _json([asdict(call) for call in self.record.since(since)])

    def _set_faults(self, request: Request) -> Response:
        try:
            body = json.loads(request.get_data() or b"{}")
            rules = body["rules"]
            if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            return _json({"message": 'the body must be {"rules": ["STEP:KIND[:N]", ...]}'}, 400)
        try:
            return _json({"rules": [asdict(rule) for rule in self.faults.set(rules)]})
        except RuleRefused as refused:
            return _json({"message": str(refused)}, 400)

    def _stage(self, request: Request) -> Response:
        # For a job's spark-env.sh alone: see spark_paths.
        run = request.args.get("run", "")
        try:
            return _json({"objects": self.stage_spark(run)})
        except KeyError:
            return _json({"message": f"no job run {run!r} with a bucket"}, 404)

    def _skipped(self, request: Request) -> Response:
        execution = request.args.get("execution", "")
        seconds = self.skipped_seconds(execution)
        if seconds is None:
            return _json({"message": f"no execution {execution!r}"}, 404)
        return _json({"skipped_seconds": seconds})


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")
