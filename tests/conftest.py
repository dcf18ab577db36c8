"""Every test has a limit: one that hangs fails by name, with the stacks of all threads, and the others go on.

Every test has its marks, too, and one that is marked `fast` fails when it starts a process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.markers import marks_of
from tests.time_limits import limit_of

STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn")  # audit events of the interpreter
started: list[str] = []


def pytest_configure() -> None:
    sys.addaudithook(
        lambda event, given: started.append(f"{event} {given[0] if given else ''}") if event in STARTS else None
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(limit_of(item.path), method="signal"))
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        fixtures = getattr(item, "fixturenames", ())
        for mark in marks_of(item.nodeid, fixtures=fixtures, values=[one for one in values if isinstance(one, str)]):
            item.add_marker(getattr(pytest.mark, mark))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    started.clear()
    yield
    if item.get_closest_marker("fast") and started:
        pytest.fail(f"{item.nodeid} is marked fast and starts processes ({started[0]}): see tests/markers.py")
