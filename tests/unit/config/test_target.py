"""A target is whole or a placeholder: half an answer must never be deployed. The partition follows from the region."""

import json
from pathlib import Path

import botocore
import pytest

from config.loading import load_settings
from config.target import PARTITIONS, Target, partition_of, target_of, target_problems

WHOLE = {"AWS_ACCOUNT": "111122223333", "AWS_DEFAULT_REGION": "eu-west-1"}


def test_account_and_region_come_from_the_environment() -> None:
    target = target_of(WHOLE)
    assert target == Target(account="111122223333", region="eu-west-1")
    assert not target.is_placeholder


@pytest.mark.parametrize("missing", sorted(WHOLE))
def test_if_either_is_missing_it_is_named_and_the_target_is_a_placeholder(missing: str) -> None:
    target = target_of({name: value for name, value in WHOLE.items() if name != missing})
    assert target.is_placeholder
    assert target.missing == (missing,)


def test_what_the_cdk_cli_makes_up_is_not_believed() -> None:
    environ = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "us-east-1"}
    assert target_of(environ) == Target(
        account="123456789012", region="us-east-1", missing=("AWS_ACCOUNT", "AWS_DEFAULT_REGION")
    )


@pytest.mark.parametrize(
    ("account", "region", "problem"),
    [
        ("1234", "us-east-1", "AWS_ACCOUNT '1234' is no account"),
        ("١١١١٢٢٢٢٣٣٣٣", "us-east-1", "is no account"),
        ("111122223333", "Frankfurt", "AWS_DEFAULT_REGION 'Frankfurt' is no region"),
        ("111122223333", "us-gov-west-1", "us-gov-west-1 is in none of the partitions"),
    ],
)
def test_an_impossible_target_is_refused(account: str, region: str, problem: str) -> None:
    [found] = target_problems(Target(account=account, region=region))
    assert problem in found


def test_an_account_without_a_region_is_refused() -> None:
    [found] = target_problems(target_of({"AWS_ACCOUNT": "111122223333"}))
    assert "AWS_DEFAULT_REGION is not set, and AWS_ACCOUNT is; set both" in found
    assert list(target_problems(target_of({}))) == []
    assert list(target_problems(target_of({"AWS_DEFAULT_REGION": "cn-north-1"}))) == []


def test_every_region_that_botocore_knows_is_in_the_partition_that_it_says() -> None:
    listed = json.loads((Path(botocore.__file__).parent / "data/endpoints.json").read_text())["partitions"]
    regions = {region: one["partition"] for one in listed for region in one["regions"]}
    assert {region: partition_of(region) for region in regions} == {
        region: partition if partition in PARTITIONS else None for region, partition in regions.items()
    }


def test_names_hold_account_and_region_of_the_target() -> None:
    names = load_settings(environment="dev", environ=WHOLE).names
    assert names.data_bucket == "nf1-dev-data-111122223333-eu-west-1"
