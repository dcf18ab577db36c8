"""Settings of the MWAA environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.section import Section

MICRO = "mw1.micro"


class AirflowSettings(Section):
    """Version, size and poll interval."""

    version: Literal["3.0.6", "3.2.1"] = "3.2.1"
    """3.2.1 is the newest proven on MWAA; newer ones come when they are."""
    environment_class: Literal["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"]
    min_workers: Annotated[int, Field(ge=1, le=25)] = 1
    max_workers: Annotated[int, Field(ge=1, le=25)] = 2
    web_server_access: Literal["PUBLIC_ONLY", "PRIVATE_ONLY"] = "PRIVATE_ONLY"
    """PUBLIC_ONLY: a public address behind an IAM login; PRIVATE_ONLY: reached from the VPC only."""
    poll_seconds: Annotated[int, Field(ge=1, le=300)] = 15
    """How often a deferred task asks Glue, and so the noise of any comparison."""

    @model_validator(mode="after")
    def _workers(self) -> AirflowSettings:
        if self.min_workers > self.max_workers:
            raise ValueError(
                f"min_workers {self.min_workers} is above max_workers {self.max_workers}; swap or equal them"
            )
        if self.environment_class == MICRO and self.max_workers > 1:
            raise ValueError(
                f"{MICRO} has exactly one worker, and max_workers is {self.max_workers}; "
                "set both to 1 or take mw1.small"
            )
        return self
