"""Choice: every operator on matching, other and wrongly typed values; what happens without a match."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl.runtime.choice_rules import OPERATORS, matches
from local_aws.asl.runtime.scope import Scope
from tests.unit.local_aws.asl.cases.machine import Trial, machine, run

NOON, ONE = "2026-03-01T12:00:00Z", "2026-03-01T14:00:00+01:00"  # one o'clock UTC
ORDERED = {"String": ("apple", "pear"), "Numeric": (1.5, 2), "Timestamp": (NOON, ONE)}
ANSWERS = {
    "Equals": (False, True, False),
    "LessThan": (True, False, False),
    "LessThanEquals": (True, True, False),
    "GreaterThan": (False, False, True),
    "GreaterThanEquals": (False, True, True),
}
STRANGE = [None, True, [], {}, "x", 7]


def holds(rule: dict[str, Any], **values: Any) -> bool:
    return matches(rule, Scope(input=values, context={}, variables={}))


@pytest.mark.parametrize("order", ANSWERS)
@pytest.mark.parametrize("kind", ORDERED)
def test_ordered_operators_and_their_path_twins(kind: str, order: str) -> None:
    low, high = ORDERED[kind]
    for (left, right), answer in zip([(low, high), (high, high), (high, low)], ANSWERS[order], strict=True):
        assert holds({"Variable": "$.v", f"{kind}{order}": right}, v=left) is answer
        assert holds({"Variable": "$.v", f"{kind}{order}Path": "$.w"}, v=left, w=right) is answer


@pytest.mark.parametrize("order", ANSWERS)
@pytest.mark.parametrize("kind", ORDERED)
def test_wrong_types_never_match(kind: str, order: str) -> None:
    for value in STRANGE:
        if kind == "String" and isinstance(value, str):
            continue
        if kind == "Numeric" and value == 7:
            continue
        assert holds({"Variable": "$.v", f"{kind}{order}": ORDERED[kind][1]}, v=value) is False


@pytest.mark.parametrize(
    ("test", "yes", "no"),
    [
        ("IsNull", [None], [0, "", False, {}]),
        ("IsString", ["", "x"], [None, 1, []]),
        ("IsNumeric", [0, 1.5], [True, "1", None]),
        ("IsBoolean", [True, False], [0, "true", None]),
        ("IsTimestamp", [NOON, ONE, "2024-02-29T00:00:00.123456789Z"], ["2026-03-01", "2026-02-30T00:00:00Z", "12", 5]),
    ],
)
def test_type_tests(test: str, yes: list[Any], no: list[Any]) -> None:
    assert [holds({"Variable": "$.v", test: True}, v=value) for value in yes + no] == [True] * len(yes) + [False] * len(
        no
    )
    assert [holds({"Variable": "$.v", test: False}, v=value) for value in yes + no] == [False] * len(yes) + [
        True
    ] * len(no)


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("log-*.txt", "log-2026.txt", True),
        ("log-*.txt", "log-.txt", True),
        ("log-*.txt", "xlog-1.txt", False),
        ("*", "", True),
        ("a.c", "abc", False),
        (r"5\*", "5*", True),
        (r"5\*", "55", False),
        (r"a\\*", "a\\tail", True),
        ("a*\n", "a\n\n", True),
    ],
)
def test_string_matches(pattern: str, text: str, answer: bool) -> None:
    assert holds({"Variable": "$.v", "StringMatches": pattern}, v=text) is answer


def test_presence_looks_where_others_fail() -> None:
    assert holds({"Variable": "$.v", "IsPresent": True}, v=None)
    assert holds({"Variable": "$.v.w", "IsPresent": False}, v=3)
    assert not holds({"Variable": "$.ghost", "IsPresent": True})


def test_and_or_not_nest() -> None:
    rule = {
        "And": [
            {"Or": [{"Variable": "$.v", "NumericEquals": 1}, {"Variable": "$.v", "NumericEquals": 2}]},
            {"Not": {"Variable": "$.w", "BooleanEquals": True}},
        ]
    }
    answers = [holds(rule, v=v, w=w) for v, w in [(1, False), (2, False), (3, False), (1, True)]]
    assert answers == [True, True, False, False]


def test_operators_are_all_thirty_nine_of_the_language() -> None:
    assert len(OPERATORS) == 6 + 1 + 2 + 15 * 2


def chooser(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return machine("Q", Q={"Type": "Choice", "Choices": list(rules), **fields}, Y={"Type": "Succeed"})


def test_first_match_wins() -> None:
    definition = machine(
        "Q",
        Q={
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericGreaterThan": 0, "Next": "A"},
                {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "B"},
            ],
            "Default": "B",
        },
        A={"Type": "Pass", "Result": "a", "End": True},
        B={"Type": "Pass", "Result": "b", "End": True},
    )
    assert [run(definition, {"n": n}).output for n in (5, 0)] == ["a", "b"]


def test_no_match_without_default_fails_the_execution() -> None:
    outcome = run(chooser({"Variable": "$.n", "NumericEquals": 1, "Next": "Y"}), {"n": 2})
    assert (outcome.status, outcome.error) == ("FAILED", "States.NoChoiceMatched")


def test_path_that_leads_nowhere_fails_the_execution_even_with_a_default() -> None:
    outcome = run(chooser({"Variable": "$.ghost", "NumericEquals": 1, "Next": "Y"}, Default="Y"), {"n": 2})
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert "Invalid path '$.ghost'" in outcome.cause


def test_assignments_of_the_rule_replace_those_of_the_state() -> None:
    definition = chooser(
        {"Variable": "$.n", "NumericEquals": 1, "Next": "Y", "Assign": {"way": "rule"}},
        Default="Y",
        Assign={"way": "default", "n.$": "$.n"},
    )
    assigned = []
    for n in (1, 2):
        trial = Trial(definition, {"n": n})
        assert trial.run().status == "SUCCEEDED"
        assigned.append(trial.details("ChoiceStateExited")[0]["assignedVariables"])
    assert assigned == [{"way": '"rule"'}, {"way": '"default"', "n": "2"}]
