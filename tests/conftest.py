"""Every test has a limit: one that hangs fails by name, with the stacks of all threads, and the others go on."""

from __future__ import annotations

import pytest

from tests.time_limits import limit_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(limit_of(item.path), method="signal"))
