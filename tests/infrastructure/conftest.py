"""Synthesises each target once per session, without validation; tests read the templates."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# First of all: it tells jsii which Node to start, before anything imports aws_cdk.
from stacks.app import make_app  # isort: skip

from config.loading import load_settings
from config.settings import Settings
from pipeline.names import PARTS

TARGETS = {"us-east-1": "dev", "cn-north-1": "prod"}
"""One environment per partition: what both have in common is then seen in both."""
STACKS = tuple(f"NF1-{part}" for part in PARTS)
"""As they are called in dev, which is how tests ask for any environment's."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write what is synthesised as the new snapshots")


def synthesise(settings: Settings, outdir: Path) -> Path:
    make_app(settings, outdir=outdir, validate=False).synth()
    return outdir


def deployed_name(stack: str, region: str) -> str:
    """What `NF1-DataZone` is called in the environment of this region."""
    environment = TARGETS[region]
    return stack if environment == "dev" else stack.replace("NF1-", f"NF1-{environment}-", 1)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    @functools.cache
    def of(region: str) -> Path:
        settings = load_settings(environment=TARGETS[region], environ={"AWS_DEFAULT_REGION": region})
        assert settings.target.region == region
        return synthesise(settings, tmp_path_factory.mktemp(region))

    return of


@pytest.fixture(scope="session")
def template(assembly: Callable[[str], Path]) -> Callable[..., dict[str, Any]]:
    """`template("NF1-DataZone")`: the dev environment's, or another region's."""

    @functools.cache
    def of(stack: str, region: str = "us-east-1") -> dict[str, Any]:
        return json.loads((assembly(region) / f"{deployed_name(stack, region)}.template.json").read_text())

    return of


@pytest.fixture(scope="session")
def dev() -> Settings:
    return load_settings(environment="dev", environ={})
