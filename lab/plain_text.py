"""Text that others wrote, made harmless to show: no control character, escape sequence or line end gets through.

Flows in: names and raw bytes out of data. Flows out: one printable line, from which the original can be recognised.
"""

from __future__ import annotations

import unicodedata

LIMIT = 300


def shown(text: str | bytes, *, limit: int = LIMIT) -> str:
    """`text` on one line; bytes that are no UTF-8 as \\xNN, what does not print as \\n, \\x1b or \\u2028, and a
    backslash doubled. What is longer than `limit` characters is cut, and says how long it is."""
    whole = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
    line = "".join(_shown(character) for character in whole[:limit])
    if len(whole) <= limit:
        return line
    return f"{line}… ({len(whole):,} characters)"


def _shown(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if "\udc80" <= character <= "\udcff":  # a byte that was no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    if unicodedata.category(character)[0] in "CZ" and character != " ":
        return character.encode("unicode_escape").decode("ascii") if character != "\xa0" else "\\xa0"
    return character


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`1 row`, `2 rows`, `1,234 rows`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
