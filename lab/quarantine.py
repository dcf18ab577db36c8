"""`lab quarantine`: what a conversion quarantined, listed, explained, exported, replayed, accepted or withdrawn.

The work is done in `lake/quarantine/`, in a folder as in a lane; this shows what came of it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.places import Place, one_place, places, who
from pipeline.errors import ConfigInvalid
from strict_csv.contract import Contract

Lines = list[str]


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    actions: dict[str, Callable[[Place, Namespace, Clock], tuple[Lines, Any]]] = {
        "list": _list,
        "explain": _explain,
        "export": _export,
        "replay": _replay,
        "accept": _accept,
        "withdraw": _withdraw,
    }
    single = arguments.action == "export" or getattr(arguments, "repaired", None) is not None
    where = [one_place(arguments, home)] if single else places(arguments, home)
    found = []
    for place in where:
        lines, result = actions[arguments.action](place, arguments, clock)
        if place.title:
            console.result(f"{place.title.rstrip(': ')}:")
        console.result("\n".join(lines))
        found.append({"where": place.title.rstrip(": "), **result} if place.title else result)
    if getattr(arguments, "json", None):
        write_json_output({"places": found} if where[0].title else found[0], arguments.json, console)
    return 0


def _list(place: Place, _arguments: Namespace, _clock: Clock) -> tuple[Lines, Any]:
    from lab.quarantine_report import held_lines, listing
    from lake.ledger.entry import in_quarantine
    from lake.ledger.lane_state import LaneState
    from lake.quarantine.held_rows import held_groups

    entries = place.place.ledger.entries()
    held = LaneState.of(entries).held
    groups = held_groups(store=place.place.sink, outputs=in_quarantine(entries))
    found = {
        "rows": sum(one.rows for one in groups),
        "groups": [asdict(one) for one in groups],
        "held": [asdict(one) for one in held],
    }
    return [*listing(groups, typed=place.typed), *held_lines(held, typed=place.typed)], found


def _explain(place: Place, arguments: Namespace, _clock: Clock) -> tuple[Lines, Any]:
    from lab.quarantine_report import explained
    from lake.quarantine.held_rows import sampled

    if arguments.limit < 1:
        raise ConfigInvalid(f"--limit {arguments.limit} shows nothing; give 1 or more")
    samples = sampled(place=place.place, limit=arguments.limit, file=arguments.file, reason=arguments.reason)
    return list(explained(samples, typed=place.typed, named=place.contract is not None)), {}


def _export(place: Place, arguments: Namespace, _clock: Clock) -> tuple[Lines, Any]:
    from lab.quarantine_report import exported
    from lake.quarantine.export import export

    files = export(place=place.place, folder=arguments.to)
    return list(exported(files, typed=place.typed, to=arguments.to, named=place.contract is not None)), {}


def _replay(place: Place, arguments: Namespace, clock: Clock) -> tuple[Lines, Any]:
    from lab.quarantine_report import replayed
    from lake.quarantine.repairs import Repairs
    from lake.quarantine.replay import replay

    contract = _contract(place, arguments)
    repairs = Repairs(folder=arguments.repaired, contract=contract) if arguments.repaired else None
    result = replay(
        place=place.place, contract=contract, repairs=repairs, code_version=place.code_version, now=clock.now
    )
    return list(replayed(result, typed=place.typed, repaired=arguments.repaired)), result.to_mapping()


def _accept(place: Place, arguments: Namespace, clock: Clock) -> tuple[Lines, Any]:
    from lake.quarantine.decisions import accept_rows

    decided = accept_rows(
        place=place.place, batches=arguments.batches, who=who(), reason=arguments.reason, now=clock.now
    )
    if not decided.batches:
        return ["no batch is held, nothing was changed"], {"accepted": []}
    ids = ", ".join(batch[:12] for batch in decided.batches)
    return [f"accepted {ids}: held no more; its quarantined rows stay where they are"], {"accepted": decided.batches}


def _withdraw(place: Place, arguments: Namespace, clock: Clock) -> tuple[Lines, Any]:
    from lake.quarantine.decisions import withdraw

    decided = withdraw(place=place.place, batch=arguments.batch, who=who(), reason=arguments.reason, now=clock.now)
    if not decided.batches:
        return ["it was withdrawn before, nothing was changed"], {"withdrawn": []}
    ids = ", ".join(batch[:12] for batch in decided.batches)
    return [
        f"withdrawn {ids}: its rows are gone from the lake, the next run takes them out of the warehouse too and reads "
        "its files again"
    ], {"withdrawn": decided.batches}


def _contract(place: Place, arguments: Namespace) -> Contract:
    from strict_csv.contract_file import load_contract

    if arguments.contract is None and place.contract is not None:
        return place.contract
    if arguments.contract is None:
        raise ConfigInvalid("--output needs --contract FILE too: a folder does not say which contract is meant")
    if not arguments.contract.is_file():
        raise ConfigInvalid(f"--contract {arguments.contract} is no file; give a contract.yaml")
    return load_contract(arguments.contract)
