"""Turns a pipeline's edges into nested "one after the other" and "side by side", which is all a state machine has.

Flows in: a `Pipeline`. Flows out: a tree of `Leaf`, `Series` and `Parallel` in which every edge is kept. A pipeline
whose edges form an N (a before c and d, b before d only) has no such tree without an extra wait: there the steps
that wait for nothing form a wave of their own, and what follows waits for all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.steps import Pipeline, Step


@dataclass(frozen=True)
class Leaf:
    """One step."""

    step: Step


@dataclass(frozen=True)
class Series:
    """Parts that run one after the other."""

    parts: tuple[Arrangement, ...]


@dataclass(frozen=True)
class Parallel:
    """Parts that run side by side; it ends when all have ended."""

    parts: tuple[Arrangement, ...]


Arrangement = Leaf | Series | Parallel


def arrange(pipeline: Pipeline) -> Arrangement:
    """The pipeline as a tree; its leaves are its steps, each once."""
    before: dict[str, frozenset[str]] = {}
    for wave in pipeline.stages():
        for step in wave:
            before[step.name] = frozenset(step.after).union(*(before[name] for name in step.after))
    return _arrange(pipeline.steps, before)


def leaves(arrangement: Arrangement) -> tuple[Step, ...]:
    """Its steps, in their order of definition."""
    if isinstance(arrangement, Leaf):
        return (arrangement.step,)
    return tuple(step for part in arrangement.parts for step in leaves(part))


def _arrange(steps: tuple[Step, ...], before: dict[str, frozenset[str]]) -> Arrangement:
    if len(steps) == 1:
        return Leaf(steps[0])

    def ordered(one: Step, other: Step) -> bool:
        return one.name in before[other.name] or other.name in before[one.name]

    independent = _groups(steps, linked=ordered)
    if len(independent) > 1:
        return Parallel(tuple(_arrange(group, before) for group in independent))
    successive = _groups(steps, linked=lambda one, other: not ordered(one, other))
    if len(successive) == 1:
        names = {step.name for step in steps}
        first = tuple(step for step in steps if not before[step.name] & names)
        successive = [first, tuple(step for step in steps if step not in first)]
    # A step of an earlier group has fewer predecessors than any step of a later one.
    successive.sort(key=lambda group: min(len(before[step.name]) for step in group))
    return Series(tuple(part for group in successive for part in _flat(_arrange(group, before))))


def _flat(arrangement: Arrangement) -> Iterable[Arrangement]:
    return arrangement.parts if isinstance(arrangement, Series) else (arrangement,)


def _groups(steps: tuple[Step, ...], *, linked) -> list[tuple[Step, ...]]:
    """Connected components under `linked`, in the order of their first steps."""
    left, groups = list(steps), []
    while left:
        group, frontier = [], [left.pop(0)]
        while frontier:
            step = frontier.pop()
            group.append(step)
            near = [other for other in left if linked(step, other)]
            frontier += near
            left = [other for other in left if other not in near]
        groups.append(tuple(step for step in steps if step in group))
    return groups
