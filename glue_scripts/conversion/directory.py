"""`lab convert`: the conversion on files alone, no AWS.

Flows in: a contract and a folder of CSV files. Flows out: `curated/`, `quarantine/` and `ledger.json` in
the output folder. Parsing arguments and showing progress is the CLI's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from glue_scripts.conversion.batch import BatchPlace, Engine, convert_batch
from glue_scripts.conversion.ledgers import FolderLedger
from glue_scripts.conversion.local_spark import local_session
from glue_scripts.conversion.local_store import LocalStore
from glue_scripts.conversion.single_engine import SingleEngine
from glue_scripts.conversion.spark_engine import SparkEngine
from glue_scripts.strict_csv.contract_file import load_contract
from pipeline.errors import NothingLanded
from pipeline.ledger import LedgerEntry

CODE_VERSION = "1"


def convert_directory(
    *,
    engine: str,
    contract_path: Path,
    input_dir: Path,
    output_dir: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """Convert every file below `input_dir` that ledger.json does not cover; returns ledger.json's content, and as
    `unpaired` the files that wait for a control file, and control files without or behind their file.

    `engine` is "single" or "spark". `progress` gets (bytes read so far, bytes of all files). A second call
    changes nothing. ContractInvalid, NothingLanded, or ValueError for an unknown engine.
    """
    contract = load_contract(contract_path)
    if not input_dir.is_dir():
        raise NothingLanded(f"{input_dir} is not a folder, name the folder that holds the CSV files")
    source, ledger = LocalStore(root=input_dir.resolve()), FolderLedger(folder=output_dir.resolve())
    for folder in ("curated", "quarantine"):  # there even where nothing was curated or quarantined
        (output_dir / folder).mkdir(parents=True, exist_ok=True)
    total = sum(item.size_bytes for item in source.objects(""))
    done = 0

    def advance(size_bytes: int) -> None:
        nonlocal done
        done += size_bytes
        progress(done, total)

    result = convert_batch(
        place=BatchPlace(
            source=source,
            landing_prefix="",
            sink=LocalStore(root=output_dir.resolve()),
            curated_prefix="curated/",
            quarantine_prefix="quarantine/",
            keys_prefix=".keys/",
            ledger=ledger,
        ),
        contract=contract,
        engine=_engine(engine),
        code_version=CODE_VERSION,
        progress=advance,
    )
    entries = ledger.entries() or [LedgerEntry(batch_id="", dataset=contract.dataset, files=())]  # all may wait
    return entries[0].to_mapping() | {"unpaired": [asdict(one) for one in result.unpaired]}


def _engine(name: str) -> Engine:
    if name == "single":
        return SingleEngine()
    if name == "spark":
        return SparkEngine(session=local_session)
    raise ValueError(f"engine {name!r} does not exist, choose single or spark")
