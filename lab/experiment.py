"""One run of one orchestrator, watched to its end and measured.

Flows in: a client, what landed, and seams to measure with. Flows out: a RunRecord. Whatever happens,
there is a record with time and cost (I8), and no success that was not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from lab.clock import Clock
from lab.gauge import Gauge
from lab.landing import Landed
from lab.liveness import UNHEALTHY_SECONDS
from lab.measure.checkpoints import check_checkpoints
from lab.measure.cost import Cost, cost_of
from lab.measure.digest import output_digest
from lab.measure.job_runs import JobRuns, logged_runs
from lab.measure.ledger import counting, counts, read_ledger
from lab.measure.mailbox import Mailbox, Notification
from lab.measure.repeats import repeats_of
from lab.measure.run_evidence import read_rejected
from lab.measure.work import critical_path_seconds, work_of
from lab.orchestrators.run_state import Orchestrator, RunState, Status, StepRun
from lab.records import RunRecord, not_run
from lab.verdict import Evidence, objection
from lab.watch import Watch, Watched
from lake.ledger.rejections import Rejected
from pipeline.steps import Pipeline
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient
    from types_boto3_s3 import S3Client

# Work that began before the lab looked at its watch is not this run's; Glue cuts off below a second.
CLOCK_SLACK = timedelta(seconds=1)


class Meter(Protocol):
    """What only one place can tell: the local AWS knows calls and skipped waits, AWS does not."""

    def api_calls(self, *, lane: str, since: datetime, until: datetime) -> dict[str, int] | None: ...

    def skipped_seconds(self, run_id: str) -> float: ...


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where runs happen. `resources` maps lane and step to the job or crawler behind it."""

    on: str
    bucket: str
    datasets: tuple[str, ...]
    resources: Callable[[str], dict[str, str]]
    schema: Callable[[str], str]
    rpu: int
    mwaa_class: str
    s3: S3Client
    glue: GlueClient
    warehouse: Any
    mailbox: Mailbox
    meter: Meter
    contracts: Mapping[str, Contract] = field(default_factory=dict)


class RunInterrupted(KeyboardInterrupt):
    """The user wants no more; `record` is what is known of the run that was stopped for it."""

    def __init__(self, record: RunRecord) -> None:
        super().__init__("interrupted")
        self.record = record


class Experiment:
    """Runs orchestrators in a scene; `progress` is shown every look at a run."""

    def __init__(
        self,
        *,
        scene: Scene,
        pipeline: Pipeline,
        clock: Clock,
        poll_seconds: float,
        progress: Callable[[str, RunState], None],
    ) -> None:
        self._scene = scene
        self._pipeline = pipeline
        self._clock = clock
        self._watch = Watch(
            pipeline=pipeline,
            clock=clock,
            poll_seconds=poll_seconds,
            unhealthy_seconds=UNHEALTHY_SECONDS[scene.on],
            progress=progress,
        )

    def run(self, orchestrator: Orchestrator, landed: tuple[Landed, ...]) -> RunRecord:
        """Raises RunInterrupted, after stopping the run, if the user wants that; ConfigInvalid if not deployed."""
        lane, gauge = orchestrator.lane, Gauge()
        started_at = self._clock.now()
        before = gauge.read("ledger", lambda: self._ledger(lane), default=None)
        if before is None:
            return not_run(lane, error=gauge.error or "", at=started_at)
        watched = self._watch.to_its_end(orchestrator)
        ended_at = watched.state.ended_at or self._clock.now()
        plain = replace(
            not_run(lane, error=watched.state.error, at=started_at),
            run_id=watched.run_id,
            status=watched.state.status,
            ended_at=max(ended_at, started_at),
            steps=watched.state.steps,
            transitions=watched.state.transitions,
        )
        try:
            record = self._measured(plain, watched, gauge, set(before), landed)
        except KeyboardInterrupt as stop:
            error = plain.error or "RunStopped: interrupted by the user while the run was measured"
            raise RunInterrupted(replace(plain, status=Status.STOPPED, error=error)) from stop
        if watched.interrupted:
            raise RunInterrupted(record)
        return record

    def late_notifications(self, record: RunRecord) -> RunRecord:
        """`record` with messages that came after it was made; a late duplicate fails it."""
        if record.run_id is None:
            return record
        self._scene.mailbox.drain()
        notifications = self._scene.mailbox.of_run(record.run_id)
        if len(notifications) == len(record.notifications):
            return record
        late = replace(record, notifications=notifications)
        if record.status == Status.SUCCEEDED:
            error = f"NotificationFailed: {len(notifications)} messages of one run"
            return replace(late, status=Status.FAILED, error=error)
        return late

    def _measured(
        self, plain: RunRecord, watched: Watched, gauge: Gauge, before: set[str], landed: tuple[Landed, ...]
    ) -> RunRecord:
        lane, state = plain.orchestrator, watched.state
        notifications = gauge.read("notifications", lambda: self._notifications(lane, watched), default=())
        after = gauge.read("ledger", lambda: self._ledger(lane), default={})
        gauge.read("checkpoints", lambda: self._check_checkpoints(lane, after), default=None)
        in_warehouse = digest = None
        if not watched.interrupted:
            in_warehouse = gauge.read("warehouse", lambda: self._warehouse_rows(lane), default=None)
            digest = gauge.read("digest", lambda: self._digest(after), default=None)
        evidence = Evidence(
            entries=after,
            landed=landed,
            notifications=notifications,
            output_digest=digest,
            warehouse_rows=in_warehouse,
            contracts=self._scene.contracts,
        )
        job_runs = JobRuns(glue=self._scene.glue, jobs=self._scene.resources(lane))
        repeats = gauge.read(
            "repeated attempts", lambda: tuple(repeats_of(watched.run_id, state.steps, job_runs)), default=()
        )
        logged = gauge.read("job runs", lambda: tuple(logged_runs(watched.run_id, job_runs)), default=())
        rejected = gauge.read("the run's evidence", lambda: self._rejected(lane, watched.run_id), default=())
        overhead, cost = gauge.read(
            "cost",
            lambda: self._priced(lane, watched.run_id, state, job_runs, plain.started_at, plain.ended_at),
            default=(None, None),
        )
        api_calls = gauge.read(
            "API calls",
            lambda: self._scene.meter.api_calls(lane=lane, since=plain.started_at, until=self._clock.now()),
            default=None,
        )
        rows, files = counts(entry for key, entry in after.items() if key not in before)
        status, error = plain.status, plain.error
        if gauge.error is not None:
            error = f"{error}; {gauge.error}" if error else gauge.error
            status = Status.FAILED if status == Status.SUCCEEDED else status
        elif status == Status.SUCCEEDED and (problem := objection(evidence)):
            status, error = Status.FAILED, str(problem)
        return replace(
            plain,
            status=status,
            error=error,
            steps=self._with_notify(state.steps, notifications),
            overhead_seconds=overhead,
            api_calls=api_calls,
            notifications=notifications,
            rows=rows,
            files=files,
            output_digest=digest,
            warehouse_rows=in_warehouse,
            cost_usd=cost,
            rejected=rejected,
            repeats=repeats,
            job_runs=logged,
        )

    def _rejected(self, lane: str, run_id: str | None) -> tuple[Rejected, ...]:
        return read_rejected(s3=self._scene.s3, bucket=self._scene.bucket, lane=lane, run_id=run_id)

    def _ledger(self, lane: str) -> dict[str, dict[str, Any]]:
        scene = self._scene
        return read_ledger(s3=scene.s3, bucket=scene.bucket, lane=lane, datasets=scene.datasets)

    def _check_checkpoints(self, lane: str, entries: dict[str, dict[str, Any]]) -> None:
        scene = self._scene
        check_checkpoints(entries, s3=scene.s3, bucket=scene.bucket, lane=lane, datasets=scene.datasets)

    def _notifications(self, lane: str, watched: Watched) -> tuple[Notification, ...]:
        if watched.run_id is None:
            return ()
        # Outside of Glue the message is a step of the run; there a function follows the run's end, with retries.
        # The same goes for an execution that was stopped or ran out of time. Nobody waits that long after Ctrl-C.
        seconds = 150.0 if lane == "glue" else 15.0
        return self._scene.mailbox.wait_for(watched.run_id, seconds=10.0 if watched.interrupted else seconds)

    def _warehouse_rows(self, lane: str) -> int:
        return self._scene.warehouse.rows(schema=self._scene.schema(lane), tables=self._scene.datasets)

    def _digest(self, entries: dict[str, dict[str, Any]]) -> str | None:
        counted = counting(entries.values())
        return output_digest(counted, s3=self._scene.s3, bucket=self._scene.bucket) if entries else None

    def _priced(
        self,
        lane: str,
        run_id: str | None,
        state: RunState,
        job_runs: JobRuns,
        started_at: datetime,
        ended_at: datetime,
    ) -> tuple[float | None, Cost | None]:
        scene = self._scene
        work = work_of(
            self._pipeline,
            glue=scene.glue,
            job_runs=job_runs,
            lane=lane,
            resources=scene.resources(lane),
            since=started_at - CLOCK_SLACK,
            until=ended_at,
        )
        makespan = max(0.0, (ended_at - started_at).total_seconds())
        cost = cost_of(
            lane=lane,
            work=work,
            makespan_seconds=makespan,
            transitions=state.transitions,
            rpu=scene.rpu,
            mwaa_class=scene.mwaa_class,
            on=scene.on,
            skipped_seconds=scene.meter.skipped_seconds(run_id) if run_id and lane == "stepfunctions" else 0.0,
        )
        return max(0.0, makespan - critical_path_seconds(self._pipeline, work)), cost

    def _with_notify(self, steps: tuple[StepRun, ...], sent: tuple[Notification, ...]) -> tuple[StepRun, ...]:
        """Glue's graph has no node for the message; its step follows from the message itself."""
        known = {step.name for step in steps}
        notify = self._pipeline.notifying.name
        if not steps or notify in known:
            return steps
        success = next((one for one in sent if one.status == Status.SUCCEEDED), None)
        if success is None:
            return (*steps, StepRun(name=notify))
        at = success.sent_at
        return (*steps, StepRun(name=notify, status=Status.SUCCEEDED, attempt=1, started_at=at, ended_at=at))
