"""Calls made on a run's behalf, as the local AWS recorded them. AWS itself gives no such list in time.

The lab's own look-ups are left out, so that measuring does not show up in what is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

OPERATOR = "lab"


def grouped(calls: Iterable[dict[str, Any]], *, until: float) -> dict[str, int]:
    """`service:Operation` to its number, most frequent first; `until` in epoch seconds."""
    counter = Counter(
        f"{call['service']}:{call['operation']}" for call in calls if call["role"] != OPERATOR and call["time"] <= until
    )
    return dict(counter.most_common())
