"""Any valid pipeline renders: stacks, DAG, roles, costs and report order and name its steps as the pipeline does."""

import json
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings

from config.settings import Settings
from lab.measure.cost import cost_of
from lab.measure.work import Work, critical_path_seconds
from lab.orchestrators.run_state import Status, StepRun
from lab.records import Comparison, Input, not_run
from lab.report import report
from lambdas.publish_outcome.run_reading import expects_more, outcome
from local_aws.asl import parse
from pipeline.names import Names
from pipeline.steps import Kind, Pipeline, Step
from stacks.app import make_app
from stacks.rendering.arrangement import arrange, leaves
from stacks.rendering.state_machine import definition
from tests.infrastructure.conftest import STACKS
from tests.infrastructure.dags import read_dags
from tests.infrastructure.graph import Edges, asl_edges, closure, definition_of, glue_edges, resources
from tests.infrastructure.random_pipelines import THIRD_CRAWL, drawn, pipelines
from tests.infrastructure.roles import Role, as_list, roles_of

NAMES = Names(account="123456789012", region="us-east-1")


def rendered_asl(pipeline: Pipeline) -> dict:
    return definition(pipeline, names=NAMES, lane="lane", partition="aws", publisher="publisher")


def has_an_n(steps: tuple[Step, ...], order: Edges) -> bool:
    """Whether four steps are ordered a < c, b < c, b < d and not otherwise: what no nesting can say."""
    names = [step.name for step in steps]
    return any(
        {(a, c), (b, c), (b, d)} <= order and not {(a, d), (d, a), (a, b), (b, a), (c, d), (d, c)} & order
        for a, b, c, d in permutations(names, 4)
    )


@given(pipelines())
@settings(deadline=None, max_examples=150)
def test_a_state_machine_keeps_the_order(pipeline: Pipeline) -> None:
    order = closure(pipeline.edges)
    rendered = closure(asl_edges(rendered_asl(pipeline)))
    assert order <= rendered
    if not has_an_n(pipeline.steps, order):
        assert rendered == order


@given(pipelines())
@settings(deadline=None, max_examples=100)
def test_a_state_machine_is_accepted_and_has_every_step_once(pipeline: Pipeline) -> None:
    assert parse(rendered_asl(pipeline)).start_at
    assert sorted(step.name for step in leaves(arrange(pipeline))) == sorted(step.name for step in pipeline.steps)


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory, dev: Settings) -> Callable[[Pipeline], dict[str, Any]]:
    """Templates of the six stacks of a pipeline, by name."""

    def of(pipeline: Pipeline) -> dict[str, Any]:
        outdir = tmp_path_factory.mktemp("any")
        make_app(dev, outdir=outdir, validate=False, pipeline=pipeline).synth()
        return {stack: json.loads((outdir / f"{stack}.template.json").read_text()) for stack in STACKS}

    return of


def named(*templates: dict[str, Any]) -> set[str]:
    """Jobs and crawlers that the templates make."""
    kinds = ("AWS::Glue::Job", "AWS::Glue::Crawler")
    return {one["Name"] for template in templates for kind in kinds for one in resources(template, kind)}


def started_by(template: dict[str, Any]) -> set[str]:
    """Jobs and crawlers that the triggers or the state machine start, whatever else is said of them."""
    return set(re.findall(r'"(?:JobName|CrawlerName|Name)": "(nf1-dev-[^"]+)"', _starting(template)))


def _starting(template: dict[str, Any]) -> str:
    if resources(template, "AWS::Glue::Trigger"):
        return json.dumps([one["Actions"] for one in resources(template, "AWS::Glue::Trigger")])
    return json.dumps(definition_of(template))


def allowed_by(role: Role, *actions: str) -> set[str]:
    """Last parts of the ARNs on which the role may do any of `actions`."""
    statements = [one for one in role.statements if set(actions) & set(as_list(one["Action"]))]
    return {str(arn).rpartition("/")[2] for one in statements for arn in as_list(one["Resource"])}


@example(THIRD_CRAWL)
@given(pipelines())
@settings(deadline=None, max_examples=8)
def test_stacks_make_what_the_orchestrators_start_and_may_start(
    synthesised: Callable[[Pipeline], dict[str, Any]], pipeline: Pipeline
) -> None:
    found = synthesised(pipeline)
    data, glue, states = found["NF1-DataZone"], found["NF1-Glue-Lab"], found["NF1-StepFunctions-Lab"]
    assert glue_edges(glue, slug="nf1-dev", lane="glue") == pipeline.edges
    assert closure(pipeline.edges) <= closure(asl_edges(definition_of(states)))
    for lane, lab in (("glue", glue), ("stepfunctions", states), ("airflow", found["NF1-Airflow-Lab"])):
        assert named(data, lab) == set(NAMES.resources(lane, pipeline).values())
    assert (started_by(glue), started_by(states)) == (named(data, glue), named(data, states))
    for stack, description in (("NF1-StepFunctions-Lab", "State machine"), ("NF1-Airflow-Lab", "MWAA environment")):
        [role] = [one for one in roles_of(stack, found[stack]) if one.description.startswith(description)]
        assert allowed_by(role, "glue:StartJobRun", "glue:StartCrawler") == named(data, found[stack])


@example(THIRD_CRAWL)
@given(pipelines())
@settings(deadline=None, max_examples=100)
def test_what_a_workflow_run_came_to_is_read_for_every_step(pipeline: Pipeline) -> None:
    nodes = {name: _node(pipeline.step(name), resource) for name, resource in NAMES.resources("lane", pipeline).items()}
    read: dict[str, Any] = {"names": NAMES, "lane": "lane", "pipeline": pipeline}
    run = {"WorkflowRunId": "wr", "Status": "COMPLETED", "Graph": {"Nodes": list(nodes.values())}}
    assert outcome(run, **read).status == "succeeded"
    assert not expects_more(run, **read)
    for name in pipeline.notifying.after:
        lacking = {**run, "Graph": {"Nodes": [node for other, node in nodes.items() if other != name]}}
        assert outcome(lacking, **read).failed_step == name


def _node(step: Step, resource: str) -> dict[str, Any]:
    if step.kind is Kind.CRAWL:
        return {"Name": resource, "CrawlerDetails": {"Crawls": [{"State": "SUCCEEDED"}]}}
    return {"Name": resource, "JobDetails": {"JobRuns": [{"Id": "jr", "JobRunState": "SUCCEEDED"}]}}


BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


@example(THIRD_CRAWL)
@given(pipelines())
@settings(deadline=None, max_examples=50)
def test_a_run_costs_what_its_steps_bill_and_every_cost_is_a_number_or_a_dash(pipeline: Pipeline) -> None:
    ended = BEGAN + timedelta(seconds=60)
    work = tuple(Work(step=step, started_at=BEGAN, ended_at=ended, dpu=2.0) for step in pipeline.working)
    cost = cost_of(
        lane="stepfunctions", work=work, makespan_seconds=60, transitions=9, rpu=8, mwaa_class="mw1.small", on="local"
    )
    assert (cost.crawl > 0, cost.jobs > 0) == (bool(pipeline.of(Kind.CRAWL)), bool(pipeline.of(Kind.JOB)))
    assert (cost.warehouse > 0) == any(step.uses_warehouse for step in pipeline.steps)
    assert cost.total == pytest.approx(cost.orchestrator + cost.crawl + cost.jobs + cost.warehouse, abs=1e-5)
    assert critical_path_seconds(pipeline, work) % 60 == 0
    unknown = not_run("airflow", error="NothingLanded: none", at=BEGAN)
    steps = tuple(StepRun(name=step.name, status=Status.SUCCEEDED, attempt=1) for step in pipeline.steps)
    runs = (
        replace(unknown, orchestrator="stepfunctions", steps=steps, cost_usd=cost),
        unknown,
    )
    page = report(
        Comparison(on="local", started_at=BEGAN, input=Input(files=0, bytes=0, rows=0), runs=runs),
        pipeline=pipeline,
    )
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in page.splitlines() if "│" in line]
    costs = [row[1:] for row in rows if row[0].startswith("USD ")]
    assert len(costs) == 5
    assert all(re.fullmatch(r"\d+\.\d{4}|-", cell) for row in costs for cell in row)
    assert [row[0] for row in rows if row[0] in {step.name for step in pipeline.steps}] == [
        step.name for step in pipeline.steps
    ]


def test_dags_are_the_pipelines_and_start_what_the_stacks_make(tmp_path: Path) -> None:
    given = drawn(30)
    (tmp_path / "pipelines").write_bytes(pickle.dumps(given))
    dags = read_dags(tmp_path, tmp_path / "pipelines")
    assert len(dags) == len(given) > 10
    for pipeline, dag in zip(given, dags, strict=True):
        assert frozenset((before, after) for before, after in dag["edges"]) == pipeline.edges
        assert dag["starts"] == NAMES.resources("airflow", pipeline)


def test_an_n_waits_for_a_wave_and_says_so() -> None:
    steps = (
        Step(name="a", kind=Kind.JOB),
        Step(name="b", kind=Kind.JOB),
        Step(name="c", kind=Kind.JOB, after=("a", "b")),
        Step(name="d", kind=Kind.JOB, after=("b",)),
        Step(name="notify", kind=Kind.NOTIFY, after=("c", "d")),
    )
    pipeline = Pipeline(name="n", steps=steps)
    assert has_an_n(steps, closure(pipeline.edges))
    assert closure(asl_edges(rendered_asl(pipeline))) - closure(pipeline.edges) == {("a", "d")}
