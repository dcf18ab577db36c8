"""Any valid pipeline renders, and what is rendered orders its steps as the pipeline does."""

from itertools import permutations

import aws_cdk as cdk
from aws_cdk.assertions import Template
from hypothesis import given, settings

from config.names import Names
from local_aws.asl import parse
from pipeline.steps import Kind, Pipeline, Step
from stacks.constructs.etl_workflow import EtlWorkflow
from stacks.rendering.arrangement import arrange, leaves
from stacks.rendering.state_machine import definition
from tests.infrastructure.graph import Edges, asl_edges, closure, glue_edges
from tests.infrastructure.random_pipelines import pipelines

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


@given(pipelines())
@settings(deadline=None, max_examples=20)
def test_glue_triggers_are_the_pipelines_edges(pipeline: Pipeline) -> None:
    stack = cdk.Stack()
    EtlWorkflow(stack, "Etl", pipeline=pipeline, names=NAMES, lane="lane")
    template = Template.from_stack(stack).to_json()
    working = {edge for edge in pipeline.edges if edge[1] != "notify"}
    assert glue_edges(template, slug="nf1-dev", lane="lane") == working


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
