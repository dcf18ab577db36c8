"""A pipeline as triggers of a Glue workflow: one trigger per set of steps that others wait for together.

The step that notifies is none of them: a workflow runs crawlers and jobs only, and a function tells the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.steps import Kind, Pipeline, Step


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Starts `starts` once all of `upstream` succeeded; the one without upstream starts the workflow."""

    upstream: tuple[Step, ...]
    starts: tuple[Step, ...]


def triggers(pipeline: Pipeline) -> tuple[Trigger, ...]:
    """Triggers in the order of their first steps, the starting one first."""
    by_upstream: dict[tuple[str, ...], list[Step]] = {}
    for wave in pipeline.stages():
        for step in wave:
            if step.kind is not Kind.NOTIFY:
                by_upstream.setdefault(_said_order(pipeline, step), []).append(step)
    return tuple(
        Trigger(upstream=tuple(pipeline.step(name) for name in names), starts=tuple(steps))
        for names, steps in by_upstream.items()
    )


def _said_order(pipeline: Pipeline, step: Step) -> tuple[str, ...]:
    return tuple(other.name for other in pipeline.steps if other.name in step.after)
