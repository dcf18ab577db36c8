"""One run of one orchestrator, watched to its end and measured.

Flows in: a client, what landed, and seams to measure with. Flows out: a RunRecord. Whatever happens,
there is a record with time and cost (I8); a run that outlives its bound is stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from lab.clock import Clock
from lab.landing import Landed
from lab.measure.cost import Cost, cost_of
from lab.measure.digest import output_digest
from lab.measure.ledger import counts, read_ledger
from lab.measure.mailbox import Mailbox, Notification
from lab.measure.work import critical_path_seconds, work_of
from lab.orchestrators.run_state import FAILED, SUCCEEDED, TIMED_OUT, Orchestrator, RunState, StepRun
from lab.records import RunRecord
from lab.verdict import Evidence, objection
from pipeline.errors import PipelineError
from pipeline.steps import Kind, Pipeline

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
    s3: Any
    glue: Any
    warehouse: Any
    mailbox: Mailbox
    meter: Meter


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
        self._poll_seconds = poll_seconds
        self._progress = progress

    def run(self, orchestrator: Orchestrator, landed: tuple[Landed, ...]) -> RunRecord:
        """Raises KeyboardInterrupt, after stopping the run, if the user wants that."""
        before = self._ledger(orchestrator.lane)
        started_at = self._clock.now()
        run_id, state = self._watched(orchestrator)
        ended_at = state.ended_at or self._clock.now()
        notifications = self._notifications(orchestrator.lane, run_id)
        after = self._ledger(orchestrator.lane)
        new = [entry for key, entry in after.items() if key not in before]
        evidence, problem = self._evidence(orchestrator.lane, after, landed, notifications)
        status, error = state.status, state.error
        if status == SUCCEEDED and (problem := problem or objection(evidence)):
            status, error = FAILED, str(problem)
        overhead, cost = self._priced(orchestrator.lane, run_id, state, started_at, ended_at)
        return RunRecord(
            orchestrator=orchestrator.lane,
            run_id=run_id,
            status=status,
            error=error,
            started_at=started_at,
            ended_at=max(ended_at, started_at),
            steps=self._with_notify(state.steps, notifications),
            overhead_seconds=overhead,
            api_calls=self._scene.meter.api_calls(lane=orchestrator.lane, since=started_at, until=self._clock.now()),
            transitions=state.transitions,
            notifications=notifications,
            rows=counts(new),
            output_digest=evidence.output_digest,
            warehouse_rows=evidence.warehouse_rows,
            cost=cost,
        )

    def late_notifications(self, record: RunRecord) -> RunRecord:
        """`record` with messages that came after it was made; a late duplicate fails it."""
        if record.run_id is None:
            return record
        self._scene.mailbox.drain()
        notifications = self._scene.mailbox.of_run(record.run_id)
        if len(notifications) == len(record.notifications):
            return record
        late = replace(record, notifications=notifications)
        if record.status == SUCCEEDED:
            return replace(late, status=FAILED, error=f"NotificationFailed: {len(notifications)} messages of one run")
        return late

    def _watched(self, orchestrator: Orchestrator) -> tuple[str | None, RunState]:
        bound = sum(step.timeout_seconds * (1 + step.retry.attempts) for step in self._pipeline.steps)
        run_id: str | None = None
        try:
            run_id = orchestrator.start()
            until = self._clock.monotonic() + bound
            while True:
                state = orchestrator.poll(run_id)
                self._progress(orchestrator.lane, state)
                if state.ended:
                    return run_id, state
                if self._clock.monotonic() >= until:
                    orchestrator.stop(run_id)
                    error = f"RunTimedOut: the run did not end within {bound} seconds and was stopped"
                    return run_id, replace(state, status=TIMED_OUT, error=error)
                self._clock.sleep(self._poll_seconds)
        except KeyboardInterrupt:
            if run_id is not None:
                orchestrator.stop(run_id)
            raise
        except (ClientError, BotoCoreError) as error:
            return run_id, RunState(status=FAILED, error=f"{type(error).__name__}: {error}")

    def _ledger(self, lane: str) -> dict[str, dict[str, Any]]:
        scene = self._scene
        return read_ledger(s3=scene.s3, bucket=scene.bucket, lane=lane, datasets=scene.datasets)

    def _notifications(self, lane: str, run_id: str | None) -> tuple[Notification, ...]:
        if run_id is None:
            return ()
        # Outside of Glue the message is a step of the run; there a function follows the run's end, with retries.
        seconds = 150.0 if lane == "glue" else 15.0
        return self._scene.mailbox.wait_for(run_id, seconds=seconds)

    def _evidence(
        self,
        lane: str,
        entries: dict[str, dict[str, Any]],
        landed: tuple[Landed, ...],
        notifications: tuple[Notification, ...],
    ) -> tuple[Evidence, PipelineError | None]:
        scene, digest, rows = self._scene, None, None
        problem: PipelineError | None = None
        try:
            rows = scene.warehouse.rows(schema=scene.schema(lane), tables=scene.datasets)
            if entries:
                digest = output_digest(entries.values(), s3=scene.s3, bucket=scene.bucket)
        except PipelineError as error:
            problem = error
        evidence = Evidence(
            entries=entries,
            landed=landed,
            notifications=notifications,
            output_digest=digest,
            warehouse_rows=rows,
        )
        return evidence, problem

    def _priced(
        self, lane: str, run_id: str | None, state: RunState, started_at: datetime, ended_at: datetime
    ) -> tuple[float | None, Cost | None]:
        scene = self._scene
        work = work_of(
            self._pipeline,
            glue=scene.glue,
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
        """Glue's graph has no node for the message; its step is told by the message itself."""
        known = {step.name for step in steps}
        notify = next((step.name for step in self._pipeline.steps if step.kind is Kind.NOTIFY), None)
        if not steps or notify is None or notify in known:
            return steps
        success = next((one for one in sent if one.status == SUCCEEDED), None)
        if success is None:
            return (*steps, StepRun(name=notify))
        at = success.sent_at
        return (*steps, StepRun(name=notify, status=SUCCEEDED, attempt=1, started_at=at, ended_at=at))
