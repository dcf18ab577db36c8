"""Fault rules: what is a rule, whom it strikes, how often."""

from __future__ import annotations

import pytest

from local_aws.services.faults import Faults, RuleRefused, parsed_rule, step_of
from local_aws.wire.errors import AwsError

RESOURCES = ("nf1-dev-convert", "nf1-dev-load_warehouse", "nf1-dev-crawl_raw", "nf1-dev-crawl_curated-glue")


def faults(*rules: str) -> Faults:
    made = Faults(known_resources=lambda: RESOURCES)
    made.set(rules)
    return made


@pytest.mark.parametrize(
    ("resource", "step"),
    [
        ("nf1-dev-convert", "convert"),
        ("nf1-dev-load_warehouse", "load_warehouse"),
        ("nf1-dev-crawl_curated-glue", "crawl_curated"),
        ("nf1-dev-crawl_raw", "crawl_raw"),
        ("convert", "convert"),
    ],
)
def test_a_resource_carries_its_step(resource: str, step: str) -> None:
    assert step_of(resource) == step


def test_a_rule_without_number_strikes_every_attempt() -> None:
    struck = faults("convert:fails")
    assert all(struck.strike("nf1-dev-convert", "role") for _ in range(3))
    assert struck.strike("nf1-dev-load_warehouse", "role") is None


def test_a_rule_with_a_number_strikes_that_attempt_of_each_role() -> None:
    struck = faults("convert:fails:2")
    for role in ("one", "two"):
        assert [bool(struck.strike("nf1-dev-convert", role)) for _ in range(3)] == [False, True, False]


def test_setting_rules_again_counts_afresh() -> None:
    struck = faults("convert:fails:1")
    assert struck.strike("nf1-dev-convert", "role")
    struck.set(["convert:fails:1"])
    assert struck.strike("nf1-dev-convert", "role")
    struck.set([])
    assert struck.strike("nf1-dev-convert", "role") is None


def test_a_refused_rule_changes_nothing() -> None:
    struck = faults("convert:fails")
    with pytest.raises(RuleRefused, match="glue"):
        struck.set(["glue:fails"])
    assert struck.strike("nf1-dev-convert", "role")


@pytest.mark.parametrize("text", ["", "convert", "convert:fails:x", "convert:fails:1:2", "convert:breaks", "x:fails"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleRefused):
        parsed_rule(text, ["convert"])


@pytest.mark.parametrize(("kind", "code"), [("throttled", "ThrottlingException"), ("denied", "AccessDeniedException")])
def test_a_start_is_refused_by_the_wires_errors(kind: str, code: str) -> None:
    fault = faults(f"convert:{kind}").strike("nf1-dev-convert", "role")
    assert fault is not None
    with pytest.raises(AwsError) as refused:
        fault.refuse(action="glue:StartJobRun", resource="nf1-dev-convert")
    assert refused.value.code == code


def test_other_kinds_let_the_start_pass() -> None:
    fault = faults("convert:killed").strike("nf1-dev-convert", "role")
    assert fault is not None
    assert fault.refuse(action="glue:StartJobRun", resource="nf1-dev-convert") is None
