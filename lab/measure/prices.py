"""List prices of us-east-1 in USD, each with its unit and minimum. A price list is data: nothing is computed here.

Read from public mirrors of the AWS price list, August 2026; "unsure" where the mirrors did not agree
or AWS does not publish the quantity.
"""

from __future__ import annotations

from dataclasses import dataclass

READ_ON = "August 2026"
REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Price:
    """`minimum_seconds` is the least that is billed per start."""

    usd: float
    unit: str
    source: str
    minimum_seconds: float = 0.0


_GLUE = "https://aws.amazon.com/glue/pricing/, ETL jobs"
_GLUE_6 = "https://aws.amazon.com/blogs/big-data/introducing-aws-glue-6-0-for-apache-spark/, three readers of it"
# By GlueVersion, then ExecutionClass as GetJobRun says them.
GLUE_SPARK = {
    "5.1": {
        "STANDARD": Price(usd=0.44, unit="DPU-hour", minimum_seconds=60, source=_GLUE),
        "FLEX": Price(usd=0.29, unit="DPU-hour", minimum_seconds=60, source=_GLUE),
    },
    "6.0": {
        "STANDARD": Price(usd=0.308, unit="DPU-hour", minimum_seconds=60, source=_GLUE_6),
        "FLEX": Price(usd=0.203, unit="DPU-hour", minimum_seconds=60, source=f"{_GLUE_6} (one of them)"),
    },
}
GLUE_CRAWLER = Price(
    usd=0.44, unit="DPU-hour", minimum_seconds=600, source="https://aws.amazon.com/glue/pricing/, crawlers"
)
STEP_FUNCTIONS_TRANSITION = Price(
    usd=0.025 / 1000, unit="transition", source="https://aws.amazon.com/step-functions/pricing/, Standard"
)
MWAA_PRICING = "https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/"
MWAA_READER = "the price list of us-west-2, which equals us-east-1's in every class that both show"
MWAA_ENVIRONMENT_HOUR = {
    "mw1.micro": Price(usd=0.29, unit="hour", source=MWAA_PRICING),
    "mw1.small": Price(usd=0.49, unit="hour", source=MWAA_PRICING),
    "mw1.medium": Price(usd=0.74, unit="hour", source=MWAA_PRICING),
    "mw1.large": Price(usd=0.99, unit="hour", source=MWAA_PRICING),
    "mw1.xlarge": Price(usd=1.98, unit="hour", source=MWAA_READER),
    "mw1.2xlarge": Price(usd=3.96, unit="hour", source=MWAA_READER),
}
"""One for each class that the settings allow."""
MWAA_WORKER_HOUR = {
    size: Price(usd=usd, unit="hour", source=MWAA_PRICING)
    for size, usd in {"mw1.small": 0.055, "mw1.medium": 0.11, "mw1.large": 0.22}.items()
}
"""A further worker. Micro has none; nobody was found who read the price of one of the two largest."""
NAT_GATEWAY_HOUR = Price(usd=0.045, unit="hour", source="https://aws.amazon.com/vpc/pricing/")
INTERFACE_ENDPOINT_HOUR = Price(usd=0.01, unit="hour and zone", source="https://aws.amazon.com/privatelink/pricing/")
# As many interface endpoints as the network has where it has no NAT gateway.
MWAA_ENDPOINTS = 10
KMS_KEY_MONTH = Price(
    usd=1.0, unit="month", source="https://aws.amazon.com/kms/pricing/ (from memory, not the mirrors)"
)
SECRET_MONTH = Price(
    usd=0.40, unit="month", source="https://aws.amazon.com/secrets-manager/pricing/ (from memory, not the mirrors)"
)
REDSHIFT_SERVERLESS = Price(
    usd=0.375, unit="RPU-hour", minimum_seconds=60, source="https://aws.amazon.com/redshift/pricing/, Serverless"
)

# AWS does not say how many DPU a crawl uses; two is what bills of small crawls suggest (unsure).
CRAWLER_DPU = 2.0
