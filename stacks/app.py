"""The app: six stacks in their order, with the CDK's context, wherever it is built from.

Flows in: settings. Flows out: an app to synthesise. A plain `App()` does not read cdk.json, and without its feature
flags templates differ by hundreds of lines; so app.py and the tests both come here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import aws_cdk as cdk

from config.settings import Settings
from pipeline.steps import PIPELINE, Pipeline
from stacks.guards.policy_checks import add_policy_checks
from stacks.labs.airflow_lab import AirflowLab
from stacks.labs.glue_lab import GlueLab
from stacks.labs.stepfunctions_lab import StepFunctionsLab
from stacks.zones.data_zone import DataZone
from stacks.zones.landing_zone import LandingZone
from stacks.zones.redshift import Redshift

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_OUTPUT = ROOT / ".lab" / "cdk.out"


def make_app(
    settings: Settings, *, outdir: Path | None = None, validate: bool | None = None, pipeline: Pipeline = PIPELINE
) -> cdk.App:
    """The six stacks; `validate` None means: unless CDK_VALIDATION is false (most of synth's time is validation)."""
    checked = os.environ.get("CDK_VALIDATION", "true") != "false" if validate is None else validate
    app = cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"],
        outdir=str(outdir or os.environ.get("CDK_OUTDIR") or DEFAULT_OUTPUT),
        builtin_cloud_formation_validation=checked,
    )
    zone = LandingZone(app, settings=settings)
    redshift = Redshift(app, settings=settings, zone=zone)
    data = DataZone(app, settings=settings, zone=zone, redshift=redshift, pipeline=pipeline)
    GlueLab(app, settings=settings, data=data)
    StepFunctionsLab(app, settings=settings, data=data)
    AirflowLab(app, settings=settings, zone=zone, data=data)
    if checked:
        add_policy_checks(app)
    return app
