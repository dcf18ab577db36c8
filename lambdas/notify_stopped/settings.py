"""What the stack tells the function."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StoppedSettings:
    """From environment variables of the same names."""

    lane: str
    bucket: str
    topic_arn: str
