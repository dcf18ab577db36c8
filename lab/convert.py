"""`lab convert`: the ETL alone, on files, with no AWS."""

from __future__ import annotations

from argparse import Namespace

from lab.clock import Clock
from lab.console import Console
from lab.local_home import LocalHome
from lab.records import write_json
from pipeline.errors import ConfigInvalid


class Percent:
    """Says how much of the bytes is read, at most once per tenth."""

    def __init__(self, *, console: Console) -> None:
        self._console = console
        self._said = -1

    def __call__(self, done_bytes: int, all_bytes: int) -> None:
        tenth = done_bytes * 10 // all_bytes if all_bytes else 10
        if tenth > self._said:
            self._said = tenth
            self._console.say(f"read {done_bytes / 1e6:,.1f} of {all_bytes / 1e6:,.1f} MB ({tenth * 10} %)")


def command(arguments: Namespace, console: Console, _home: LocalHome, _clock: Clock) -> int:
    # The reader brings pyarrow along, which the other commands' start-up need not pay for.
    from glue_scripts.conversion.directory import convert_directory

    if not arguments.contract.is_file():
        raise ConfigInvalid(f"--contract {arguments.contract} is no file; give a contract.yaml")
    if not arguments.input.is_dir():
        raise ConfigInvalid(f"--input {arguments.input} is no folder; give one that holds CSV files")
    ledger = convert_directory(
        engine=arguments.engine,
        contract_path=arguments.contract,
        input_dir=arguments.input,
        output_dir=arguments.output,
        progress=Percent(console=console),
    )
    if arguments.json:
        write_json(ledger, arguments.json)
    refused = [file for file in ledger["files"] if file["status"] == "refused"]
    for file in refused:
        console.say(f"refused {file['key']}: {file['reason']}")
    for one in ledger["unpaired"]:
        console.say(f"left where it is: {one['key']!r} {one['why']}")
    console.result(
        f"{ledger['dataset']}: {len(ledger['files'])} files, {len(refused)} refused; {ledger['rows_read']} rows read, "
        f"{ledger['rows_curated']} curated, {ledger['rows_quarantined']} quarantined"
    )
    return 0
