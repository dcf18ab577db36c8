"""What `cdk -c` says is read or refused, and a command that only looks is known for one."""

import json
from typing import Any

import pytest

from pipeline.errors import ConfigInvalid
from stacks.cli_context import chosen_environment, only_looks

CLI = {"aws:cdk:enable-path-metadata": True, "@aws-cdk/core:failSynthOnValidationErrors": False}
"""As the pinned CLI hands it over, feature flags of cdk.json beside it."""


def environ(**context: Any) -> dict[str, str]:
    return {"CDK_CONTEXT_JSON": json.dumps({**CLI, **context})}


def test_the_environment_is_what_was_said_or_nothing() -> None:
    assert chosen_environment(environ(environment="prod")) == "prod"
    assert chosen_environment(environ()) is None
    assert chosen_environment({}) is None


@pytest.mark.parametrize(
    ("context", "remedy"),
    [
        ({"enviroment": "prod"}, "-c enviroment=prod is read by nothing; did you mean -c environment=prod?"),
        ({"Environment": "prod"}, "did you mean -c environment=prod?"),
        ({"prefix": "ACME"}, "-c prefix=ACME is read by nothing; there is -c environment=... only"),
        ({"environment": ""}, "is empty; name one"),
    ],
)
def test_what_nothing_reads_is_refused(context: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        chosen_environment(environ(**context))
    assert remedy in str(raised.value)


def test_lookups_that_the_cdk_keeps_are_not_ours() -> None:
    cached = {"availability-zones:account=1:region=us-east-1": ["us-east-1a"]}
    assert chosen_environment(environ(**cached)) is None


@pytest.mark.parametrize(
    ("bundled", "looks"),
    [({"aws:cdk:bundling-stacks": []}, True), ({"aws:cdk:bundling-stacks": ["**"]}, False), ({}, False)],
)
def test_only_a_command_that_needs_no_assets_goes_without_validation(bundled: dict[str, Any], looks: bool) -> None:
    assert only_looks(environ(**bundled)) is looks
