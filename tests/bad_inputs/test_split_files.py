"""Files that are cut into many ranges say what they say unsplit, on both engines and with every kind of damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.convert import workers
from lake.convert.job import ConversionJob, Progress
from lake.convert.local_spark import local_session
from lake.convert.single_engine import SingleEngine
from lake.convert.spark_engine import SparkTasks
from lake.ledger.entry import LedgerEntry
from strict_csv.contract import Contract
from tests.split_files import FILES, PLAIN, QUOTED, convert, said


class ManyTasks(SparkTasks):
    """As on a cluster of 8 cores, so that tiny files are cut too."""

    count = 8


class OnSpark:
    def convert(self, job: ConversionJob, *, progress: Progress) -> LedgerEntry:
        return workers.convert(job, ManyTasks(session=local_session()))


ENGINES = {"single": SingleEngine(threads=8), "spark": OnSpark()}


@pytest.mark.parametrize("contract", [PLAIN, QUOTED], ids=["lines", "quoted_newlines"])
def test_split_files_say_what_they_say_unsplit(tmp_path: Path, engine: str, contract: Contract) -> None:
    files = {f"{name}.csv": data for name, (its, data) in FILES.items() if its is contract}
    whole = convert(tmp_path, contract, files, SingleEngine(threads=1))
    split = convert(tmp_path, contract, files, ENGINES[engine], split_bytes=9, block_bytes=32)
    assert said(tmp_path, split) == said(tmp_path, whole)
    assert len(split.outputs) > 3
    assert len(whole.outputs) == 1
    assert {file.status for file in split.files} == {"converted", "refused"}
