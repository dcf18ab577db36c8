"""What the stack tells the function."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NotifySettings:
    """From environment variables of the same names."""

    workflow: str
    slug: str
    lane: str
    bucket: str
    topic_arn: str
