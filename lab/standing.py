"""What a deployed environment costs while nothing runs: settings in, dollars a month out.

List prices of us-east-1; what depends on use (runs, storage, traffic) is left out and named in `basis`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from config.settings import Settings
from lab.measure import prices

HOURS_A_MONTH = 730


@dataclass(frozen=True, kw_only=True)
class StandingCost:
    """One thing that is billed by the hour or month, and how the figure comes about."""

    what: str
    usd_per_month: float | None
    """None where a price is not known, which is no 0."""
    basis: str

    @property
    def shown(self) -> str:
        """The figure, or a dash."""
        return "-" if self.usd_per_month is None else f"{self.usd_per_month:,.2f}"


def total(costs: Iterable[StandingCost]) -> StandingCost:
    """All of it; what has no price is named, not counted."""
    unknown = [cost.what for cost in costs if cost.usd_per_month is None]
    return StandingCost(
        what="all of it",
        usd_per_month=sum(cost.usd_per_month or 0.0 for cost in costs),
        basis=f"without {', '.join(unknown)}" if unknown else "",
    )


def standing_costs(settings: Settings) -> tuple[StandingCost, ...]:
    """Dearest first, and before all what has no known price."""
    costs = (_airflow(settings), _egress(settings), _warehouse(settings), _keys())
    return tuple(sorted(costs, key=lambda cost: -(math.inf if cost.usd_per_month is None else cost.usd_per_month)))


def _airflow(settings: Settings) -> StandingCost:
    airflow = settings.airflow
    size, extra = airflow.environment_class, airflow.min_workers - 1
    environment, worker = prices.MWAA_ENVIRONMENT_HOUR[size].usd, prices.MWAA_WORKER_HOUR.get(size)
    what = f"`{settings.names.stack('Airflow-Lab')}`: MWAA environment"
    if extra and worker is None:
        return StandingCost(
            what=what,
            usd_per_month=None,
            basis=f"{size}, {environment:g} USD an hour, and {extra} more worker(s), whose price is not known",
        )
    hourly = environment + (extra * worker.usd if worker else 0.0)
    return StandingCost(
        what=what,
        usd_per_month=hourly * HOURS_A_MONTH,
        basis=f"{size}, {airflow.min_workers} worker(s), {hourly:g} USD an hour; metadata storage left out",
    )


def _egress(settings: Settings) -> StandingCost:
    if settings.network.egress == "nat":
        return StandingCost(
            what=f"`{settings.names.stack('LandingZone')}`: NAT gateway",
            usd_per_month=prices.NAT_GATEWAY_HOUR.usd * HOURS_A_MONTH,
            basis=f"one, {prices.NAT_GATEWAY_HOUR.usd:g} USD an hour; traffic left out",
        )
    endpoints, zones = prices.MWAA_ENDPOINTS, len(settings.network.zones)
    return StandingCost(
        what=f"`{settings.names.stack('LandingZone')}`: interface endpoints",
        usd_per_month=prices.INTERFACE_ENDPOINT_HOUR.usd * endpoints * zones * HOURS_A_MONTH,
        basis=f"{endpoints} endpoints in {zones} zones, {prices.INTERFACE_ENDPOINT_HOUR.usd:g} USD an hour each",
    )


def _warehouse(settings: Settings) -> StandingCost:
    return StandingCost(
        what=f"`{settings.names.stack('Redshift')}`: Redshift Serverless",
        usd_per_month=0.0,
        basis=f"billed only while a query runs ({settings.redshift.base_capacity_rpu} RPU, 60 s at least); no storage",
    )


def _keys() -> StandingCost:
    return StandingCost(
        what="KMS key and admin secret",
        usd_per_month=prices.KMS_KEY_MONTH.usd + prices.SECRET_MONTH.usd,
        basis="1 key, 1 secret; requests left out. Buckets, logs, jobs, crawlers and the two other labs: by use",
    )
