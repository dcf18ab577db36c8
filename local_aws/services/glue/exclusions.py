"""Which objects a crawler's target leaves out: AWS's glob patterns, relative to the target's path.

In: `Exclusions` of an S3 target. Out: a test for keys. `*` stays within a folder, `**` crosses folders, `?` is one
character; brackets and braces are refused by name, not taken literally.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_PARTS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


class PatternNotEmulated(Exception):
    """A pattern uses more of the glob language than is understood here."""


def excluded_by(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a key, below the target's path, is left out."""
    compiled = [_compiled(pattern) for pattern in patterns]
    return lambda key: any(pattern.fullmatch(key) for pattern in compiled)


def _compiled(pattern: str) -> re.Pattern[str]:
    if set(pattern) & set("[]{}\\"):
        raise PatternNotEmulated(f"exclusion {pattern!r}: brackets, braces and backslashes are not emulated")
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts), re.DOTALL)
