"""Settings of Redshift Serverless."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from config.plain import Pattern
from config.section import Section

Identifier = Annotated[
    str, Pattern("[a-z][a-z0-9_]{0,62}", "1 to 63 small letters, digits or _, a letter first, e.g. warehouse")
]
RESERVED = frozenset({"dev", "padb_harvest", "sample_data_dev", "template0", "template1", "awsdatacatalog", "sys"})


def free_database(value: str) -> str:
    """Not one of the names that Redshift keeps for itself."""
    if value in RESERVED:
        raise ValueError(f"{value!r} is a name that Redshift uses itself; choose another, e.g. warehouse")
    return value


def capacity(value: int) -> int:
    """4 RPU, or a multiple of 8 up to 1,024 (AWS::RedshiftServerless::Workgroup, BaseCapacity)."""
    if value != 4 and (value % 8 or not 8 <= value <= 1024):
        raise ValueError(f"{value} RPU is not offered; give 4 or a multiple of 8 up to 1024")
    return value


OFFERED: dict[str, Any] = {"anyOf": [{"const": 4}, {"multipleOf": 8, "minimum": 8, "maximum": 1024}]}
"""`capacity` for editors."""


class RedshiftSettings(Section):
    """Where the warehouse's tables go and how large it is."""

    database: Annotated[Identifier, AfterValidator(free_database)] = "warehouse"
    schema_prefix: Identifier = "nf1_"
    """A lane's name appended gives the lane's schema."""
    base_capacity_rpu: Annotated[int, AfterValidator(capacity), Field(json_schema_extra=OFFERED)] = 8

    def schema_of(self, lane: str) -> str:
        """The lane's schema."""
        return f"{self.schema_prefix}{lane}"
