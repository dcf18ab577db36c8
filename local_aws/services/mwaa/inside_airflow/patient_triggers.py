"""The triggerer resumes a task only when the worker that deferred it is gone: see patient_executor for the reason.

What a trigger has to tell waits in the triggerer's own queue meanwhile; it is looked at again at least every second.
"""

import os
import sys
import time
from pathlib import Path

from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor  # pyright: ignore[reportMissingImports]
from airflow.models.taskinstance import TaskInstance  # pyright: ignore[reportMissingImports]
from airflow.utils.session import create_session  # pyright: ignore[reportMissingImports]
from sqlalchemy import select  # pyright: ignore[reportMissingImports]
from worker_gate import WorkerGate


def resumed_by(triggers):
    with create_session() as session:
        rows = session.execute(
            select(TaskInstance.trigger_id, TaskInstance.id).where(TaskInstance.trigger_id.in_(triggers))
        ).all()
    found = {}
    for trigger, task_instance in rows:
        found.setdefault(trigger, []).append(task_instance)
    return found


def through(gate, queue_name, handle):
    def patient(supervisor):
        queue = getattr(supervisor, queue_name)
        ready, kept = gate.parted(list(queue))
        queue.clear()
        queue.extend(ready)
        handle(supervisor)
        queue.extend(kept)

    return patient


def say(text):
    sys.stdout.write(f"worker gate: {text}\n")
    sys.stdout.flush()


def install():
    gate = WorkerGate(
        folder=Path(os.environ["LOCAL_MWAA_WORKERS"]),
        task_instance_ids=resumed_by,
        monotonic=time.monotonic,
        say=say,
    )
    one = TriggerRunnerSupervisor
    one.handle_events = through(gate, "events", one.handle_events)
    one.handle_failed_triggers = through(gate, "failed_triggers", one.handle_failed_triggers)
