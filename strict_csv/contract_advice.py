"""What somebody meant who wrote a key or a type that contracts do not have, in words that help.

Flows in: the key or type. Flows out: a sentence for ContractInvalid. What other tools have and this reader has not is
answered with what it does instead, so that nobody looks for the spelling of an option that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

_COMMAS = "fields are separated by commas"
_UTF_8 = "files are UTF-8"
_SPELLED = "a boolean is spelled true or false, a date 2024-02-29, a timestamp 2024-02-29T23:59:59.123456Z"
_INSTEAD = {
    "delimiter": _COMMAS,
    "separator": _COMMAS,
    "sep": _COMMAS,
    "encoding": _UTF_8,
    "charset": _UTF_8,
    "escape": 'a quote within a quoted text is doubled (""), a backslash is a letter like others',
    "quoted_null": "a quoted field is a text and never null; have nulls written without quotes",
    "trim": "blanks are part of a name and of a value; have them removed by the producer",
    "header": "the first line of a file has the columns' names, exactly as the contract says them",
    "footer": "every line behind the header is a row, and one that is none is quarantined",
    "from_path": "what folders of the input say is not read; have the value written into the file",
    "true_values": _SPELLED,
    "false_values": _SPELLED,
    "format": _SPELLED,
    "timezone": _SPELLED,
}
_OF_THE_DATASET = "it is of all columns; write it beside columns"
_MEANT = {
    "string": ("text", "varchar", "char", "character varying", "str", "object", "uuid", "json"),
    "bigint": ("int", "integer", "smallint", "tinyint", "int64", "long", "number"),
    "double": ("float", "real", "float64", "double precision"),
    "boolean": ("bool",),
    "timestamp": ("timestamptz", "datetime"),
}
_SIZED = re.compile(r"(?:varchar|char|string)\((\d+)\)")
_DECIMAL = re.compile(r"(?:decimal|numeric)(?:\( *(\d+) *(?:, *(\d+) *)?\))?")


def of_key(key: object, known: Collection[str], *, dataset_keys: Collection[str] = ()) -> str:
    """Behind `unknown key`; `dataset_keys` are those that stand beside columns, where `known` are a column's."""
    if key in dataset_keys:
        return f"unknown key here: {_OF_THE_DATASET}"
    listed = ", ".join(sorted(known))
    if instead := _INSTEAD.get(str(key)):
        return f"unknown key: there is no such rule, {instead}; known are {listed}"
    near = get_close_matches(str(key), list(known), n=1)
    return f"unknown key{f', did you mean {near[0]!r}?' if near else ','} known are {listed}"


def of_type(kind: object, plain: Iterable[str]) -> str:
    """What to use instead of a type that is none."""
    spelled = str(kind).strip().lower()
    if sized := _SIZED.fullmatch(spelled):
        return f"use string, with max_bytes: {sized[1]}"
    if found := _DECIMAL.fullmatch(spelled):
        precision, scale = int(found[1] or 18), int(found[2] or (0 if found[1] else 2))
        if 1 <= precision <= 38 and scale <= precision:
            return f'write both numbers, no blank, and quotes around all: type: "decimal({precision},{scale})"'
        return "use decimal(p,s) with p from 1 to 38 digits, of which s (at most p) are behind the point"
    meant = next((ours for ours, theirs in _MEANT.items() if spelled in theirs), None)
    return f"use {meant}" if meant else f"use {', '.join(plain)} or decimal(p,s)"
