"""Puts the local AWS together: engines, moto, record, faults and the server that stands before them.

In: a state directory, a port, account and region. Out: a `LocalAws` that can be started and stopped, and that leaves no
process behind. State of an earlier server is removed: what moto keeps in memory is gone, so the rest must go too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_aws.clocks.clock import Clocks, wall_now
from local_aws.gateway.application import Application
from local_aws.gateway.control import Control
from local_aws.gateway.record import Record
from local_aws.gateway.server import HOST, listening_server
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Engines
from local_aws.services.events.delivery import Delivery
from local_aws.services.events.rules import Rules
from local_aws.services.faults import Faults, Notifications
from local_aws.services.functions.functions import Functions
from local_aws.services.functions.invocation import Invoker
from local_aws.services.functions.queue_mappings import QueueMappings
from local_aws.services.glue.crawlers import Crawlers
from local_aws.services.glue.job_logs import JobLogs
from local_aws.services.glue.job_runs import JobRunner
from local_aws.services.glue.jobs import Jobs
from local_aws.services.glue.runtimes import Runtimes
from local_aws.services.glue.workflows import Workflows
from local_aws.services.identities import Identities
from local_aws.services.log_calls import LogCalls
from local_aws.services.moto_backend import MotoBackend
from local_aws.services.mwaa.environments import Environments
from local_aws.services.processes import Processes
from local_aws.services.redshift.data_api import RedshiftData
from local_aws.services.redshift.serverless import RedshiftServerless
from local_aws.services.s3_events import S3Events
from local_aws.services.states.state_machines import StateMachines
from local_aws.wire.keys import Keys
from local_aws.world.world import World

ACCOUNT = "123456789012"  # moto's default account
REGION = "us-east-1"
_TICK_SECONDS = 1.0
_OWN_FOLDERS = ("jobs", "staged", "tmp", "functions", "warehouse", "airflow")


class LocalAws:
    """One server. `start` returns when it listens; `stop` when nothing of it is left.

    With a `world` (a folder) its data outlives the server; without one everything ends with it.
    """

    def __init__(
        self,
        *,
        state: Path,
        port: int = 0,
        account: str = ACCOUNT,
        region: str = REGION,
        clocks: Clocks | None = None,
        airflow_venv: Path = Path(".venv-airflow"),
        world: Path | None = None,
        spark4_venv: Path = Path(".venv-spark4"),
    ) -> None:
        self._state = state.resolve()
        self._tempdir_before = tempfile.tempdir
        _clear(self._state)
        self._warehouse_folder = (world.resolve() if world else self._state) / "warehouse"
        self.world = World(folder=world.resolve(), account=account, region=region) if world else None
        self.keys = Keys()
        self.faults = Faults()
        self.processes = Processes()
        self.clocks = clocks or Clocks()
        self.record = Record(path=self._state / "calls.jsonl")
        self.clients = Clients(keys=self.keys, region=region, account=account)
        self.bus = Bus(account=account, now=wall_now)
        self.stopped = threading.Event()
        self._closed = threading.Event()
        self._region, self._account = region, account
        shared: dict[str, Any] = {"clients": self.clients, "bus": self.bus, "now": wall_now}
        glue: dict[str, Any] = {**shared, "faults": self.faults, "clocks": self.clocks}
        runner = JobRunner(
            state=self._state,
            clients=self.clients,
            processes=self.processes,
            runtimes=Runtimes(spark4_venv=spark4_venv),
            log=_log,
        )
        logs = JobLogs(logs=lambda: self.clients.machinery("logs"), folder=self._state / "jobs", now=wall_now)
        self.jobs = Jobs(runner=runner, logs=logs, **glue)
        self.crawlers = Crawlers(**glue)
        self.faults.known_resources = lambda: [*self.jobs.names(), *self.crawlers.names()]
        # Before anything else that listens to the bus: a workflow run has settled when others hear of an end.
        self.workflows = Workflows(jobs=self.jobs, crawlers=self.crawlers, now=wall_now, clocks=self.clocks)
        self.state_machines = StateMachines(clocks=self.clocks, on_job_end=self.jobs.when_ended, **shared)
        self.redshift_data: RedshiftData
        self.queue_mappings: QueueMappings
        self.mwaa = Environments(
            state=self._state, venv=airflow_venv, clients=self.clients, processes=self.processes, now=wall_now
        )
        self.engines = Engines(parts=[*self._glue_parts(), *self._other_parts(shared)])
        self.application = Application(
            engines=self.engines,
            moto=MotoBackend(),
            world=self.world,
            keys=self.keys,
            record=self.record,
            control=self._control(),
            interceptors={
                "s3": S3Events(
                    bus=self.bus, head_object=self._head_object, before_object_call=self.jobs.before_object_call
                ),
                "logs": LogCalls(),
                "sns": Notifications(faults=self.faults),
                "sts": Identities(keys=self.keys),
            },
            account=account,
            log=_log,
        )
        self._server = listening_server(self.application, port=port)
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        self.clients.endpoint = self.endpoint
        self._thread = threading.Thread(target=self._server.serve_forever, name="gateway", daemon=True)

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._thread.start()
        threading.Thread(target=self._keep_schedules, name="schedules", daemon=True).start()

    def stop(self) -> None:
        """Ends every process, then the server."""
        self.queue_mappings.close()
        self._closed.set()
        self.mwaa.close()
        self.processes.end_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.redshift_data.close()
        self.record.close()
        tempfile.tempdir = self._tempdir_before

    def _glue_parts(self) -> list[Any]:
        return [self.jobs, self.crawlers, self.workflows, self.workflows.triggers]

    def _other_parts(self, shared: dict[str, Any]) -> list[Any]:
        invoker = Invoker(state=self._state, clients=self.clients, processes=self.processes)
        functions = Functions(
            state=self._state, clients=self.clients, invoker=invoker, clocks=self.clocks, now=wall_now
        )
        self.queue_mappings = QueueMappings(functions=functions, clients=self.clients, clocks=self.clocks, now=wall_now)
        delivery = Delivery(
            clients=self.clients,
            invoke_function=functions.invoke_later,
            notify_workflow=self.workflows.notify_event,
        )
        self.rules = Rules(bus=self.bus, delivery=delivery, clocks=self.clocks, now=wall_now)
        serverless = RedshiftServerless(clients=self.clients, now=wall_now)
        self.redshift_data = RedshiftData(
            folder=self._warehouse_folder,
            serverless=serverless,
            copy_fault=self.jobs.warehouse_fault,
            clocks=self.clocks,
            **shared,
        )
        return [
            self.state_machines,
            functions,
            self.queue_mappings,
            self.rules,
            serverless,
            self.redshift_data,
            self.mwaa,
        ]

    def _control(self) -> Control:
        return Control(
            record=self.record,
            faults=self.faults,
            skipped_seconds=self.state_machines.skipped_seconds,
            shut_down=self.stopped.set,
            health=self._health,
            stage_spark=self.jobs.stage_spark,
            restore=self.world.restore if self.world else dict,
            airflow_login=self.mwaa.login,
        )

    def _keep_schedules(self) -> None:
        while not self._closed.wait(_TICK_SECONDS):
            self.rules.tick(self._region, self._account)

    def _health(self) -> dict[str, Any]:
        waiting = sorted(name for _, name in self.world.waiting) if self.world else []
        return {"status": "ok", "endpoint": self.endpoint, "waiting": waiting}

    def _head_object(self, bucket: str, key: str) -> dict[str, Any]:
        return self.clients.machinery("s3").head_object(Bucket=bucket, Key=key)


@contextmanager
def started(**options: Any) -> Iterator[LocalAws]:
    """A local AWS that serves until the exit; `options` as its constructor takes them."""
    local = LocalAws(**options)
    local.start()
    try:
        yield local
    finally:
        local.stop()


def _clear(state: Path) -> None:
    for name in _OWN_FOLDERS:
        shutil.rmtree(state / name, ignore_errors=True)
        (state / name).mkdir(parents=True)
    # moto spools large objects to temporary files.
    tempfile.tempdir = str(state / "tmp")


def _log(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")
    sys.stderr.flush()
