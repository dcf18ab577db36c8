"""What a file says that is RFC 4180 beyond doubt, by Python's csv module in strict mode.

Flows in: a file's bytes. Flows out: its records as texts, or the reason why it is not beyond doubt: another encoding,
mixed line ends, quotes where RFC 4180 has none (the csv module would guess there). It knows no header and no types.
"""

from __future__ import annotations

import csv
import io
import re

BOM = b"\xef\xbb\xbf"
_FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
_OUTSIDE = re.compile(r'"(?:[^"]|"")*"|\r\n|\r|\n')


class InDoubt(Exception):
    """Why nobody can say what the file's records are."""


def records(content: bytes) -> tuple[list[list[str]], str, bool]:
    """(records, the line end, whether a newline is quoted); a blank line is a record of no field. InDoubt."""
    text = _text(content)
    found = [match[0] for match in _OUTSIDE.finditer(text)]
    ends = {part for part in found if not part.startswith('"')}
    if len(ends) > 1:
        raise InDoubt("line ends of more than one kind")
    end = ends.pop() if ends else "\n"
    if end == "\r":
        raise InDoubt("lines end in CR")
    line = rf"{_FIELD}(?:,{_FIELD})*"
    if not re.fullmatch(rf"{line}(?:{end}{line})*", text):
        raise InDoubt("quotes are not RFC 4180's")
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if not any(rows):
        raise InDoubt("no record")
    return rows, end, any(part.startswith('"') and ("\n" in part or "\r" in part) for part in found)


def _text(content: bytes) -> str:
    if b"\0" in content:
        raise InDoubt("NUL bytes (binary, or UTF-16)")
    try:
        return content.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InDoubt("not UTF-8") from error
