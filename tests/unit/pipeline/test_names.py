"""Names are a contract between stacks, labs and the local AWS: a changed one would part them."""

from pipeline.names import Names
from pipeline.steps import PIPELINE

NAMES = Names(account="123456789012", region="us-east-1")


def test_names_are_as_agreed() -> None:
    assert {
        "stacks": NAMES.stacks,
        "trail": NAMES.trail,
        "data_bucket": NAMES.data_bucket,
        "raw_database": NAMES.raw_database,
        "curated_database": NAMES.curated_database("glue"),
        "crawl_raw": NAMES.resource(PIPELINE.step("crawl_raw"), "glue"),
        "crawl_curated": NAMES.resource(PIPELINE.step("crawl_curated"), "glue"),
        "job": NAMES.resource(PIPELINE.step("convert")),
        "workflow": NAMES.workflow,
        "state_machine": NAMES.state_machine,
        "start": NAMES.trigger(()),
        "after": NAMES.trigger(("crawl_curated", "verify")),
        "airflow": NAMES.airflow_environment,
        "dag": NAMES.dag,
        "outcomes": NAMES.outcomes,
        "warehouse": NAMES.warehouse,
        "function": NAMES.publisher("glue"),
    } == {
        "stacks": (
            "NF1-LandingZone",
            "NF1-Redshift",
            "NF1-DataZone",
            "NF1-Glue-Lab",
            "NF1-StepFunctions-Lab",
            "NF1-Airflow-Lab",
        ),
        "trail": "nf1-dev-trail-us-east-1",
        "data_bucket": "nf1-dev-data-123456789012-us-east-1",
        "raw_database": "nf1_dev_raw",
        "curated_database": "nf1_dev_curated_glue",
        "crawl_raw": "nf1-dev-crawl_raw",
        "crawl_curated": "nf1-dev-crawl_curated-glue",
        "job": "nf1-dev-convert",
        "workflow": "nf1-dev-csv_to_parquet",
        "state_machine": "nf1-dev-csv_to_parquet",
        "start": "nf1-dev-start",
        "after": "nf1-dev-after-crawl_curated-verify",
        "airflow": "nf1-dev-airflow",
        "dag": "csv_to_parquet",
        "outcomes": "nf1-dev-outcomes",
        "warehouse": "nf1-dev-warehouse",
        "function": "nf1-dev-publish_outcome-glue",
    }


def test_the_longest_allowed_prefix_and_environment_make_a_legal_bucket_name() -> None:
    names = Names(prefix="ABCDEFGH", environment="abcdefghij", account="123456789012", region="ap-southeast-1")
    assert len(names.data_bucket) <= 63
    assert names.data_bucket == names.data_bucket.lower()


def test_only_devs_stacks_go_without_their_environment() -> None:
    assert Names(environment="prod", account="1", region="r").stack("DataZone") == "NF1-prod-DataZone"
    assert Names(prefix="ACME", account="1", region="r").stack("Glue-Lab") == "ACME-Glue-Lab"
