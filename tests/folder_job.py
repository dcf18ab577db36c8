"""A conversion of one folder into another, without a batch around it: what tests of the engines start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lake.convert.job import ConversionJob
from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from strict_csv.contract import Contract


def folder_job(
    root: Path,
    contract: Contract,
    *,
    files: Sequence[StoredObject] | None = None,
    attempt: str = "attempt",
    **sizes: int,
) -> ConversionJob:
    """From `root`/in, all of it unless `files` are given, to `root`/out; `sizes` are fields of ConversionJob."""
    source = LocalStore(root=root / "in")
    return ConversionJob(
        source=source,
        sink=LocalStore(root=root / "out"),
        contract=contract,
        files=tuple(source.objects("") if files is None else files),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        batch_id="b" * 32,
        attempt=attempt,
        **sizes,
    )


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Put `files` into `root`/in; one that is there stays, since a version is a time of change."""
    (root / "in").mkdir(exist_ok=True)
    for name, data in files.items():
        if not (root / "in" / name).exists():
            (root / "in" / name).write_bytes(data)
