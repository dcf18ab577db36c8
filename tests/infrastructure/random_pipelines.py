"""Any valid pipeline, for property tests: up to seven steps with any edges among them, and one that notifies.

Jobs have the names of the real ones, in any order, since a job is a script of its name with grants of its own.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.steps import PIPELINE, Crawled, Kind, Pipeline, Step
from stacks.access.job_needs import NEEDS

CRAWLS = ("crawl_a", "crawl_b", "crawl_c", "crawl_d")
ANOTHER = Step(name="crawl_again", kind=Kind.CRAWL, crawls=Crawled.CURATED, after=("load_warehouse",))
THIRD_CRAWL = Pipeline(
    name="third_crawl",
    steps=(
        *PIPELINE.working,
        ANOTHER,
        Step(name=PIPELINE.notifying.name, kind=Kind.NOTIFY, after=(ANOTHER.name,), timeout_seconds=60),
    ),
)
"""The pipeline as it is, with a step of each kind, and a second crawl of curated data."""


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    names = draw(st.lists(st.sampled_from((*NEEDS, *CRAWLS)), min_size=1, max_size=7, unique=True))
    steps: list[Step] = []
    for position, name in enumerate(names):
        after = tuple(sorted(draw(st.sets(st.sampled_from(names[:position]), max_size=3)) if position else set()))
        if name in NEEDS:
            step = Step(name=name, kind=Kind.JOB, after=after, uses_warehouse=draw(st.booleans()))
        else:
            step = Step(name=name, kind=Kind.CRAWL, after=after, crawls=draw(st.sampled_from(Crawled)))
        steps.append(step)
    sinks = {step.name for step in steps} - {before for step in steps for before in step.after}
    steps.append(Step(name="notify", kind=Kind.NOTIFY, after=tuple(sorted(sinks)), timeout_seconds=60))
    return Pipeline(name="random", steps=tuple(draw(st.permutations(steps))))


def drawn(count: int) -> list[Pipeline]:
    """For what is too slow to be asked of one pipeline at a time."""
    found = [THIRD_CRAWL]

    @settings(deadline=None, max_examples=count, database=None)
    @given(pipelines())
    def draw(pipeline: Pipeline) -> None:
        found.append(pipeline)

    draw()
    return found
