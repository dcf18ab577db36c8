"""The triggerer resumes a task only when the worker that deferred it is gone: see patient_executor for the reason.

What a trigger has to tell waits in the triggerer's own queue meanwhile; it is looked at again at least every second.
"""

import logging
import os
import time
from pathlib import Path

from airflow.jobs.triggerer_job_runner import TriggerRunnerSupervisor  # pyright: ignore[reportMissingImports]
from airflow.models.taskinstance import TaskInstance  # pyright: ignore[reportMissingImports]
from airflow.utils.session import create_session  # pyright: ignore[reportMissingImports]
from sqlalchemy import select  # pyright: ignore[reportMissingImports]

# Far above the second or two that a worker takes; a worker that hangs must not keep a run for ever.
BOUND_SECONDS = 60.0
log = logging.getLogger(__name__)


class WorkerGate:
    """Which triggers may be heard; `task_instance_ids` gives {trigger: ids of the task instances it would resume}."""

    def __init__(self, *, folder, task_instance_ids, monotonic):
        self._folder = folder
        self._task_instance_ids = task_instance_ids
        self._monotonic = monotonic
        self._since = {}

    def parted(self, entries):
        """(entries to handle now, entries to keep); the first item of an entry is its trigger's id."""
        if not entries:
            return [], []
        busy = {
            trigger
            for trigger, ids in self._task_instance_ids({entry[0] for entry in entries}).items()
            if any((self._folder / str(one)).exists() for one in ids)
        }
        now, ready, kept = self._monotonic(), [], []
        for entry in entries:
            trigger = entry[0]
            if trigger in busy and trigger not in self._since:
                self._since[trigger] = now
                log.info("trigger %s waits for the worker that deferred its task", trigger)
            if trigger in busy and now - self._since[trigger] < BOUND_SECONDS:
                kept.append(entry)
                continue
            if trigger in busy:
                log.error("trigger %s resumes a task whose worker did not end in %s s", trigger, BOUND_SECONDS)
            self._since.pop(trigger, None)
            ready.append(entry)
        return ready, kept


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


def install():
    gate = WorkerGate(
        folder=Path(os.environ["LOCAL_MWAA_WORKERS"]), task_instance_ids=resumed_by, monotonic=time.monotonic
    )
    one = TriggerRunnerSupervisor
    one.handle_events = through(gate, "events", one.handle_events)
    one.handle_failed_triggers = through(gate, "failed_triggers", one.handle_failed_triggers)
