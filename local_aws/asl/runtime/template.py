"""Payload templates: Parameters, ResultSelector, ItemSelector, Assign and the `...Path` fields that take a function.

In: a template and a scope. Out: the template with every `"name.$"` replaced by what its path or function gives.
Does not check the template (definition checks do) and knows nothing of states.
"""

from __future__ import annotations

from typing import Any

from local_aws.asl.runtime.errors import PathNotFound, StateRuntimeError
from local_aws.asl.runtime.intrinsics import IntrinsicRunner, is_intrinsic
from local_aws.asl.runtime.json_text import dump
from local_aws.asl.runtime.json_types import is_array, is_object
from local_aws.asl.runtime.scope import Scope


def evaluate(template: Any, scope: Scope, functions: IntrinsicRunner) -> Any:
    """The evaluated template; raises `StateRuntimeError` or `StatesError`."""
    if is_object(template):
        result: dict[str, Any] = {}
        for key, value in template.items():
            if key.endswith(".$"):
                result[key[:-2]] = evaluate_expression(value, scope, functions, field=key)
            else:
                result[key] = evaluate(value, scope, functions)
        return result
    if is_array(template):
        return [evaluate(item, scope, functions) for item in template]
    return template


def evaluate_expression(text: str, scope: Scope, functions: IntrinsicRunner, *, field: str) -> Any:
    """The value of one path or function; `field` names the place in the failure's message."""
    if is_intrinsic(text):
        return functions.run(text, scope)
    try:
        return scope.find(text)
    except PathNotFound as missing:
        raise StateRuntimeError(
            f"The JSONPath '{text}' specified for the field '{field}' could not be found in the input "
            f"'{dump(scope.input)}'"
        ) from missing
