"""`lab convert`: the conversion on files alone, no AWS.

Flows in: a contract and a folder of CSV files. Flows out: `curated/`, `quarantine/` and `ledger.json` in
the output folder. Parsing arguments and showing progress is the CLI's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lake.convert.batch import BatchResult, Engine, convert_batch, uncovered
from lake.convert.local_spark import local_session
from lake.convert.output_folder import folder_place
from lake.convert.pairing import pair
from lake.convert.single_engine import SingleEngine
from lake.convert.spark_engine import SparkEngine
from lake.ledger.entry import LedgerEntry, whole
from lake.ledger.lane_state import LaneState
from pipeline.errors import NothingLanded
from strict_csv.contract_file import load_contract

CODE_VERSION = "1"


@dataclass(frozen=True, kw_only=True)
class FolderConversion:
    """`ledger` is what ledger.json says now as one entry, `state` what it comes to, `result` what this run did."""

    ledger: LedgerEntry
    state: LaneState
    result: BatchResult

    def to_mapping(self) -> dict[str, Any]:
        """ledger.json's one entry, and as `unpaired` the files that wait for a control file, and control files
        without or behind their file."""
        return self.ledger.to_mapping() | {"unpaired": [asdict(one) for one in self.result.unpaired]}


def convert_directory(
    *,
    engine: str,
    contract_path: Path,
    input_dir: Path,
    output_dir: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """`convert_folder`, as JSON."""
    return convert_folder(
        engine=engine, contract_path=contract_path, input_dir=input_dir, output_dir=output_dir, progress=progress
    ).to_mapping()


def convert_folder(
    *,
    engine: str,
    contract_path: Path,
    input_dir: Path,
    output_dir: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> FolderConversion:
    """Convert every file below `input_dir` that ledger.json does not cover.

    `engine` is "single" or "spark". `progress` gets (bytes read so far, bytes of all uncovered files). A second
    call changes nothing. ContractInvalid, NothingLanded, or ValueError for an unknown engine.
    """
    contract = load_contract(contract_path)
    if not input_dir.is_dir():
        raise NothingLanded(f"{input_dir} is not a folder, name the folder that holds the CSV files")
    place = folder_place(source=input_dir, folder=output_dir)
    for folder in ("curated", "quarantine"):  # there even where nothing was curated or quarantined
        (output_dir / folder).mkdir(parents=True, exist_ok=True)
    total = sum(item.size_bytes for item in uncovered(pair(place.source.objects(""))[0], place.ledger.entries()))
    done = 0

    def advance(size_bytes: int) -> None:
        nonlocal done
        done += size_bytes
        progress(done, total)

    result = convert_batch(
        place=place,
        contract=contract,
        engine=_engine(engine),
        code_version=CODE_VERSION,
        progress=advance,
    )
    entries = place.ledger.entries()
    nothing = LedgerEntry(batch_id="", dataset=contract.dataset, files=())  # all may wait
    return FolderConversion(ledger=whole(entries) or nothing, state=LaneState.of(entries), result=result)


def _engine(name: str) -> Engine:
    if name == "single":
        return SingleEngine()
    if name == "spark":
        return SparkEngine(session=local_session)
    raise ValueError(f"engine {name!r} does not exist, choose single or spark")
