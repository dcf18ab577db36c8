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

TARGETS = {"us-east-1": "dev", "cn-north-1": "china"}
STACKS = (
    "NF1-LandingZone",
    "NF1-Redshift",
    "NF1-DataZone",
    "NF1-Glue-Lab",
    "NF1-StepFunctions-Lab",
    "NF1-Airflow-Lab",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write what is synthesised as the new snapshots")


def synthesise(settings: Settings, outdir: Path) -> Path:
    make_app(settings, outdir=outdir, validate=False).synth()
    return outdir


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    @functools.cache
    def of(region: str) -> Path:
        settings = load_settings(environment=TARGETS[region], environ={})
        assert settings.target.region == region
        return synthesise(settings, tmp_path_factory.mktemp(region))

    return of


@pytest.fixture(scope="session")
def template(assembly: Callable[[str], Path]) -> Callable[..., dict[str, Any]]:
    """`template("NF1-DataZone")`: the dev environment's, or another region's."""

    @functools.cache
    def of(stack: str, region: str = "us-east-1") -> dict[str, Any]:
        return json.loads((assembly(region) / f"{stack}.template.json").read_text())

    return of


@pytest.fixture(scope="session")
def dev() -> Settings:
    return load_settings(environment="dev", environ={})
