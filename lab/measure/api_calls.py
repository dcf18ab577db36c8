"""Calls made on a run's behalf, as the local AWS recorded them. AWS itself gives no such list in time.

The lab's own look-ups are left out, so that measuring does not show up in what is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pipeline.names import LABS

OPERATOR = "lab"


def grouped(calls: Iterable[dict[str, Any]], *, lane: str, until: float) -> dict[str, int]:
    """`service:Operation` to its number, most frequent first; `until` in epoch seconds."""
    # A role's name begins with its stack's. What hears of every job, like the Glue lab's function, also
    # stirs while another lane runs; that is not the other lane's doing.
    others = [f"-{lab}-" for other, lab in LABS.items() if other != lane]
    counter = Counter(
        f"{call['service']}:{call['operation']}"
        for call in calls
        if call["role"] != OPERATOR and call["time"] <= until and not any(lab in call["role"] for lab in others)
    )
    return dict(counter.most_common())
