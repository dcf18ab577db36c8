"""Settings of the Glue jobs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from config.section import Section


class GlueSettings(Section):
    """One size for all four jobs."""

    version: Literal["5.1", "6.0"] = "5.1"
    """Spark 3.5.6 and Python 3.11, or Spark 4.1.1 and Python 3.13: another Python has other wheels of pyarrow."""
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"

    @field_validator("version", mode="before")
    @classmethod
    def _writes_conditionally(cls, version: Any) -> Any:
        if str(version) == "5.0":
            raise ValueError(
                "Glue 5.0 has botocore 1.34.131, whose PutObject knows no IfNoneMatch: two runs could commit the same "
                'batch. Use "5.1" or "6.0"'
            )
        return version

    workers: Annotated[int, Field(ge=2, le=100)] = 2
    """Driver included; Glue takes no Spark job with fewer than 2."""
    encrypt_logs: bool = True
    """Whether Glue writes its logs with the customer key; off where Glue does not offer that (config/regions/)."""
    max_concurrent_runs: Annotated[int, Field(ge=1, le=50)] = 3
    """Per job: one for each lane."""
