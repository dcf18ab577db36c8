"""Physical names that more than one part must know, as pure functions of prefix, environment, account and region.

Flows in: four strings. Flows out: names. Nothing is looked up, and no other part builds such a name by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.steps import PIPELINE, Kind

PARTS = ("LandingZone", "Redshift", "DataZone", "Glue-Lab", "StepFunctions-Lab", "Airflow-Lab")
"""What each stack's name ends with, in the order in which they are deployed."""
UNNAMED_ENVIRONMENT = "dev"
"""The environment whose stacks do not carry its name: the one that commands without any setting deploy."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names of one environment in one account and region."""

    prefix: str = "NF1"
    environment: str = "dev"
    account: str
    region: str

    @property
    def slug(self) -> str:
        """What every physical name begins with, e.g. `nf1-dev`."""
        return f"{self.prefix.lower()}-{self.environment}"

    def stack(self, part: str) -> str:
        """CloudFormation stack: `NF1-DataZone` in dev, else `NF1-prod-DataZone`; no two environments can meet.

        A part begins with a capital and an environment does not, so no environment's stack is another's.
        """
        named = () if self.environment == UNNAMED_ENVIRONMENT else (self.environment,)
        return "-".join((self.prefix, *named, part))

    @property
    def stacks(self) -> tuple[str, ...]:
        """All of this environment, in the order in which they are deployed."""
        return tuple(self.stack(part) for part in PARTS)

    @property
    def data_bucket(self) -> str:
        """S3 bucket of landing and of every lane; account and region make it unique in the world."""
        return f"{self.slug}-data-{self.account}-{self.region}"

    @property
    def logging_bucket(self) -> str:
        """S3 bucket of access logs and CloudTrail."""
        return f"{self.slug}-logs-{self.account}-{self.region}"

    @property
    def trail(self) -> str:
        """CloudTrail trail; one of all regions is seen in each of them, so its home stands in its name."""
        return f"{self.slug}-trail-{self.region}"

    @property
    def raw_database(self) -> str:
        """Glue database of the tables over landing."""
        return f"{self.slug}_raw".replace("-", "_")

    @property
    def curated_database_prefix(self) -> str:
        """A lane's name appended gives the lane's Glue database."""
        return f"{self.slug}_curated_".replace("-", "_")

    def curated_database(self, lane: str) -> str:
        """Glue database of the lane's curated tables."""
        return f"{self.curated_database_prefix}{lane}"

    def crawler(self, step: str, lane: str) -> str:
        """Glue crawler of a crawl step; the first crawl of the pipeline reads what lanes share, so it has no lane."""
        shared = PIPELINE.steps[0].name
        return f"{self.slug}-{step}" if step == shared else f"{self.slug}-{step}-{lane}"

    def job(self, step: str) -> str:
        """Glue job of a job step; lanes share it and pass `--lane`."""
        return f"{self.slug}-{step}"

    @property
    def jobs(self) -> tuple[str, ...]:
        """Every job of the pipeline."""
        return tuple(self.job(step.name) for step in PIPELINE.steps if step.kind is Kind.JOB)

    @property
    def workflow(self) -> str:
        """Glue workflow."""
        return f"{self.slug}-{PIPELINE.name}"

    @property
    def state_machine(self) -> str:
        """Step Functions state machine."""
        return f"{self.slug}-{PIPELINE.name}"

    @property
    def airflow_environment(self) -> str:
        """MWAA environment; its log groups are named after it."""
        return f"{self.slug}-airflow"

    @property
    def dag(self) -> str:
        """Airflow DAG id."""
        return PIPELINE.name

    @property
    def outcomes(self) -> str:
        """SNS topic of run outcomes, and the SQS queue that keeps a copy for audit."""
        return f"{self.slug}-outcomes"

    @property
    def warehouse(self) -> str:
        """Redshift Serverless namespace and workgroup."""
        return f"{self.slug}-warehouse"

    def function(self, folder: str) -> str:
        """Lambda function of `lambdas/<folder>`."""
        return f"{self.slug}-{folder}"

    def publisher(self, lane: str) -> str:
        """Lambda function that publishes the outcomes of a lane's runs."""
        return self.function(f"publish_outcome-{lane}")

    def trigger(self, upstream: tuple[str, ...]) -> str:
        """Glue trigger that fires once all of `upstream` succeeded; without any, the start of the workflow."""
        return f"{self.slug}-after-{'-'.join(upstream)}" if upstream else f"{self.slug}-start"
