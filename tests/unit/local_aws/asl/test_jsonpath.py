"""JSONPath in the Jayway dialect: what is found, what is an empty list, and how a miss is told."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl.runtime.errors import PathNotFound
from local_aws.asl.runtime.jsonpath import BadPath, parse_path, put
from local_aws.asl.runtime.scope import Scope, parse_rooted

SHOP = {
    "name": "Ada's shop",
    "lanes": [
        {"id": "glue", "runs": 3, "tags": ["a", "b"]},
        {"id": "airflow", "runs": 7, "tags": []},
        {"id": "sfn", "runs": 5},
    ],
    "odd key": {"x.y": 1, "nested": {"id": "deep"}},
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", SHOP),
        ("$.name", "Ada's shop"),
        ("$['odd key']['x.y']", 1),
        ('$["odd key"]["nested"].id', "deep"),
        ("$.lanes[0].id", "glue"),
        ("$.lanes[-1].id", "sfn"),
        ("$.none", None),
        ("$.lanes[*].id", ["glue", "airflow", "sfn"]),
        ("$.lanes[0,2].id", ["glue", "sfn"]),
        ("$.lanes[1:].runs", [7, 5]),
        ("$.lanes[:1].runs", [3]),
        ("$.lanes[-2:].runs", [7, 5]),
        ("$.lanes[::2].runs", [3, 5]),
        ("$..id", ["glue", "airflow", "sfn", "deep"]),
        ("$.lanes[*].tags[*]", ["a", "b"]),
        ("$.lanes[0]['id','runs']", {"id": "glue", "runs": 3}),
        ("$.lanes[?(@.runs > 4)].id", ["airflow", "sfn"]),
        ("$.lanes[?(@.runs > 4 && @.id == 'sfn')].runs", [5]),
        ("$.lanes[?(@.id == 'glue' || @.runs >= 7)].runs", [3, 7]),
        ("$.lanes[?(@.tags)].id", ["glue", "airflow"]),
        ("$.lanes[?(!(@.tags))].id", ["sfn"]),
        ("$.lanes[?(@.id in ['glue','sfn'])].runs", [3, 5]),
        ("$.lanes[?(@.tags[0] == 'a')].id", ["glue"]),
        ('$.lanes[?(@.id != "glue")].runs', [7, 5]),
        ("$.nothing[*]", []),
        ("$.nothing.deeper[0:2].x", []),
        ("$.name[*]", []),
    ],
)
def test_path_finds(path: str, found: Any) -> None:
    assert parse_path(path).find(SHOP) == found


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("$.nothing", "No results for path: $['nothing']"),
        ("$.nothing.below", "Missing property in path $['nothing']"),
        ("$.lanes[9]", "No results for path: $['lanes'][9]"),
        ("$.name.first", "Expected to find an object with property ['first'] in path $['name'] but found"),
        ("$.none.first", "Expected to find an object with property ['first'] in path $['none'] but found 'null'"),
        ("$.name[0]", "Filter: [0] can only be applied to arrays"),
    ],
)
def test_definite_path_that_misses_fails_by_name(path: str, message: str) -> None:
    with pytest.raises(PathNotFound) as missing:
        parse_path(path).find(SHOP)
    assert str(missing.value).startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "$name name",
        "$.",
        "$.a[",
        "$.a[x]",
        "$.a['b' 'c']",
        "$.a[?(@.b ~ 1)]",
        "$.a.length()",
        "$[?(@.a ==)]",
    ],
)
def test_broken_path_is_refused(text: str) -> None:
    with pytest.raises(BadPath):
        parse_rooted(text)


@pytest.mark.parametrize(
    ("path", "document", "result"),
    [
        ("$", {"a": 1}, 9),
        ("$.b", {"a": 1}, {"a": 1, "b": 9}),
        ("$.a.b.c", {}, {"a": {"b": {"c": 9}}}),
        ("$.a[1]", {"a": [1, 2]}, {"a": [1, 9]}),
        ("$['a b']", {}, {"a b": 9}),
    ],
)
def test_result_is_put_into_a_copy(path: str, document: Any, result: Any) -> None:
    before = repr(document)
    assert put(parse_path(path), document, 9) == result
    assert repr(document) == before


@pytest.mark.parametrize(("path", "document"), [("$.a", "text"), ("$.a.b", {"a": 1}), ("$.a[5]", {"a": []})])
def test_result_that_does_not_fit_is_refused(path: str, document: Any) -> None:
    with pytest.raises(PathNotFound, match="Unable to apply ReferencePath"):
        put(parse_path(path), document, 9)


def test_roots_are_input_context_and_variables() -> None:
    scope = Scope(input={"a": 1}, context={"State": {"Name": "S"}}, variables={"lane": {"id": "glue"}, "n": 3})
    found = [scope.find(text) for text in ("$.a", "$$.State.Name", "$lane.id", "$n", "$$")]
    assert found == [1, "S", "glue", 3, {"State": {"Name": "S"}}]


def test_variable_that_was_never_assigned_is_not_found() -> None:
    with pytest.raises(PathNotFound, match="never assigned"):
        Scope(input={}, context={}, variables={}).find("$ghost")
