"""Runs inside Airflow (its own virtual environment, on PYTHONPATH): what MWAA sets, and faster polls.

In: the environment's configuration options in the file that LOCAL_MWAA_OPTIONS names. Out: `AIRFLOW__A__B` variables in
every process that Airflow forks from now on, parsers and tasks included, so that an Airflow that was started early can
become the environment's. Polls and retry delays of tasks become two seconds, whatever the DAG says: local waits would
measure nothing. Imports nothing of this project.
"""

import json
import os
import sys
from datetime import timedelta

# Not 1: a deferral that is over before the scheduler has read its first end looks like a lost task, and is retried.
LOCAL_SECONDS = 2
POLL_FIELDS = ("waiter_delay", "poll_interval", "poll_seconds", "poke_interval")


def load_options() -> None:
    """No file means: no environment has adopted this Airflow yet."""
    try:
        with open(os.environ["LOCAL_MWAA_OPTIONS"], encoding="utf-8") as file:
            os.environ.update(json.load(file))
    except (KeyError, FileNotFoundError):
        return


def task_policy(task) -> None:
    """Airflow calls it for every task of every DAG that it parses."""
    changed = {}
    for name in POLL_FIELDS:
        given = getattr(task, name, None)
        if isinstance(given, int | float) and not isinstance(given, bool) and given > LOCAL_SECONDS:
            setattr(task, name, LOCAL_SECONDS)
            changed[name] = f"{given} s"
    if task.retries and task.retry_delay > timedelta(seconds=LOCAL_SECONDS):
        changed["retry_delay"] = str(task.retry_delay)
        task.retry_delay = timedelta(seconds=LOCAL_SECONDS)
    if changed:
        was = ", ".join(f"{name} was {value}" for name, value in changed.items())
        sys.stdout.write(f"local policy: {task.task_id}: {LOCAL_SECONDS} s instead ({was})\n")


os.register_at_fork(after_in_child=load_options)
load_options()
