"""The pipeline is said once: what each orchestrator was given, read back, is `pipeline.steps.PIPELINE`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.steps import PIPELINE
from tests.infrastructure.dags import read_dags
from tests.infrastructure.graph import asl_edges, definition_of, glue_edges

Template = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(("region", "slug"), [("us-east-1", "nf1-dev"), ("cn-north-1", "nf1-prod")])
def test_glue_triggers_are_the_pipeline(template: Template, region: str, slug: str) -> None:
    assert glue_edges(template("NF1-Glue-Lab", region), slug=slug, lane="glue") == PIPELINE.edges


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_the_state_machine_is_the_pipeline(template: Template, region: str) -> None:
    assert asl_edges(definition_of(template("NF1-StepFunctions-Lab", region))) == PIPELINE.edges


def test_the_dag_is_the_pipeline(tmp_path: Path) -> None:
    [printed] = read_dags(tmp_path)
    assert printed["dag"] == PIPELINE.name
    assert frozenset((before, after) for before, after in printed["edges"]) == PIPELINE.edges


def test_a_forgotten_trigger_is_noticed(template: Template) -> None:
    whole = template("NF1-Glue-Lab")
    cut = {
        "Resources": {
            name: resource
            for name, resource in whole["Resources"].items()
            if resource["Properties"].get("Name") != "nf1-dev-after-convert"
        }
    }
    assert len(cut["Resources"]) == len(whole["Resources"]) - 1
    assert glue_edges(cut, slug="nf1-dev", lane="glue") != PIPELINE.edges


def test_a_skipped_state_is_noticed(template: Template) -> None:
    definition = definition_of(template("NF1-StepFunctions-Lab"))
    definition["States"]["aggregate"]["Next"] = "notify"
    assert asl_edges(definition) != PIPELINE.edges
