"""Which triggers may be heard: those whose task's worker is gone. Standard library only."""

# Far above the second or two that a worker takes; a worker that hangs must not keep a run for ever.
BOUND_SECONDS = 60.0


class WorkerGate:
    """`folder` has a file per instance with a worker; `task_instance_ids` gives those that each trigger resumes."""

    def __init__(self, *, folder, task_instance_ids, monotonic, say):
        self._folder = folder
        self._task_instance_ids = task_instance_ids
        self._monotonic = monotonic
        self._say = say
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
                self._say(f"trigger {trigger} waits for the worker that deferred its task")
            if trigger in busy and now - self._since[trigger] < BOUND_SECONDS:
                kept.append(entry)
                continue
            if trigger in busy:
                self._say(f"trigger {trigger} resumes a task whose worker did not end within {BOUND_SECONDS:.0f} s")
            self._since.pop(trigger, None)
            ready.append(entry)
        return ready, kept
