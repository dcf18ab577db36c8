"""What a run would cost by list price: durations and counts in, dollars out.

Local durations are priced as if they were AWS's, which they are not; `basis` says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.measure import prices
from lab.measure.work import Work
from pipeline.steps import Billed


@dataclass(frozen=True, kw_only=True)
class Cost:
    """USD per part; `basis` states what was assumed."""

    orchestrator: float
    crawl: float
    jobs: float
    warehouse: float
    total: float
    basis: str


def billed_hours(seconds: float, price: prices.Price) -> float:
    """Whole seconds, at least the minimum, in hours."""
    return max(price.minimum_seconds, math.ceil(seconds)) / 3600


def cost_of(
    *,
    lane: str,
    work: tuple[Work, ...],
    makespan_seconds: float,
    transitions: int | None,
    rpu: int,
    mwaa_class: str,
    on: str,
    skipped_seconds: float = 0.0,
) -> Cost:
    """Everything of one run, failed ones too."""
    crawls, jobs, loads = (
        [one for one in work if billed in one.step.bills] for billed in (Billed.CRAWLER, Billed.JOB, Billed.WAREHOUSE)
    )
    crawl = sum(
        billed_hours(one.seconds, prices.GLUE_CRAWLER) * prices.CRAWLER_DPU * prices.GLUE_CRAWLER.usd for one in crawls
    )
    job = sum(_job_usd(one) for one in jobs)
    warehouse = sum(
        billed_hours(one.seconds, prices.REDSHIFT_SERVERLESS) * rpu * prices.REDSHIFT_SERVERLESS.usd for one in loads
    )
    orchestrator, own = _orchestrator(lane, makespan_seconds, transitions, mwaa_class)
    parts = [round(part, 6) for part in (orchestrator, crawl, job, warehouse)]
    return Cost(
        orchestrator=parts[0],
        crawl=parts[1],
        jobs=parts[2],
        warehouse=parts[3],
        total=round(sum(parts), 6),
        basis=_basis(own, jobs=jobs, loads=loads, rpu=rpu, on=on, skipped_seconds=skipped_seconds),
    )


def _job_usd(job: Work) -> float:
    price = _job_price(job)
    return billed_hours(job.seconds, price) * (job.dpu or 2) * price.usd


def _job_price(job: Work) -> prices.Price:
    """Of the run's Glue version; one that the price list does not have costs what the dearest does."""
    by_class = prices.GLUE_SPARK.get(job.glue_version, prices.GLUE_SPARK["5.1"])
    return by_class.get(job.execution_class, by_class["STANDARD"])


def _orchestrator(lane: str, makespan_seconds: float, transitions: int | None, mwaa_class: str) -> tuple[float, str]:
    if lane == "stepfunctions":
        usd = (transitions or 0) * prices.STEP_FUNCTIONS_TRANSITION.usd
        return usd, f"{transitions or 0} transitions, free tier not deducted"
    if lane == "airflow":
        hour = prices.MWAA_ENVIRONMENT_HOUR[mwaa_class]
        month = hour.usd * 730
        return makespan_seconds / 3600 * hour.usd, (
            f"{mwaa_class} for the run's own seconds; it is billed all the time, {month:.0f} USD a month"
        )
    return 0.0, "Glue workflows and triggers are free"


def _basis(own: str, *, jobs: list[Work], loads: list[Work], rpu: int, on: str, skipped_seconds: float) -> str:
    versions = sorted({(job.glue_version, _job_price(job).usd) for job in jobs})
    loading = " and ".join(dict.fromkeys(one.step.name for one in loads))
    parts = [f"list prices {prices.REGION}, {prices.READ_ON}", own]
    parts += [f"Glue {version} at {usd:g} USD per DPU-hour" for version, usd in versions]
    if on == "local":
        parts.append("local durations priced as if they were AWS's, with AWS's minimum per start")
    if skipped_seconds:
        parts.append(f"{skipped_seconds:.0f} s of waits were skipped on the virtual clock")
    parts.append(
        f"{prices.CRAWLER_DPU:g} DPU per crawl assumed" + (f", {rpu} RPU while {loading} ran" if loading else "")
    )
    parts.append("storage, requests, network and Lambda left out")
    return "; ".join(parts)
