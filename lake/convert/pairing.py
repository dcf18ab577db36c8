"""Which control file belongs to which landed file, and what has no partner.

Flows in: what landed, and what the ledger covers. Flows out: files that carry their control file, and the objects
that nothing can be done with yet, each with the reason. A control file is never converted itself.

A pair is delivered control file first: a file that is there without one is taken as it is, unless the contract
says `control_file: required`. A control file that comes after its file was taken changes nothing until the file
is delivered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lake.ledger.entry import LedgerEntry
from lake.stores.store import StoredObject
from pipeline.layout import CONTROL, is_control
from strict_csv.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Unpaired:
    """An object that this run left where it is, and why; no error."""

    key: str
    why: str


def pair(landed: Sequence[StoredObject]) -> tuple[list[StoredObject], list[StoredObject]]:
    """The files, each with its control file if there is one, and the control files without a file."""
    controls = {_file_of(item.key): item for item in landed if is_control(item.key)}
    files = [replace(item, control=controls.pop(item.key, None)) for item in landed if not is_control(item.key)]
    return files, list(controls.values())


def ready(pending: Iterable[StoredObject], *, contract: Contract) -> tuple[list[StoredObject], list[Unpaired]]:
    """Those of the uncovered files that can be taken now, and those that wait for what the contract requires."""
    if contract.control_file != "required":
        return list(pending), []
    pending = list(pending)
    why = f"waits for its control file, which the contract requires: deliver it under this name + {CONTROL}"
    waiting = [Unpaired(key=item.key, why=why) for item in pending if item.control is None]
    return [item for item in pending if item.control is not None], waiting


def alone(controls: Iterable[StoredObject], entries: Sequence[LedgerEntry]) -> list[Unpaired]:
    """Control files without a file. One that was applied outlives its file harmlessly, and is not named."""
    applied = {(file.key, file.control) for entry in entries for file in entry.files}
    why = "is a control file whose file is not there: it waits for it"
    return [Unpaired(key=item.key, why=why) for item in controls if (_file_of(item.key), item.version) not in applied]


def late(files: Iterable[StoredObject], entries: Sequence[LedgerEntry]) -> list[Unpaired]:
    """Control files that came, or changed, after their file was taken."""
    applied = {file.identity: file.control for entry in entries for file in entry.files}
    why = "is a control file that came after its file was taken, and changes nothing until the file is delivered again"
    return [
        Unpaired(key=item.control.key, why=why)
        for item in files
        if item.control is not None
        and applied.get((item.key, item.version), item.control.version) != item.control.version
    ]


def _file_of(key: str) -> str:
    return key[: -len(CONTROL)]
