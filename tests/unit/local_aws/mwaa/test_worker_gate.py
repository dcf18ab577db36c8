"""A trigger is heard only once the worker that deferred its task is gone, or has hung for a minute."""

from __future__ import annotations

from pathlib import Path

from local_aws.services.mwaa.inside_airflow.worker_gate import BOUND_SECONDS, WorkerGate


class Gate:
    """Trigger 1 resumes task instance "a", trigger 2 "b"; others resume nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.at = folder, 0.0
        self.said: list[str] = []
        resumed = {1: ["a"], 2: ["b"]}
        self.gate = WorkerGate(
            folder=folder,
            task_instance_ids=lambda triggers: {one: resumed[one] for one in triggers & resumed.keys()},
            monotonic=lambda: self.at,
            say=self.said.append,
        )

    def parted(self, *triggers: int) -> tuple[list[int], list[int]]:
        ready, kept = self.gate.parted([(trigger, f"event {trigger}") for trigger in triggers])
        assert all(entry[1] == f"event {entry[0]}" for entry in [*ready, *kept])
        return [entry[0] for entry in ready], [entry[0] for entry in kept]


def test_only_triggers_whose_worker_is_there_wait(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    (tmp_path / "a").touch()
    assert gate.parted(1, 2, 3) == ([2, 3], [1])
    (tmp_path / "a").unlink()
    assert gate.parted(1) == ([1], [])
    assert gate.parted() == ([], [])


def test_worker_that_hangs_keeps_no_run_for_ever_and_the_next_wait_is_as_long(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    (tmp_path / "a").touch()
    for _ in range(2):
        assert gate.parted(1) == ([], [1])
        gate.at += BOUND_SECONDS - 1
        assert gate.parted(1) == ([], [1])
        gate.at += 1
        assert gate.parted(1) == ([1], [])
        assert gate.said[-1] == "trigger 1 resumes a task whose worker did not end within 60 s"
