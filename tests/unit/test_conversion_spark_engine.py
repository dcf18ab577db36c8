"""How files become Spark tasks, and how a named failure comes back from one. No Spark is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from glue_scripts.conversion import spark_engine
from glue_scripts.conversion.bundle import ConversionJob
from glue_scripts.conversion.local_store import LocalStore
from glue_scripts.conversion.spark_engine import BUNDLE_BYTES, bundles_of
from glue_scripts.conversion.store import StoredObject
from pipeline.contract import Contract
from pipeline.errors import InputChanged, PipelineError


def files(*sizes: int) -> list[StoredObject]:
    return [StoredObject(key=str(place), version="1", size_bytes=size) for place, size in enumerate(sizes)]


def sizes(bundles: list[list[StoredObject]]) -> list[list[int]]:
    return [[item.size_bytes for item in bundle] for bundle in bundles]


def test_small_files_share_a_task_and_every_core_has_one() -> None:
    assert sizes(bundles_of(files(1, 1, 1, 1), parallelism=2)) == [[1, 1], [1, 1]]
    assert sizes(bundles_of(files(*[0] * 5), parallelism=4)) == [[0] * 5]


def test_large_file_is_a_task_of_its_own() -> None:
    assert sizes(bundles_of(files(5, BUNDLE_BYTES + 1, 5), parallelism=1)) == [[5], [BUNDLE_BYTES + 1], [5]]


def test_no_file_is_lost_or_doubled() -> None:
    given = files(*range(100))
    assert [item for bundle in bundles_of(given, parallelism=7) for item in bundle] == given


def test_named_failure_of_a_task_comes_back_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    store = LocalStore(root=tmp_path)
    job = ConversionJob(
        source=store,
        sink=store,
        contract=Contract.from_mapping({"dataset": "d", "columns": [{"name": "x", "type": "bigint"}]}),
        files=(StoredObject(key="a.csv", version="of yesterday", size_bytes=4),),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        batch_id="1",
        attempt="1",
    )
    said = spark_engine._convert(job)
    with pytest.raises(InputChanged, match=r"^InputChanged: a\.csv changed"):
        spark_engine._evidence(said)


def test_failure_of_unknown_name_keeps_its_name() -> None:
    with pytest.raises(PipelineError, match=r"^ReaderDisagreed: why"):
        spark_engine._evidence({"failed": "ReaderDisagreed", "message": "why"})
