"""Landing: which files, how many rows, and nothing sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lab.landing import land, read_input
from pipeline.errors import ConfigInvalid

DATASETS = ("flights", "planes")
SAID: list[str] = []


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="lab", aws_secret_access_key="lab")
        client.create_bucket(Bucket="data")
        client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
        yield client


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_subfolders_and_flat_files_are_found(tmp_path: Path) -> None:
    write(tmp_path, "flights/a.csv", "h\n1\n2\n")
    write(tmp_path, "planes.csv", "h\n1")
    write(tmp_path, ".DS_Store", "x")
    files = read_input(tmp_path, datasets=DATASETS, progress=SAID.append)
    assert [(file.key, file.rows) for file in files] == [
        ("landing/flights/a.csv", 2),
        ("landing/planes/planes.csv", 1),
    ]
    assert "left out: '.DS_Store'" in SAID[-1]


def test_folders_below_a_dataset_stay_so_that_no_file_replaces_another(tmp_path: Path) -> None:
    write(tmp_path, "flights/month=1/a.csv", "h\n1\n")
    write(tmp_path, "flights/month=2/a.csv", "h\n1\n2\n")
    files = read_input(tmp_path, datasets=DATASETS, progress=SAID.append)
    assert [(file.key, file.rows) for file in files] == [
        ("landing/flights/month=1/a.csv", 1),
        ("landing/flights/month=2/a.csv", 2),
    ]


def test_control_files_come_first_and_are_no_input(tmp_path: Path, s3: Any) -> None:
    write(tmp_path, "flights/a.csv", "h\n1\n")
    write(tmp_path, "flights/a.csv.control.json", '{"rows": 1}\n')
    files = read_input(tmp_path, datasets=DATASETS, progress=SAID.append)
    assert [(file.name, file.is_control, file.rows) for file in files] == [
        ("a.csv.control.json", True, 0),
        ("a.csv", False, 1),
    ]
    assert [one.sent for one in land(files, s3=s3, bucket="data", progress=SAID.append)] == [True, True]


@pytest.mark.parametrize(("text", "rows"), [("", 0), ("h\n", 0), ("h", 0), ("h\n1\n", 1), ("h\n1\n2", 2)])
def test_rows_are_lines_below_the_header(tmp_path: Path, text: str, rows: int) -> None:
    write(tmp_path, "flights.csv", text)
    assert read_input(tmp_path, datasets=DATASETS, progress=SAID.append)[0].rows == rows


def test_unknown_dataset_is_named_with_those_there_are(tmp_path: Path) -> None:
    write(tmp_path, "fligths/a.csv", "h\n")
    with pytest.raises(ConfigInvalid, match=r"'fligths' is no dataset.*flights, planes"):
        read_input(tmp_path, datasets=DATASETS, progress=SAID.append)


def test_empty_and_missing_folders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="has no file"):
        read_input(tmp_path, datasets=DATASETS, progress=SAID.append)
    with pytest.raises(ConfigInvalid, match="is not a folder"):
        read_input(tmp_path / "nowhere", datasets=DATASETS, progress=SAID.append)


def test_unchanged_file_keeps_its_version_and_a_changed_one_gets_another(tmp_path: Path, s3: Any) -> None:
    write(tmp_path, "flights.csv", "h\n1\n")
    said: list[str] = []
    first = land(
        read_input(tmp_path, datasets=DATASETS, progress=SAID.append), s3=s3, bucket="data", progress=said.append
    )[0]
    again = land(
        read_input(tmp_path, datasets=DATASETS, progress=SAID.append), s3=s3, bucket="data", progress=said.append
    )[0]
    write(tmp_path, "flights.csv", "h\n2\n")
    changed = land(
        read_input(tmp_path, datasets=DATASETS, progress=SAID.append), s3=s3, bucket="data", progress=said.append
    )[0]
    assert (first.sent, again.sent, changed.sent) == (True, False, True)
    assert again.version == first.version
    assert changed.version not in (None, first.version)
    assert len(said) == 2
