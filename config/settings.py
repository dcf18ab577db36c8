"""All settings of one environment, and the rules that hold between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from config.airflow import AirflowSettings
from config.etl import GlueSettings
from config.functions import FunctionSettings
from config.network import NetworkSettings
from config.plain import Pattern
from config.section import Section
from config.target import Target, target_of
from config.trigger import TriggerSettings
from config.warehouse import RedshiftSettings
from pipeline.names import Names

RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653]
Tag = Annotated[str, Pattern(r"[\w .:/=+@-]{1,128}", "1 to 128 letters, digits, blanks or . : / = + @ - _")]
Dataset = Annotated[
    str, Pattern("[a-z][a-z0-9_]{0,40}", "1 to 41 small letters, digits or _, a letter first, e.g. daily_sales")
]
Email = Annotated[str, Pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address, e.g. team@example.com")]


class Settings(Section):
    """One file in config/ with its region's overlay; account and region come from the process environment."""

    prefix: Annotated[
        str, Pattern("[A-Z][A-Z0-9]{1,7}", "2 to 8 capital letters or digits, a letter first, e.g. ACME")
    ] = "NF1"
    environment: Annotated[
        str, Pattern("[a-z][a-z0-9]{1,9}", "2 to 10 small letters or digits, a letter first, e.g. test")
    ]
    stage: Literal["development", "production"]
    datasets: Annotated[tuple[Dataset, ...], Field(min_length=1)]
    network: NetworkSettings
    redshift: RedshiftSettings
    glue: GlueSettings
    airflow: AirflowSettings
    functions: FunctionSettings = FunctionSettings()
    trigger: TriggerSettings
    removal: Literal["retain", "destroy"]
    """What becomes of buckets, keys, databases and logs when a stack is deleted."""
    log_retention_days: RetentionDays
    notification_email: Email | None = None
    tags: Annotated[dict[Tag, Tag], Field(default_factory=dict)]

    _target: Target = PrivateAttr()

    @model_validator(mode="after")
    def _combinations(self) -> Settings:
        problems = list(broken_combinations(dict(self)))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def model_post_init(self, _context: Any) -> None:
        """Without a target from the loader, the placeholders."""
        self._target = target_of({})

    def aimed_at(self, target: Target) -> Settings:
        """The same settings for another account or region."""
        aimed = self.model_copy()
        aimed._target = target
        return aimed

    @property
    def target(self) -> Target:
        """The account and region of every stack."""
        return self._target

    @property
    def names(self) -> Names:
        """Physical names for this environment and target."""
        return Names(
            prefix=self.prefix,
            environment=self.environment,
            account=self.target.account,
            region=self.target.region,
        )


def broken_combinations(values: Mapping[str, Any]) -> Iterable[str]:
    """Problems between settings that are each fine; `values` may lack those that are not."""
    datasets = values.get("datasets", ())
    for name in sorted({name for name in datasets if datasets.count(name) > 1}):
        yield f"datasets: {name!r} is there {datasets.count(name)} times; name it once"
    if values.get("stage") == "production" and values.get("removal") == "destroy":
        yield "removal: 'destroy' empties buckets with their stack, and stage is 'production'; set removal: retain"
    if values.get("stage") == "production" and values.get("log_retention_days", 3653) < 30:
        yield "log_retention_days: below 30 while stage is 'production'; keep logs for 30 days or more"


def unfit_for_partition(values: Mapping[str, Any], partition: str) -> Iterable[str]:
    """Problems of settings that are fine elsewhere; `values` as for `broken_combinations`."""
    network = values.get("network")
    if network and network.egress == "endpoints" and partition == "aws-cn":
        yield (
            "network.egress: 'endpoints' leaves MWAA without its airflow.* endpoints, which China's partition does not "
            "document, and the DAG without Glue's, which it does not have; set egress: nat"
        )
