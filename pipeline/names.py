"""Physical names that more than one part must know, as pure functions of prefix, environment, account and region.

Flows in: four strings, or the slug alone, which is what the DAG and the functions are given. Flows out: names. Nothing
is looked up, and no other part builds such a name by hand: config, stacks, DAG, functions and the lab come here.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import ConfigInvalid
from pipeline.steps import LANES, PIPELINE, Pipeline, Step

LABS = dict(zip(LANES, ("Glue-Lab", "StepFunctions-Lab", "Airflow-Lab"), strict=True))
"""What the name of each lane's stack ends with."""
PARTS = ("LandingZone", "Redshift", "DataZone", *LABS.values())
"""What each stack's name ends with, in the order in which they are deployed."""
UNNAMED_ENVIRONMENT = "dev"
"""The environment whose stacks do not carry its name: the one that commands without any setting deploy."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names of one environment, in one account and region where both are known."""

    prefix: str = "NF1"
    environment: str = "dev"
    account: str = ""
    region: str = ""

    @classmethod
    def of_slug(cls, slug: str) -> Names:
        """Without account and region, so without buckets: ConfigInvalid for a slug that is none, e.g. `nf1`."""
        prefix, dash, environment = slug.partition("-")
        if not (prefix and dash and environment):
            raise ConfigInvalid(f"slug {slug!r} is not prefix and environment; give both, e.g. nf1-dev")
        return cls(prefix=prefix.upper(), environment=environment)

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
        return self._placed("data", self.account, self.region)

    @property
    def logging_bucket(self) -> str:
        """S3 bucket of access logs and CloudTrail."""
        return self._placed("logs", self.account, self.region)

    def _placed(self, what: str, *places: str) -> str:
        if not all(places):
            raise ConfigInvalid(f"{self.slug}-{what} is named after account and region, which are not known here")
        return "-".join((self.slug, what, *places))

    @property
    def trail(self) -> str:
        """CloudTrail trail; one of all regions is seen in each of them, so its home stands in its name."""
        return self._placed("trail", self.region)

    @property
    def key_alias(self) -> str:
        """Alias of the customer key."""
        return self.slug

    @property
    def security_configuration(self) -> str:
        """Glue's security configuration of all jobs and crawlers."""
        return self.slug

    @property
    def query_workgroup(self) -> str:
        """Athena workgroup."""
        return self.slug

    def log_group(self, what: str) -> str:
        """CloudWatch log group of ours; AWS's services prescribe how theirs begin."""
        return f"/{self.slug}/{what}"

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

    def resource(self, step: Step, lane: str | None = None) -> str:
        """Glue job or crawler of a working step; one that lanes share has no lane in its name."""
        if step.is_shared:
            return f"{self.slug}-{step.name}"
        if lane is None:
            raise ConfigInvalid(f"step {step.name} has a resource of its own in each lane; say in which")
        return f"{self.slug}-{step.name}-{lane}"

    def resources(self, lane: str, pipeline: Pipeline = PIPELINE) -> dict[str, str]:
        """The job or crawler of every working step, by the step's name."""
        return {step.name: self.resource(step, lane) for step in pipeline.working}

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
