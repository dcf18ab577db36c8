"""What a deployed environment costs while nothing runs: settings in, dollars a month out.

List prices of us-east-1; what depends on use (runs, storage, traffic) is left out and named in `basis`.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.settings import Settings
from lab import prices

HOURS_A_MONTH = 730


@dataclass(frozen=True, kw_only=True)
class StandingCost:
    """One thing that is billed by the hour or month, and how the figure comes about."""

    what: str
    usd_per_month: float
    basis: str


def standing_costs(settings: Settings) -> tuple[StandingCost, ...]:
    """Dearest first; raises KeyError if no price is known for the environment's MWAA class."""
    costs = (_airflow(settings), _egress(settings), _warehouse(settings), _keys())
    return tuple(sorted(costs, key=lambda cost: -cost.usd_per_month))


def _airflow(settings: Settings) -> StandingCost:
    size = settings.airflow.environment_class
    extra = settings.airflow.min_workers - 1
    hourly = prices.MWAA_ENVIRONMENT_HOUR[size].usd + extra * prices.MWAA_WORKER_HOUR[size].usd
    return StandingCost(
        what="`NF1-Airflow-Lab`: MWAA environment",
        usd_per_month=hourly * HOURS_A_MONTH,
        basis=f"{size}, {settings.airflow.min_workers} worker(s), {hourly:g} USD an hour; metadata storage left out",
    )


def _egress(settings: Settings) -> StandingCost:
    if settings.network.egress == "nat":
        return StandingCost(
            what="`NF1-LandingZone`: NAT gateway",
            usd_per_month=prices.NAT_GATEWAY_HOUR.usd * HOURS_A_MONTH,
            basis=f"one, {prices.NAT_GATEWAY_HOUR.usd:g} USD an hour; traffic left out",
        )
    endpoints, zones = prices.MWAA_ENDPOINTS, len(settings.network.zones)
    return StandingCost(
        what="`NF1-LandingZone`: interface endpoints",
        usd_per_month=prices.INTERFACE_ENDPOINT_HOUR.usd * endpoints * zones * HOURS_A_MONTH,
        basis=f"{endpoints} endpoints in {zones} zones, {prices.INTERFACE_ENDPOINT_HOUR.usd:g} USD an hour each",
    )


def _warehouse(settings: Settings) -> StandingCost:
    return StandingCost(
        what="`NF1-Redshift`: Redshift Serverless",
        usd_per_month=0.0,
        basis=f"billed only while a query runs ({settings.redshift.base_capacity_rpu} RPU, 60 s at least); no storage",
    )


def _keys() -> StandingCost:
    return StandingCost(
        what="KMS key and admin secret",
        usd_per_month=prices.KMS_KEY_MONTH.usd + prices.SECRET_MONTH.usd,
        basis="1 key, 1 secret; requests left out. Buckets, logs, jobs, crawlers and the two other labs: by use",
    )
