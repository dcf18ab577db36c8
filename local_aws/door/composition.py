"""Puts the local AWS together: engines, moto, record, faults and the server that stands before them.

In: a state directory, a port, account and region. Out: a `LocalAws` that can be started and stopped, and that leaves no
process behind. State of an earlier server is removed: what moto keeps in memory is gone, so the rest must go too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_aws.clock import Clock, VirtualClock
from local_aws.door.application import Application
from local_aws.door.control import Control
from local_aws.door.keys import Keys
from local_aws.door.record import Record
from local_aws.door.server import HOST, listening_server
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Engines
from local_aws.services.faults import Faults
from local_aws.services.glue.crawlers import Crawlers
from local_aws.services.glue.job_runs import JobRunner
from local_aws.services.glue.jobs import Jobs
from local_aws.services.glue.workflows import Workflows
from local_aws.services.identities import Identities
from local_aws.services.moto_backend import MotoBackend
from local_aws.services.notifications import Notifications
from local_aws.services.processes import Processes
from local_aws.services.s3_events import S3Events

ACCOUNT = "123456789012"  # moto's default account
REGION = "us-east-1"
_OWN_FOLDERS = ("jobs", "staged", "tmp", "functions", "warehouse")


def wall_now() -> datetime:
    """The machine's time; API timestamps are never virtual."""
    return datetime.now(UTC)


class LocalAws:
    """One server. `start` returns when it listens; `stop` when nothing of it is left."""

    def __init__(
        self, *, state: Path, port: int = 0, account: str = ACCOUNT, region: str = REGION, clock: Clock | None = None
    ) -> None:
        state = state.resolve()
        for name in _OWN_FOLDERS:
            shutil.rmtree(state / name, ignore_errors=True)
        (state / "tmp").mkdir(parents=True)
        # moto spools large objects to temporary files.
        tempfile.tempdir = str(state / "tmp")
        self.keys = Keys()
        self.faults = Faults()
        self.processes = Processes()
        self.clock = clock or VirtualClock()
        self.record = Record(path=state / "calls.jsonl")
        self.clients = Clients(keys=self.keys, region=region, account=account)
        self.bus = Bus(account=account, now=wall_now)
        self.stopped = threading.Event()
        runner = JobRunner(state=state, clients=self.clients, processes=self.processes, log=_log)
        shared: dict[str, Any] = {"clients": self.clients, "bus": self.bus, "faults": self.faults, "now": wall_now}
        self.jobs = Jobs(runner=runner, working=self.clock.working, **shared)
        self.crawlers = Crawlers(working=self.clock.working, **shared)
        self.faults.known_resources = lambda: [*self.jobs.names(), *self.crawlers.names()]
        workflows = Workflows(jobs=self.jobs, crawlers=self.crawlers, now=wall_now, working=self.clock.working)
        control = Control(
            record=self.record,
            faults=self.faults,
            skipped_seconds=lambda _: None,
            shut_down=self.stopped.set,
            health=self._health,
            stage_spark=self.jobs.stage_spark,
        )
        self.application = Application(
            engines=Engines(parts=[self.jobs, self.crawlers, workflows, workflows.triggers]),
            moto=MotoBackend(),
            keys=self.keys,
            record=self.record,
            control=control,
            interceptors={
                "s3": S3Events(
                    bus=self.bus, head_object=self._head_object, before_object_call=self.jobs.before_object_call
                ),
                "sns": Notifications(faults=self.faults),
                "sts": Identities(keys=self.keys),
            },
            account=account,
            log=_log,
        )
        self._server = listening_server(self.application, port=port)
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        self.clients.endpoint = self.endpoint
        self._thread = threading.Thread(target=self._server.serve_forever, name="door", daemon=True)

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends every process, then the server."""
        self.processes.end_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.record.close()

    def _health(self) -> dict[str, Any]:
        return {"status": "ok", "endpoint": self.endpoint}

    def _head_object(self, bucket: str, key: str) -> dict[str, Any]:
        return self.clients.machinery("s3").head_object(Bucket=bucket, Key=key)


def _log(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()
