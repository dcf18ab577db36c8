"""A run that has ended, as every way to the publisher knows it: the step within it, the event behind it, the sweep.

All three must find the same id for the same end, so it is made of nothing but what all three can see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Ended:
    """`start` tells one start of a run from the next under the same id: redrives, or when a cleared run began again.

    `read` finds the details, which may cost calls: it is asked only if nobody has published this end. None from it
    means that the run has published it itself.
    """

    lane: str
    run_id: str
    start: str
    status: str
    read: Callable[[], Outcome | None]

    @property
    def outcome_id(self) -> str:
        """32 hex digits, equal for the same end of the same run."""
        identity = "\n".join((self.lane, self.run_id, self.start, self.status))
        return hashlib.sha256(identity.encode()).hexdigest()[:32]
