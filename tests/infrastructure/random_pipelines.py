"""Any valid pipeline, for property tests: up to seven steps with any edges among them, and one that notifies."""

from hypothesis import strategies as st

from pipeline.steps import Kind, Pipeline, Step

NAMES = ("load_a", "check_b", "crawl_c", "join_d", "sort_e", "crawl_f", "make_g")


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    count = draw(st.integers(min_value=1, max_value=len(NAMES)))
    steps: list[Step] = []
    for position, name in enumerate(NAMES[:count]):
        after = draw(st.sets(st.sampled_from(NAMES[:position]), max_size=3)) if position else set()
        kind = draw(st.sampled_from([Kind.JOB, Kind.CRAWL]))
        steps.append(Step(name=name, kind=kind, after=tuple(sorted(after))))
    sinks = {step.name for step in steps} - {before for step in steps for before in step.after}
    steps.append(Step(name="notify", kind=Kind.NOTIFY, after=tuple(sorted(sinks)), timeout_seconds=60))
    return Pipeline(name="random", steps=tuple(draw(st.permutations(steps))))
