"""Damage to records of the text shape: what happens to quotes, separators, line ends and encodings in real files.

Flows in: a record without its line end. Flows out: what became of it. `TEXT_KINDS` says of each kind whether the
result is still right ("looks odd and is right"); of all others no reading is right but that from before.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.oracle import split
from benchmarks.shapes import TEXT

_COLUMNS = list(TEXT.columns)
Change = Callable[[bytes], bytes]


def _fields(record: bytes) -> list[bytes]:
    """The raw fields, quotes included."""
    return [
        ('"' + text.replace('"', '""') + '"' if quoted else text).encode() for text, quoted in split(record.decode())
    ]


def _field(column: str, change: Change) -> Change:
    place = _COLUMNS.index(column)

    def changed(record: bytes) -> bytes:
        fields = _fields(record)
        fields[place] = change(fields[place])
        return b",".join(fields)

    return changed


def _becomes(column: str, raw: bytes) -> Change:
    return _field(column, lambda _: raw)


def _inside(column: str, raw: bytes) -> Change:
    return _field(column, lambda field: field[:1] + b"a" + raw + b"b" + field[1:])


def _joined_without(place: int) -> Change:
    def changed(record: bytes) -> bytes:
        fields = _fields(record)
        return b",".join([*fields[:place], fields[place] + fields[place + 1], *fields[place + 2 :]])

    return changed


# kind: (what it does to a record, whether the result is right)
TEXT_KINDS: dict[str, tuple[Change, bool]] = {
    "missing_separator": (_joined_without(_COLUMNS.index("title")), False),
    "missing_separator_of_numbers": (_joined_without(_COLUMNS.index("stars")), False),
    "extra_separator": (_field("language", lambda field: field + b","), False),
    "other_separator": (lambda record: b";".join(_fields(record)), False),
    "cut_row": (lambda record: record[: len(record) // 2], False),
    "stray_quote": (_inside("body", b'"'), False),
    "unclosed_quote": (_field("body", lambda field: field[:-1]), False),
    "unopened_quote": (_field("title", lambda field: field[1:]), False),
    "bare_quote": (_becomes("language", b'e"n'), False),
    "text_after_quote": (_field("title", lambda field: field + b" x"), False),
    "space_before_quote": (_field("title", lambda field: b" " + field), False),
    "space_after_quote": (_field("title", lambda field: field + b" "), False),
    "single_quotes": (_becomes("title", b"'warm, dry'"), False),
    "backslash_escape": (_becomes("title", b'"10\\" zip, blue"'), False),
    "undoubled_quotes": (_becomes("title", b'"the "warm" coat"'), False),
    "embedded_newline": (_inside("body", b"\n"), False),
    "bare_newline": (_becomes("language", b"e\nn"), False),
    "carriage_return": (_becomes("language", b"e\rn"), False),
    "crlf_among_lf": (lambda record: record + b"\r", False),
    "blank": (lambda _: b"", False),
    "header_again": (lambda _: TEXT.header.strip(), False),
    "latin_1": (_becomes("city", b'"Z\xfcrich"'), False),
    "surrogate": (_becomes("city", b'"Z\xed\xa0\x80rich"'), False),
    "overlong": (_becomes("city", b'"Z\xc0\xafrich"'), False),
    "cut_character": (_becomes("city", b'"\xe5\xa4"'), False),
    "nul": (_becomes("title", b'"warm\x00coat"'), False),
    "quoted_typed_fields": (_field("stars", lambda field: b'"' + field + b'"'), True),
    "quoted_quote": (_becomes("title", b'""""'), True),
    "quoted_separator": (_becomes("title", b'","'), True),
    "quoted_empty_text": (_becomes("title", b'""'), True),
    "null_text": (_becomes("title", b""), True),
    "backslash_at_the_end": (_becomes("title", b'"C:\\"'), True),
    "formula": (_becomes("title", b'"=1+1"'), True),
    "spaces": (_becomes("language", b"  en "), True),
    "comment_mark": (_field("language", lambda _: b"#en"), True),
}
