"""How a named failure comes back from a Spark task. No Spark is started."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import pytest

from lake.convert.bundle import convert_unit
from lake.convert.job import ConversionJob
from lake.convert.spark_engine import in_task, result_of
from lake.convert.units import WholeFiles
from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from pipeline.errors import InputChanged, PipelineError
from strict_csv.contract import Contract
from strict_csv.errors import ReaderDisagreed


def test_named_failure_of_a_task_comes_back_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    store = LocalStore(root=tmp_path)
    job = ConversionJob(
        source=store,
        sink=store,
        contract=Contract.from_mapping({"dataset": "d", "columns": [{"name": "x", "type": "bigint"}]}),
        files=(),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        batch_id="1",
        attempt="1",
    )
    gone = WholeFiles(files=(StoredObject(key="a.csv", version="of yesterday", size_bytes=4),))
    said = in_task(partial(convert_unit, job))(gone)
    with pytest.raises(InputChanged, match=r"^InputChanged: a\.csv changed"):
        result_of(pickle.loads(pickle.dumps(said)))


def test_failure_of_unknown_name_keeps_its_name() -> None:
    def work(_task: str, _progress: object) -> None:
        raise ReaderDisagreed("why")

    with pytest.raises(PipelineError, match=r"^ReaderDisagreed: why"):
        result_of(in_task(work)("task"))


def test_unnamed_error_is_left_to_spark_and_its_retries() -> None:
    def work(_task: str, _progress: object) -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        in_task(work)("task")
