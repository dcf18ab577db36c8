"""Settings of the Glue jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.section import Section


class GlueSettings(Section):
    """One size for all four jobs."""

    version: Literal["5.0", "5.1"] = "5.1"
    """Both run Python 3.11; a version of another Python has other wheels of pyarrow."""
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"
    workers: Annotated[int, Field(ge=2, le=100)] = 2
    """Driver included; Glue takes no Spark job with fewer than 2."""
    encrypt_logs: bool = True
    """Whether Glue writes its logs with the customer key; off where Glue does not offer that (config/regions/)."""
    max_concurrent_runs: Annotated[int, Field(ge=1, le=50)] = 3
    """Per job: one for each lane."""
