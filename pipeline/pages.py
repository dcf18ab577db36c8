"""Every page of a list: no answer of AWS is taken for the whole while it gives a token.

Flows in: a client's method and the name of its list. Flows out: the items. For boto3's methods without a paginator too
(ListCrawls has none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def every(
    call: Callable[..., Mapping[str, Any]], listed: str, *, field: str = "NextToken", **arguments: Any
) -> Iterator[Mapping[str, Any]]:
    """Items of all pages, asked for one after the other; `field` is what the service calls its token. Errors are the
    call's."""
    more: dict[str, Any] = {}
    while True:
        page = call(**arguments, **more)
        yield from page.get(listed, [])
        if not page.get(field):
            return
        more = {field: page[field]}
