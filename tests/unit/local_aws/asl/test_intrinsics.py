"""The States.* functions: values, rounding, escapes, and failures that a Catch can see."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl.runtime.intrinsics import BadIntrinsic, parse_intrinsic
from tests.unit.local_aws.asl.cases.machine import FUNCTION, Trial, machine, pass_output, run, task


def call(text: str, input: Any = None) -> Any:
    return pass_output({"r.$": text}, {} if input is None else input)["r"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Array()", []),
        ("States.Array(1, 'two', true, null, $.n)", [1, "two", True, None, 1.5]),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [2.0, True], [1]]),
        ("States.ArrayContains($.list, 2.0)", True),
        ("States.ArrayContains($.list, 1.0)", False),
        ("States.ArrayContains($.list, false)", False),
        ("States.ArrayRange(1, 9, 4)", [1, 5, 9]),
        ("States.ArrayRange(3, -3, -3)", [3, 0, -3]),
        ("States.ArrayGetItem($.list, 0)", 1),
        ("States.ArrayLength($.list)", 5),
        ("States.ArrayUnique($.list)", [1, 2, 2.0, True]),
        ("States.Base64Encode('Zürich')", "WsO8cmljaA=="),
        ("States.Base64Decode('WsO8cmljaA==')", "Zürich"),
        ("States.Hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("States.Hash($.object, 'SHA-1')", "9f89c740ceb46d7418c924a78ac57941d5e96520"),
        ("States.JsonMerge($.object, $.other, false)", {"a": {"z": 1}, "b": 2}),
        ("States.StringToJson('')", None),
        ("States.StringToJson('{\"k\": [1, 2.0]}')", {"k": [1, 2.0]}),
        ("States.JsonToString($.object)", '{"a":1}'),
        ("States.MathAdd($.n, -0.5)", 2),
        ("States.MathAdd(111, -1)", 110),
        ("States.StringSplit('2026-01-02T03', '-T')", ["2026", "01", "02", "03"]),
        ("States.StringSplit('a]b^c', ']^')", ["a", "b", "c"]),
        ("States.StringSplit('abc', '')", ["abc"]),
        ("States.Format('{} of {}: {}', $.n, null, $.object)", '1.5 of null: {"a":1}'),
        (r"States.Format('it\'s \{{}\}', 'x')", "it's {x}"),
        (r"States.Format('a\\b')", "a\\b"),
        ("States.Format('{}', States.MathAdd(States.ArrayLength($.list), 1))", "6"),
        ("States.ArrayLength(States.StringSplit('a,b', ','))", 2),
        ("States.Format('{}', $.list[?(@ == 2)])", "[2,2.0]"),
    ],
)
def test_function_gives(text: str, value: Any) -> None:
    data = {"n": 1.5, "list": [1, 2, 2.0, True, 1], "object": {"a": 1}, "other": {"a": {"z": 1}, "b": 2}}
    result = call(text, data)
    assert (result, type(result)) == (value, type(value))


def test_random_values_repeat_with_the_seed() -> None:
    definition = machine(
        "P",
        P={
            "Type": "Pass",
            "Parameters": {
                "id.$": "States.UUID()",
                "n.$": "States.MathRandom(1, 1000)",
                "m.$": "States.MathRandom(1, 9, 4)",
            },
            "End": True,
        },
    )
    first, again, other = (Trial(definition, seed=seed).run().output for seed in (1, 1, 2))
    assert first == again
    assert (first["id"], first["n"]) != (other["id"], other["n"])
    assert first["m"] == other["m"]
    assert len(first["id"]) == 36
    assert first["id"][14] == "4"


@pytest.mark.parametrize(
    "text",
    [
        "States.ArrayPartition($.list, 0)",
        "States.ArrayGetItem($.list, 5)",
        "States.ArrayGetItem($.text, 0)",
        "States.ArrayRange(1, 5, 0)",
        "States.ArrayRange(1, 5000, 1)",
        "States.ArrayLength($.text)",
        "States.Base64Decode('%%')",
        "States.Hash($.text, 'CRC32')",
        "States.JsonMerge($.object, $.object, true)",
        "States.StringToJson('{')",
        "States.StringToJson('NaN')",
        "States.MathAdd(1, true)",
        "States.MathAdd(1)",
        "States.MathRandom(5, 5)",
        "States.Format('{}')",
        "States.Format('{}', 1, 2)",
        "States.Format($.object)",
        "States.UUID(1)",
    ],
)
def test_bad_argument_fails_and_can_be_caught(text: str) -> None:
    states = {
        "T": task(
            FUNCTION, Parameters={"r.$": text}, Catch=[{"ErrorEquals": ["States.IntrinsicFailure"], "Next": "C"}]
        ),
        "C": {"Type": "Pass", "End": True},
    }
    data = {"list": [1], "text": "x", "object": {}}
    caught = run(machine("T", **states), data)
    assert caught.status == "SUCCEEDED"
    assert caught.output["Error"] == "States.IntrinsicFailure"
    assert "had the following error" in caught.output["Cause"]
    uncaught = run(machine("P", P={"Type": "Pass", "Parameters": {"r.$": text}, "End": True}), data)
    assert (uncaught.status, uncaught.error) == ("FAILED", "States.IntrinsicFailure")


def test_missing_path_in_a_function_is_a_runtime_failure() -> None:
    outcome = run(machine("P", P={"Type": "Pass", "Parameters": {"r.$": "States.Array($.ghost)"}, "End": True}))
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert "'$.ghost' could not be found in the input '{}'" in outcome.cause


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope(1)",
        "States.Array(1",
        "States.Array(1,)",
        "States.Array('x)",
        "States.Array(1) 2",
        "States.Array(x)",
        "Array(1)",
    ],
)
def test_broken_call_is_refused(text: str) -> None:
    with pytest.raises(BadIntrinsic):
        parse_intrinsic(text)
