"""A producer's control file: `<file>.control.json`, what the producer says that it has delivered.

Flows in: a pinned file with its pinned control file. Flows out: nothing, or `ControlMismatch`, or
`ControlInvalid` where the control file itself says nothing that can be checked; both refuse the file.

    {"rows": 1000, "bytes": 52113, "sha256": "9f86d0..."}    each key optional, one at least

`bytes` and `sha256` (hex) are of the object as delivered, so of the compressed one where it is compressed; `rows`
are records without the header, good and bad ones. It is the only thing that sees damage which leaves a valid
file: a cut at a line's end, a digit for another. sha256 costs a pass over the file of its own, since a large
file's ranges are read by several at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from lake.stores.store import Store, StoredObject
from strict_csv.refusals import ControlInvalid, ControlMismatch

MAX_BYTES = 64 * 1024
_PIECE_BYTES = 1024 * 1024
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_REMEDY = "deliver both again, the control file first"


@dataclass(frozen=True, kw_only=True)
class Control:
    """What a control file states; None where it states nothing. `sha256` is lower case hex."""

    rows: int | None = None
    bytes: int | None = None
    sha256: str | None = None


def check_delivered(source: Store, item: StoredObject) -> None:
    """Size and hash of the object, before a row of it is read. Memory: a megabyte."""
    control = _read(source, item)
    if control.bytes is not None and control.bytes != item.size_bytes:
        raise ControlMismatch(f"the control file says {control.bytes} bytes, there are {item.size_bytes}; {_REMEDY}")
    if control.sha256 is None:
        return
    digest = hashlib.sha256()
    with source.open(item) as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    if digest.hexdigest() != control.sha256:
        raise ControlMismatch(
            f"the control file says sha256 {control.sha256}, the file's is {digest.hexdigest()}; {_REMEDY}"
        )


def check_rows(source: Store, item: StoredObject, *, rows: int) -> None:
    """`rows` were read, curated or quarantined."""
    stated = _read(source, item).rows
    if stated is not None and stated != rows:
        raise ControlMismatch(f"the control file says {stated} rows, there are {rows}; {_REMEDY}")


def _read(source: Store, item: StoredObject) -> Control:
    if item.control is None:
        return Control()
    if item.control.size_bytes > MAX_BYTES:
        raise ControlInvalid(f"the control file has {item.control.size_bytes} bytes, at most {MAX_BYTES}; {_REMEDY}")
    data = b""
    with source.open(item.control) as stream:
        while piece := stream.read(MAX_BYTES):
            data += piece
    return parse_control(data)


def parse_control(data: bytes) -> Control:
    """The control that the JSON text `data` spells, or ControlInvalid naming what is wrong."""
    try:
        given = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ControlInvalid(f"the control file is no JSON object; {_REMEDY}") from error
    problems = list(_problems(given))
    if problems:
        raise ControlInvalid(f"the control file: {'; '.join(problems)}; {_REMEDY}")
    sha256 = given.get("sha256")
    return Control(rows=given.get("rows"), bytes=given.get("bytes"), sha256=sha256.lower() if sha256 else None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")  # or json would keep the last one silently
    return dict(pairs)


def _problems(given: object):
    if not isinstance(given, dict):
        yield "is no JSON object"
        return
    known = Control.__dataclass_fields__
    for key in sorted(set(given) - set(known)):
        yield f"{key[:40]!r} is unknown, known are {', '.join(known)}"
    if not set(given) & set(known):
        yield f"says nothing, give at least one of {', '.join(known)}"
    for key in ("rows", "bytes"):
        value = given.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield f"{key} is no whole number"
    sha256 = given.get("sha256", "0" * 64)
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        yield "sha256 is not 64 hex digits"
