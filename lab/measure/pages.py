"""Every page of a list: no answer of AWS is taken for the whole while it gives a token.

Flows in: a client's method and the names of its list. Flows out: the items. For boto3's methods without a paginator
too (ListCrawls has none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def every(call: Callable[..., dict[str, Any]], listed: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Items of all pages; errors are the call's."""
    page: dict[str, Any] = {}
    while True:
        page = call(**arguments, **({"NextToken": page["NextToken"]} if page else {}))
        yield from page.get(listed, [])
        if not page.get("NextToken"):
            return
