"""Threads as workers: order, one teller at a time, and the end of all when one fails."""

from __future__ import annotations

import threading

import pytest

from lake.convert.job import Progress
from lake.convert.single_engine import Threads


def test_results_come_in_the_tasks_order_whoever_is_first() -> None:
    second_is_done = threading.Event()

    def work(task: int, _tell: Progress) -> int:
        if task == 0:
            assert second_is_done.wait(10)
        if task == 1:
            second_is_done.set()
        return task * 10

    assert Threads(count=2, progress=lambda _bytes: None).map(work, [0, 1, 2]) == [0, 10, 20]


def test_progress_is_told_by_one_thread_at_a_time() -> None:
    inside = threading.Lock()
    told: list[int] = []

    def progress(size_bytes: int) -> None:
        assert inside.acquire(blocking=False)
        told.append(size_bytes)
        inside.release()

    def work(task: int, tell: Progress) -> None:
        for _ in range(200):
            tell(task)

    Threads(count=4, progress=progress).map(work, [1, 2, 3, 4])
    assert sum(told) == 200 * (1 + 2 + 3 + 4)


def test_failure_ends_the_others_at_their_next_block_and_is_the_one_that_is_raised() -> None:
    others_work = threading.Barrier(2)
    finished: list[int] = []
    threads: dict[str, threading.Thread] = {}

    def work(task: str, tell: Progress) -> None:
        threads[task] = threading.current_thread()
        others_work.wait(10)
        if task == "fails":
            raise OSError("disk")
        while True:  # only being told to stop ends it
            tell(1)

    with pytest.raises(OSError, match="disk"):
        Threads(count=2, progress=finished.append).map(work, ["goes on", "fails"])
    assert sorted(threads) == ["fails", "goes on"]
    assert not any(thread.is_alive() for thread in threads.values()), "map returns when all have ended"
