"""`lab files`: refused files that are open, listed, read again or left out for good.

The work is done in `lake/quarantine/decisions.py`, in a folder as in a lane; this shows what came of it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.places import Place, places, who
from lab.plain_text import count, shown
from lake.ledger.lane_state import LaneState, OpenFile


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    found = []
    for place in places(arguments, home):
        files = _list(place) if arguments.action == "list" else _decide(place, arguments, clock)
        found.append({"where": place.title.rstrip(": "), "files": [_mapping(one) for one in files]})
        for line in _lines(files, place, arguments.action):
            console.result(line)
    if arguments.json:
        write_json_output({"action": arguments.action, "places": found}, arguments.json, console)
    return 0


def _list(place: Place) -> tuple[OpenFile, ...]:
    return LaneState.of(place.place.ledger.entries()).open_files


def _decide(place: Place, arguments: Namespace, clock: Clock) -> tuple[OpenFile, ...]:
    from lake.quarantine.decisions import accept_files, reopen_files

    decide = reopen_files if arguments.action == "retry" else accept_files
    decided = decide(place=place.place, keys=arguments.keys, who=who(), reason=arguments.reason, now=clock.now)
    return decided.files


def _mapping(one: OpenFile) -> dict[str, Any]:
    return {
        "key": one.key,
        "version": one.file.version,
        "bytes": one.file.bytes,
        "since": one.since,
        "batch_id": one.batch_id,
        "reason": one.reason,
    }


def _lines(files: tuple[OpenFile, ...], place: Place, action: str) -> Iterator[str]:
    if not files:
        yield f"{place.title}no file is open{', nothing was changed' if action != 'list' else ''}"
        return
    done = {"list": "open", "retry": "to be read again by the next run", "accept": "left out for good"}[action]
    yield f"{place.title}{count(len(files), 'file')} {done}"
    for one in files:
        yield f"  {shown(one.key)}{f'  since {one.since[:10]}' if one.since else ''}"
        if action == "list":
            yield from (f"    {shown(line, limit=1000)}" for line in one.reason.splitlines())
    if action == "list":
        yield f"after the contract is mended: lab files retry {place.typed} [KEY...]"
        yield f"to leave them out for good:   lab files accept {place.typed} [KEY...] --reason TEXT"
