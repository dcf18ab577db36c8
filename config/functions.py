"""Settings of the Lambda functions."""

from __future__ import annotations

from typing import Literal

from config.section import Section


class FunctionSettings(Section):
    """The functions are plain Python, so either processor runs them."""

    architecture: Literal["arm64", "x86_64"] = "arm64"
    """arm64 costs less; x86_64 where nobody has shown that arm64 is there (config/regions/)."""
