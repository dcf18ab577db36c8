"""Airflow's LocalExecutor, which also tells the triggerer whose worker has not ended yet.

A worker's supervisor notices the end of its child only at its next tick, a second or more after the task has deferred.
A trigger that fires before that resumes the task, and the scheduler takes the late end of the first worker for the end
of the second: it fails an attempt that is going on (apache/airflow 66374, 67287, 71580, 72716). One empty file per task
instance, in the folder that LOCAL_MWAA_WORKERS names, says that its worker's end was not handled yet.
"""

import contextlib
import os
from pathlib import Path

from airflow.executors import workloads  # pyright: ignore[reportMissingImports]
from airflow.executors.local_executor import LocalExecutor  # pyright: ignore[reportMissingImports]


class PatientExecutor(LocalExecutor):
    """The files are written before a worker begins, and removed after the scheduler has handled its end."""

    def start(self):
        self._folder = Path(os.environ["LOCAL_MWAA_WORKERS"])
        self._folder.mkdir(parents=True, exist_ok=True)
        # Workers of an earlier scheduler ended with it.
        for file in self._folder.iterdir():
            file.unlink()
        self._files = {}
        self._ended = []
        super().start()

    def _process_workloads(self, workload_list):
        for workload in workload_list:
            if isinstance(workload, workloads.ExecuteTask):
                file = self._folder / str(workload.ti.id)
                file.touch()
                self._files[workload.ti.key] = file
        super()._process_workloads(workload_list)

    def change_state(self, key, state, info=None, remove_running=True):
        super().change_state(key, state, info, remove_running)
        if remove_running:
            self._ended.append(key)

    def heartbeat(self):
        # Between two heartbeats the scheduler handles the events of the first, and commits.
        for key in self._ended:
            with contextlib.suppress(KeyError, FileNotFoundError):
                self._files.pop(key).unlink()
        self._ended.clear()
        super().heartbeat()
