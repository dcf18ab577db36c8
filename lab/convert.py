"""`lab convert`: the ETL alone, on files, with no AWS."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from lab import bytes_progress
from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.named_user import check_named_user
from lab.plain_text import shown
from lake.ledger.rejections import rejections
from pipeline.errors import ConfigInvalid
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from lake.convert.directory import FolderConversion

# What a conversion that was killed before its first commit leaves; the next one cleans it up.
UNCOMMITTED = {"curated", "quarantine", ".keys", ".ledger.lock", ".ledger.json.part"}


def command(arguments: Namespace, console: Console, _home: LocalHome, clock: Clock) -> int:
    # The reader brings pyarrow along, which the other commands' start-up need not pay for.
    from lab.conversion_summary import ConversionRun, summary
    from lake.convert.directory import convert_folder
    from lake.convert.output_folder import output_folder
    from lake.quarantine.held_rows import held_groups
    from strict_csv.contract_file import load_contract
    from strict_csv.core import load_core, reader_name

    if not arguments.contract.is_file():
        raise ConfigInvalid(f"--contract {arguments.contract} is no file; give a contract.yaml")
    if not arguments.input.is_dir():
        raise ConfigInvalid(f"--input {arguments.input} is no folder; give one that holds CSV files")
    check_output(arguments.output)
    if arguments.engine == "spark":
        check_named_user()
    began = clock.monotonic()
    with bytes_progress.shown(console) as progress:
        converted = convert_folder(
            engine=arguments.engine,
            contract_path=arguments.contract,
            input_dir=arguments.input,
            output_dir=arguments.output,
            progress=progress,
        )
    work = ConversionRun(engine=arguments.engine, reader=reader_name(load_core()), seconds=clock.monotonic() - began)
    if arguments.json:
        write_json_output(converted.to_mapping(), arguments.json, console)
    entry = converted.result.entry
    groups = []
    if entry:
        place = output_folder(arguments.output)
        groups = held_groups(store=place.sink, outputs=entry.quarantine)
    lines = summary(
        whole=converted.ledger,
        open_files=len(converted.state.open_files),
        result=converted.result,
        groups=groups,
        output=arguments.output,
        work=work,
    )
    console.result("\n".join(lines))
    return _concluded(converted, load_contract(arguments.contract), arguments.output, console)


def _concluded(converted: FolderConversion, contract: Contract, output: Path, console: Console) -> int:
    """1 where more is open or held than the contract tolerates, whether this run did anything or not."""
    new = {converted.result.entry.batch_id} if converted.result.entry else set[str]()
    found = rejections({contract.dataset: converted.state}, {contract.dataset: contract}, new=new, folder=str(output))
    if found.error is None:
        return 0
    console.say(f"lab convert: {found.error}")
    return 1


def check_output(folder: Path) -> None:
    """Raises ConfigInvalid unless `folder` is absent, empty, or the output of an earlier conversion."""
    if folder.exists() and not folder.is_dir():
        raise ConfigInvalid(f"--output {folder} is a file; name a folder")
    if not folder.is_dir() or (folder / "ledger.json").is_file():
        return
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in UNCOMMITTED)
    if foreign:
        raise ConfigInvalid(
            f"--output {folder} holds {shown(foreign[0])} and no ledger.json, so it is not the output of an earlier "
            "conversion; name an empty folder or a new one"
        )
