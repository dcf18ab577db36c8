"""The pipeline definition: what is valid, what is refused, in which waves steps run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import PipelineInvalid
from pipeline.steps import PIPELINE, Kind, Pipeline, Retry, Step


def notify(*after: str) -> Step:
    return Step(name="notify", kind=Kind.NOTIFY, after=after)


def test_the_pipeline_runs_crawl_and_verification_side_by_side() -> None:
    waves = [{step.name for step in wave} for wave in PIPELINE.stages()]
    [both] = [wave for wave in waves if "verify" in wave]
    assert both == {"crawl_curated", "verify"}
    assert (waves[:2], waves[-1]) == ([{"crawl_raw"}, {"convert"}], {"notify"})


def test_an_unknown_step_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no step 'load'; there are crawl_raw, convert"):
        PIPELINE.step("load")


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((), "it has no step"),
        ((Step(name="a", kind=Kind.JOB),), "exactly one step notifies"),
        ((Step(name="a", kind=Kind.JOB), notify()), r"\['a'\] end beside 'notify'"),
        ((Step(name="a", kind=Kind.JOB, after=("b",)), notify("a")), "comes after 'b', which does not exist"),
        (
            (
                Step(name="a", kind=Kind.JOB, after=("b",)),
                Step(name="b", kind=Kind.JOB, after=("a",)),
                notify("a"),
            ),
            "steps wait for each other",
        ),
        ((Step(name="a", kind=Kind.JOB), Step(name="a", kind=Kind.JOB), notify("a")), "is there 2 times"),
        ((Step(name="Load It", kind=Kind.JOB), notify("Load It")), "is not verb_object"),
        ((Step(name="a", kind=Kind.JOB, timeout_seconds=0), notify("a")), "must be positive"),
        ((Step(name="a", kind=Kind.JOB, retry=Retry(backoff=0.5)), notify("a")), "backoff at least 1"),
    ],
)
def test_a_broken_rule_is_refused_by_name(steps: tuple[Step, ...], problem: str) -> None:
    with pytest.raises(PipelineInvalid, match=problem):
        Pipeline(name="broken", steps=steps)


def test_all_broken_rules_are_reported_at_once() -> None:
    with pytest.raises(PipelineInvalid) as caught:
        Pipeline(name="broken", steps=(Step(name="A", kind=Kind.JOB, after=("x",), poll_seconds=0),))
    assert str(caught.value).count(";") >= 3


@given(st.integers(2, 8).flatmap(lambda n: st.tuples(*[st.sets(st.integers(0, i - 1)) for i in range(1, n)])))
def test_every_edge_leads_to_a_later_wave(parents: tuple[set[int], ...]) -> None:
    steps = [Step(name="s0", kind=Kind.JOB)]
    steps += [
        Step(name=f"s{i}", kind=Kind.JOB, after=tuple(f"s{p}" for p in sorted(before)))
        for i, before in enumerate(parents, start=1)
    ]
    pipeline = Pipeline(name="random", steps=(*steps, notify(*(step.name for step in steps))))
    wave_of = {step.name: number for number, wave in enumerate(pipeline.stages()) for step in wave}
    assert all(wave_of[before] < wave_of[after] for before, after in pipeline.edges)
    assert len(wave_of) == len(pipeline.steps)
