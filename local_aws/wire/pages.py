"""Long answers in pages, for every operation whose model has a page size and a token: engines answer with whole lists.

In: an engine's whole answer, the operation's model, the caller's parameters. Out: one page and, where more follows, a
token. Derived from botocore's models, so that no operation can be cut without saying so.

Page sizes where the caller names none: Step Functions 100 (its API reference, `maxResults`), ListCrawls 20 (Glue's),
Lambda 50 at most (Lambda's); for the rest AWS publishes none, and 100 or the model's maximum is assumed.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from local_aws.wire.errors import AwsError

_SIZES = ("MaxResults", "maxResults", "Limit", "MaxItems")
_TOKENS = {"NextToken": "NextToken", "nextToken": "nextToken", "Marker": "NextMarker"}
_DEFAULT_SIZE = 100
_DEFAULTS = {"ListCrawls": 20, "ListFunctions": 50}
# What each service calls a token that it did not give out (its API reference); Glue's is its error for bad input.
_BAD_TOKEN = {"stepfunctions": "InvalidToken", "glue": "InvalidInputException"}


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Names of the members that page an operation: page size and token of the input, list and token of the output."""

    size: str
    token: str
    listed: str
    next_token: str
    largest: int


def paging_of(model: Any) -> Paging | None:
    """None for an operation that is not paged."""
    given = model.input_shape.members if model.input_shape else {}
    answered = model.output_shape.members if model.output_shape else {}
    size = next((name for name in _SIZES if name in given), None)
    token = next((name for name, after in _TOKENS.items() if name in given and after in answered), None)
    lists = [name for name, shape in answered.items() if shape.type_name == "list"]
    if size is None or token is None or len(lists) != 1:
        return None
    largest = int(given[size].metadata.get("max", 1000))
    return Paging(size=size, token=token, listed=lists[0], next_token=_TOKENS[token], largest=largest)


def one_page(answer: dict[str, Any], model: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """The page that `parameters` ask for; raises AwsError for a token that was not given out for this operation."""
    paging = paging_of(model)
    if paging is None or paging.listed not in answer:
        return answer
    start = _offset(parameters.get(paging.token), model)
    # 0 is the default where a model allows it (Step Functions).
    size = parameters.get(paging.size) or min(_DEFAULTS.get(model.name, _DEFAULT_SIZE), paging.largest)
    whole = answer[paging.listed]
    page = {**answer, paging.listed: whole[start : start + size]}
    if start + size < len(whole):
        page[paging.next_token] = _token(model.name, start + size)
    return page


def _token(operation: str, offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([operation, offset]).encode()).decode()


def _offset(token: str | None, model: Any) -> int:
    if not token:
        return 0
    try:
        operation, offset = json.loads(base64.urlsafe_b64decode(token.encode()))
        if operation == model.name and isinstance(offset, int):
            return offset
    except ValueError:
        pass
    service = model.service_model.service_name
    raise AwsError(_BAD_TOKEN.get(service, "ValidationException"), f"Invalid token: '{token}'")
