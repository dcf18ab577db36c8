"""Fault rules as the user writes them, `STEP:KIND[:N]`, checked before anything runs."""

from __future__ import annotations

from pipeline.errors import ConfigInvalid
from pipeline.steps import PIPELINE

KINDS = ("fails", "times_out", "throttled", "denied", "response_lost", "killed")


def checked_rule(rule: str) -> str:
    """`rule` itself; raises ConfigInvalid naming what is wrong with it and what there is instead."""
    step, kind, *attempt = rule.split(":") if ":" in rule else (rule, "")
    steps = [one.name for one in PIPELINE.steps]
    if step not in steps:
        raise ConfigInvalid(f"--fault {rule}: no step {step!r}; there are {', '.join(steps)}")
    if kind not in KINDS:
        raise ConfigInvalid(f"--fault {rule}: no kind {kind!r}; there are {', '.join(KINDS)}")
    if len(attempt) > 1 or (attempt and not (attempt[0].isdigit() and int(attempt[0]) > 0)):
        raise ConfigInvalid(f"--fault {rule}: {':'.join(attempt)!r} is no attempt; count from 1, as in {step}:{kind}:1")
    return rule
