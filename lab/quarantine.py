"""`lab quarantine`: rows that a conversion set aside, listed, explained, exported and replayed.

The work is done in `glue_scripts/conversion/`; this shows what came of it.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from pipeline.errors import ConfigInvalid


def command(arguments: Namespace, console: Console, _home: LocalHome, _clock: Clock) -> int:
    actions: dict[str, Callable[[Namespace, Console], None]] = {
        "list": _list,
        "explain": _explain,
        "export": _export,
        "replay": _replay,
    }
    actions[arguments.action](arguments, console)
    return 0


def _list(arguments: Namespace, console: Console) -> None:
    from glue_scripts.conversion.held_rows import held_groups
    from glue_scripts.conversion.output_folder import output_folder
    from lab.quarantine_report import listing
    from pipeline.ledger import in_quarantine

    place = output_folder(arguments.output)
    outputs = in_quarantine(place.ledger.entries())
    groups = held_groups(store=place.sink, outputs=outputs)
    if arguments.json:
        found = {"rows": sum(one.rows for one in groups), "groups": [asdict(one) for one in groups]}
        write_json_output(found, arguments.json, console)
    console.result("\n".join(listing(groups, output=arguments.output)))


def _explain(arguments: Namespace, console: Console) -> None:
    from glue_scripts.conversion.held_rows import sampled
    from glue_scripts.conversion.output_folder import output_folder
    from lab.quarantine_report import explained

    if arguments.limit < 1:
        raise ConfigInvalid(f"--limit {arguments.limit} shows nothing; give 1 or more")
    samples = sampled(
        place=output_folder(arguments.output), limit=arguments.limit, file=arguments.file, reason=arguments.reason
    )
    console.result("\n".join(explained(samples, output=arguments.output)))


def _export(arguments: Namespace, console: Console) -> None:
    from glue_scripts.conversion.export import export
    from glue_scripts.conversion.output_folder import output_folder
    from lab.quarantine_report import exported

    files = export(place=output_folder(arguments.output), folder=arguments.to)
    console.result("\n".join(exported(files, output=arguments.output, to=arguments.to)))


def _replay(arguments: Namespace, console: Console) -> None:
    from glue_scripts.conversion.directory import CODE_VERSION
    from glue_scripts.conversion.output_folder import output_folder
    from glue_scripts.conversion.repairs import Repairs
    from glue_scripts.conversion.replay import replay
    from glue_scripts.strict_csv.contract_file import load_contract
    from lab.quarantine_report import replayed

    if not arguments.contract.is_file():
        raise ConfigInvalid(f"--contract {arguments.contract} is no file; give a contract.yaml")
    place = output_folder(arguments.output)
    contract = load_contract(arguments.contract)
    repairs = Repairs(folder=arguments.repaired, contract=contract) if arguments.repaired else None
    result = replay(place=place, contract=contract, repairs=repairs, code_version=CODE_VERSION)
    if arguments.json:
        write_json_output(result.to_mapping(), arguments.json, console)
    console.result("\n".join(replayed(result, output=arguments.output, repaired=arguments.repaired)))
