"""A target is whole or a placeholder: half an answer must never be deployed."""

import pytest

from config.loading import load_settings
from config.target import Target, target_of, target_problems

WHOLE = {"AWS_ACCOUNT": "111122223333", "AWS_DEFAULT_REGION": "eu-west-1"}


def test_account_and_region_come_from_the_environment() -> None:
    target = target_of(WHOLE, partition="aws")
    assert target == Target(account="111122223333", region="eu-west-1")
    assert not target.is_placeholder


@pytest.mark.parametrize("missing", sorted(WHOLE))
def test_if_either_is_missing_the_account_is_a_placeholder_and_it_is_named(missing: str) -> None:
    target = target_of({name: value for name, value in WHOLE.items() if name != missing}, partition="aws")
    assert target.account == "123456789012"
    assert target.missing == (missing,)


def test_what_the_cdk_cli_makes_up_is_not_believed() -> None:
    environ = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": "us-east-1"}
    assert target_of(environ, partition="aws-cn") == Target(
        account="123456789012", region="cn-north-1", missing=("AWS_ACCOUNT", "AWS_DEFAULT_REGION")
    )


@pytest.mark.parametrize(
    ("account", "region", "partition", "problem"),
    [
        ("1234", "us-east-1", "aws", "AWS_ACCOUNT '1234' is no account"),
        ("111122223333", "Frankfurt", "aws", "AWS_DEFAULT_REGION 'Frankfurt' is no region"),
        ("111122223333", "us-east-1", "aws-cn", "us-east-1 is not in partition 'aws-cn'"),
        ("111122223333", "cn-north-1", "aws", "cn-north-1 is not in partition 'aws'"),
    ],
)
def test_an_impossible_target_is_refused(account: str, region: str, partition: str, problem: str) -> None:
    [found] = target_problems(Target(account=account, region=region), partition=partition)
    assert problem in found


def test_names_hold_account_and_region_of_the_target() -> None:
    names = load_settings(environment="dev", environ=WHOLE).names
    assert names.data_bucket == "nf1-dev-data-111122223333-eu-west-1"
