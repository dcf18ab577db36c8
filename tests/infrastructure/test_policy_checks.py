"""Validation and cdk-nag, both on: nothing is found that is not acknowledged, and a bad bucket would be."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from config.loading import load_settings
from config.settings import Settings
from stacks.access.grants import Grant
from stacks.app import make_app


def findings(outdir: Path) -> dict[str, list[str]]:
    """Resources by the rules that they break, warnings included."""
    report = json.loads((outdir / "validation-report.json").read_text())
    return {
        violation["ruleName"]: [str(where) for where in violation["violatingConstructs"]]
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
    }


@pytest.mark.parametrize(
    ("environment", "region"), [("dev", "us-east-1"), ("prod", "cn-north-1"), ("dev", "cn-northwest-1")]
)
def test_nothing_is_found_that_is_not_acknowledged(environment: str, region: str, tmp_path: Path) -> None:
    settings = load_settings(environment=environment, environ={"AWS_DEFAULT_REGION": region})
    make_app(settings, outdir=tmp_path, validate=True).synth()
    unsaid = {rule: where for rule, where in findings(tmp_path).items() if "placeholder-account" not in rule}
    assert unsaid == {}


def test_a_bad_bucket_is_found(dev: Settings, tmp_path: Path) -> None:
    app = make_app(dev, outdir=tmp_path, validate=True)
    s3.CfnBucket(cdk.Stack(app, "Bad"), "Open")
    with pytest.raises(Exception, match="ValidationFailed"):
        app.synth()
    found: dict[str, Any] = findings(tmp_path)
    assert any("AwsSolutions-S1" in rule and "Bad/Open" in str(where) for rule, where in found.items()), found


def test_a_wildcard_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="give the reason"):
        Grant(actions=("s3:GetObject",), resources=("*",))
    with pytest.raises(ValueError, match="name each action"):
        Grant(actions=("s3:*",), resources=("arn:aws:s3:::bucket",), reason="lazy")
