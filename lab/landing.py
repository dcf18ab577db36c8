"""Puts input files where producers would: `landing/<dataset>/<file>`, control files before the files they speak of.

Flows in: a folder with one subfolder per dataset, or flat `<dataset>.csv` files. Flows out: what
lies there now, pinned by version. A file that is already there unchanged is not sent again, so that
its version, and with it the ledger's claim on it, stays. Rows are counted, not judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.input_rows import count_rows
from lake.contracts import dataset_contract
from pipeline.errors import ConfigInvalid
from pipeline.layout import is_control, landing_prefix

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """A local file on its way to landing. `name` is its path below the dataset's folder; `rows` are records below
    the header, good and bad ones, None where its content can't be read to the end."""

    path: Path
    name: str
    dataset: str
    size_bytes: int
    rows: int | None
    sha256: str

    @property
    def key(self) -> str:
        return landing_prefix(self.dataset) + self.name

    @property
    def is_control(self) -> bool:
        """It says what another file holds, and is no input itself."""
        return is_control(self.name)


@dataclass(frozen=True, kw_only=True)
class Landed:
    """An input file as it lies in the bucket; `version` is None in a bucket without versions."""

    file: InputFile
    version: str | None
    sent: bool


def read_input(folder: Path, *, datasets: tuple[str, ...], progress: Callable[[str], None]) -> tuple[InputFile, ...]:
    """Every file below `folder`; raises ConfigInvalid naming whatever belongs to no dataset.

    A name that begins with a dot is an operating system's or an editor's: it is left out, and the message names it.
    """
    if not folder.is_dir():
        raise ConfigInvalid(f"--input {folder} is not a folder; give one with a subfolder per dataset")
    found = [(path, _dataset(path, folder)) for path in sorted(folder.rglob("*")) if path.is_file()]
    for path, _ in found:
        if path.name.startswith("."):
            progress(f"left out: {path.name!r} in {path.parent}, a hidden file")
    found = [(path, dataset) for path, dataset in found if not path.name.startswith(".")]
    strange = sorted({dataset for _, dataset in found} - set(datasets))
    if strange:
        raise ConfigInvalid(
            f"--input {folder}: {', '.join(map(repr, strange))} is no dataset; "
            f"there are {', '.join(datasets)} (a subfolder or <dataset>.csv each)"
        )
    if not found:
        raise ConfigInvalid(f"--input {folder} has no file; put CSV files in subfolders named by dataset")
    found.sort(key=lambda one: not is_control(one[0].name))
    quoted_newlines = {
        dataset: dataset_contract(dataset).newlines == "allowed" for dataset in {dataset for _, dataset in found}
    }
    return tuple(
        _measured(path, folder=folder, dataset=dataset, quoted_newlines=quoted_newlines[dataset])
        for path, dataset in found
    )


def _dataset(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else path.name.split(".")[0]


def _measured(path: Path, *, folder: Path, dataset: str, quoted_newlines: bool) -> InputFile:
    sha256 = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            sha256.update(block)
    parts = path.relative_to(folder).parts
    return InputFile(
        path=path,
        name="/".join(parts[1:]) or path.name,
        dataset=dataset,
        size_bytes=path.stat().st_size,
        rows=0 if is_control(path.name) else count_rows(path, quoted_newlines=quoted_newlines),
        sha256=sha256.hexdigest(),
    )


def land(
    files: tuple[InputFile, ...], *, s3: S3Client, bucket: str, progress: Callable[[str], None]
) -> tuple[Landed, ...]:
    """Sends what is new or changed; raises ClientError, ConfigInvalid where the bucket does not exist."""
    return tuple(_landed(file, s3=s3, bucket=bucket, progress=progress) for file in files)


def _landed(file: InputFile, *, s3: S3Client, bucket: str, progress: Callable[[str], None]) -> Landed:
    there = _head(s3, bucket, file.key)
    unchanged = (
        there is not None
        and there["ContentLength"] == file.size_bytes
        and there.get("Metadata", {}).get("sha256") == file.sha256
    )
    if not unchanged:
        progress(f"landing {file.key} ({file.size_bytes / 1e6:.1f} MB)")
        s3.upload_file(str(file.path), bucket, file.key, ExtraArgs={"Metadata": {"sha256": file.sha256}})
        there = _head(s3, bucket, file.key)
    return Landed(file=file, version=(there or {}).get("VersionId"), sent=not unchanged)


def _head(s3: S3Client, bucket: str, key: str) -> Mapping[str, Any] | None:
    try:
        return s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return None
        raise
