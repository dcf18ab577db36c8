"""An output folder of `lab convert` as the place of a replay: its curated and quarantine folders and its ledger.

Flows in: a path. Flows out: a `BatchPlace`, whose source is the folder itself: what a replay reads was written there.
"""

from __future__ import annotations

from pathlib import Path

from lake.convert.batch import BatchPlace
from lake.ledger.ledgers import FolderLedger
from lake.stores.local_store import LocalStore
from pipeline.errors import ConfigInvalid


def output_folder(folder: Path) -> BatchPlace:
    """ConfigInvalid where `folder` holds no ledger.json."""
    if not (folder / "ledger.json").is_file():
        raise ConfigInvalid(f"{folder} holds no ledger.json; name the --output folder of a `lab convert`")
    return folder_place(source=folder, folder=folder)


def folder_place(*, source: Path, folder: Path) -> BatchPlace:
    """Read from `source`, written to `folder`."""
    return BatchPlace(
        source=LocalStore(root=source.resolve()),
        landing_prefix="",
        sink=LocalStore(root=folder.resolve()),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        keys_prefix=".keys/",
        ledger=FolderLedger(folder=folder.resolve()),
    )
