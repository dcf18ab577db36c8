"""The pipeline, defined once: which step follows which, what it crawls, whose its resource is, what it bills.

Each stack renders `PIPELINE` in its orchestrator's own terms; a test parses the rendered
artefacts back into edges and compares them with `PIPELINE.edges`. Nothing here calls AWS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

from pipeline.errors import PipelineInvalid

LANES = ("glue", "stepfunctions", "airflow")


class Kind(StrEnum):
    """What carries a step out."""

    CRAWL = "crawl"
    JOB = "job"
    NOTIFY = "notify"


class Crawled(StrEnum):
    """What a crawl catalogs: what all orchestrators share, or one orchestrator's own results."""

    LANDING = "landing"
    CURATED = "curated"


class Billed(StrEnum):
    """What AWS bills while a step's work runs, beside what the orchestrator costs."""

    CRAWLER = "crawler DPU"
    JOB = "job DPU"
    WAREHOUSE = "warehouse RPU"


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The orchestrator's retries; a job's own MaxRetries is 0. Waits grow from `interval_seconds` by `backoff`."""

    attempts: int = 2
    interval_seconds: int = 10
    backoff: float = 2.0
    max_interval_seconds: int = 120


@dataclass(frozen=True, kw_only=True)
class Step:
    """One named unit of work. `name` is verb_object and is used everywhere the step appears.

    `crawls` is given for crawls and nothing else; `uses_warehouse` by jobs that run statements in the warehouse.
    """

    name: str
    kind: Kind
    after: tuple[str, ...] = ()
    crawls: Crawled | None = None
    uses_warehouse: bool = False
    timeout_seconds: int = 1800
    poll_seconds: int = 15
    retry: Retry = field(default_factory=Retry)

    @property
    def is_shared(self) -> bool:
        """Whether all orchestrators start one and the same resource; a job is given the run it works for."""
        return self.kind is Kind.JOB or self.crawls is Crawled.LANDING

    @property
    def bills(self) -> tuple[Billed, ...]:
        """Nothing for the step that notifies: functions and messages are left out of costs."""
        own = {Kind.CRAWL: (Billed.CRAWLER,), Kind.JOB: (Billed.JOB,), Kind.NOTIFY: ()}[self.kind]
        return (*own, Billed.WAREHOUSE) if self.uses_warehouse else own


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Steps in their order of definition; raises `PipelineInvalid` naming every broken rule."""

    name: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        problems = [*_naming_problems(self.steps), *_edge_problems(self.steps)]
        if problems:
            raise PipelineInvalid(f"pipeline {self.name!r}: " + "; ".join(problems))

    @property
    def edges(self) -> frozenset[tuple[str, str]]:
        """(before, after) pairs of step names."""
        return frozenset((before, step.name) for step in self.steps for before in step.after)

    @property
    def working(self) -> tuple[Step, ...]:
        """All steps but the one that notifies."""
        return tuple(step for step in self.steps if step.kind is not Kind.NOTIFY)

    @property
    def notifying(self) -> Step:
        """The one step that notifies."""
        return next(step for step in self.steps if step.kind is Kind.NOTIFY)

    def of(self, kind: Kind) -> tuple[Step, ...]:
        """The steps of one kind."""
        return tuple(step for step in self.steps if step.kind is kind)

    def step(self, name: str) -> Step:
        """Raises KeyError with the known names."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"no step {name!r}; there are {', '.join(s.name for s in self.steps)}")

    def stages(self) -> tuple[tuple[Step, ...], ...]:
        """Steps in waves: every step of a wave may run at once, after all earlier waves."""
        sorter = TopologicalSorter({step.name: step.after for step in self.steps})
        sorter.prepare()
        waves: list[tuple[Step, ...]] = []
        while sorter.is_active():
            ready = set(sorter.get_ready())
            waves.append(tuple(step for step in self.steps if step.name in ready))
            sorter.done(*ready)
        return tuple(waves)


def _naming_problems(steps: tuple[Step, ...]) -> Iterable[str]:
    names = [step.name for step in steps]
    if not names:
        yield "it has no step; add one"
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"step {name!r} is there {names.count(name)} times; give each its own name"
    for step in steps:
        if not step.name.isidentifier() or step.name != step.name.lower():
            yield f"step name {step.name!r} is not verb_object in lower case"
        if (step.kind is Kind.CRAWL) != (step.crawls is not None):
            yield f"step {step.name!r}: a crawl says what it crawls, and no other step does"
        if step.uses_warehouse and step.kind is not Kind.JOB:
            yield f"step {step.name!r}: only a job uses the warehouse"
        if step.timeout_seconds <= 0 or step.poll_seconds <= 0:
            yield f"step {step.name!r}: timeout_seconds and poll_seconds must be positive"
        if step.retry.attempts < 0 or step.retry.backoff < 1:
            yield f"step {step.name!r}: retry attempts must be at least 0 and backoff at least 1"


def _edge_problems(steps: tuple[Step, ...]) -> Iterable[str]:
    names = {step.name for step in steps}
    for step in steps:
        for before in step.after:
            if before not in names:
                yield f"step {step.name!r} comes after {before!r}, which does not exist"
    try:
        TopologicalSorter({step.name: step.after for step in steps}).prepare()
    except CycleError as error:
        yield f"steps wait for each other: {' -> '.join(error.args[1])}"
    notifying = [step.name for step in steps if step.kind is Kind.NOTIFY]
    if len(notifying) != 1:
        yield f"exactly one step notifies, here {notifying or 'none'}"
    elif sinks := names - {before for step in steps for before in step.after} - set(notifying):
        yield f"{sorted(sinks)} end beside {notifying[0]!r}; a run's outcome must know of every step"


PIPELINE = Pipeline(
    name="csv_to_parquet",
    steps=(
        Step(name="crawl_raw", kind=Kind.CRAWL, crawls=Crawled.LANDING, timeout_seconds=1200),
        Step(name="convert", kind=Kind.JOB, after=("crawl_raw",)),
        Step(
            name="crawl_curated",
            kind=Kind.CRAWL,
            after=("convert",),
            crawls=Crawled.CURATED,
            timeout_seconds=1200,
        ),
        Step(name="verify", kind=Kind.JOB, after=("convert",)),
        Step(name="aggregate", kind=Kind.JOB, after=("crawl_curated", "verify")),
        Step(name="load_warehouse", kind=Kind.JOB, after=("aggregate",), uses_warehouse=True),
        Step(name="notify", kind=Kind.NOTIFY, after=("load_warehouse",), timeout_seconds=60),
    ),
)
