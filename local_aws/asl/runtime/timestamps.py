"""Timestamps as ASL writes them: RFC 3339 with `T` and a zone.

In: texts or datetimes. Out: the other. Nothing but the one format; a date alone or a local time is none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FORMAT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z")


def parse_timestamp(text: object) -> datetime | None:
    """The instant (UTC, microseconds), or None where the text is no timestamp."""
    match = _FORMAT.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    minutes, seconds, fraction, zone = match.groups()
    try:
        parsed = datetime.fromisoformat(
            minutes + (seconds or ":00") + (fraction or "")[:7] + zone.replace("Z", "+00:00")
        )
    except ValueError:
        return None
    return parsed.astimezone(UTC)


def format_timestamp(moment: datetime) -> str:
    """Milliseconds and `Z`, as the context object has them."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
