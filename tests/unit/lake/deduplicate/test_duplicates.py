"""Keys over batches, files, units and races: what is kept and what is quarantined is what a plain dictionary says."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.convert.batch import ALREADY_COMMITTED, COMMITTED, BatchPlace, BatchResult, convert_batch
from lake.convert.job import ConversionJob, Engine, Progress
from lake.convert.single_engine import SingleEngine
from lake.deduplicate.committed_keys import CommittedKeys
from lake.ledger.entry import FileEntry, LedgerEntry
from lake.ledger.ledgers import COMMIT_ATTEMPTS, FolderLedger, LaneLedger, Ledger, SlotTaken
from lake.stores.local_store import LocalStore
from lake.verify.dataset import verify_dataset
from pipeline.errors import CommitContested, QualityRuleFailed, RowsNotConserved
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping(
    {
        "dataset": "trips",
        "partition_by": ["p"],
        "key": ["k", "t"],
        "columns": [
            {"name": "p", "type": "bigint", "nullable": False},
            {"name": "k", "type": "bigint"},
            {"name": "t", "type": "string"},
            {"name": "v", "type": "decimal(9,1)"},
        ],
    }
)
PARTITION_IN_KEY = replace(CONTRACT, key=("k", "p"))
KEYS = (CONTRACT, PARTITION_IN_KEY, replace(CONTRACT, key=("p",)), replace(CONTRACT, key=("v",)))
HEADER = "p,k,t,v\n"


class TinyUnits(SingleEngine):
    """Splits every file into units of a few records, read in blocks of a few bytes."""

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        job = replace(job, split_bytes=16, block_bytes=8, whole_bytes=40)
        return super().convert(job, progress=progress)


class Lake:
    """A folder with a landing zone and one lane."""

    def __init__(self, root: Path, contract: Contract = CONTRACT) -> None:
        self.root, self.contract, self.store = root, contract, LocalStore(root=root)
        self.ledger: Ledger = LaneLedger(store=self.store, lane="glue", dataset="trips")

    def land(self, name: str, rows: str) -> None:
        path = self.root / "landing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEADER + rows)

    def convert(
        self, *, engine: Engine | None = None, ledger: Ledger | None = None, sink: LocalStore | None = None
    ) -> BatchResult:
        place = BatchPlace(
            source=self.store,
            landing_prefix="landing/",
            sink=sink or self.store,
            curated_prefix="curated/",
            quarantine_prefix="quarantine/",
            keys_prefix="keys/",
            ledger=ledger or self.ledger,
        )
        return convert_batch(
            place=place, contract=self.contract, engine=engine or SingleEngine(threads=2), code_version="1"
        )

    def curated(self) -> list[tuple]:
        rows = []
        for output in (output for entry in self.ledger.entries() for output in entry.outputs):
            for row in self._table(output.key).to_pylist():
                rows.append((row["p"], row["k"], row["t"], str(row["v"])))
        return sorted(rows, key=repr)

    def set_aside(self) -> list[tuple[str, int, str, bytes]]:
        """(file, line, reason, raw), with the bytes of each compared with the file's."""
        rows = []
        for output in (output for entry in self.ledger.entries() for output in entry.quarantine):
            for row in self._table(output.key).to_pylist():
                data = (self.root / row["file"]).read_bytes()
                assert data[row["byte_start"] : row["byte_end"]].rstrip(b"\n") == row["raw"]
                rows.append((Path(row["file"]).name, row["line"], row["reason"], row["raw"]))
        return sorted(rows)

    def verify(self, contract: Contract | None = None) -> int:
        entries = tuple(self.ledger.entries())
        read = self.store.read
        return verify_dataset(contract or self.contract, entries, lane="glue", read_object=read).rows_curated

    def check_nothing_is_left_over(self) -> None:
        entries = self.ledger.entries()
        named = {output.key for entry in entries for output in (*entry.outputs, *entry.quarantine)}
        there = {key for key in self.store.keys("") if key.startswith(("curated/", "quarantine/", "keys/"))}
        assert there == named

    def _table(self, key: str) -> pa.Table:
        return pq.ParquetFile(io.BytesIO(self.store.read(key))).read()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


Row = tuple[int, str, str, str]
ROWS = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from(["1", "2", "-9223372036854775808", "", "bad"]),
        st.sampled_from(["a", "b", "", '""', "long text of several words"]),
        st.sampled_from(["1", "1.0", "2.5", ""]),
    ),
    max_size=8,
)
BATCHES = st.lists(st.dictionaries(st.sampled_from("abcd"), ROWS.filter(len), min_size=1, max_size=3), max_size=3)


def expected(batches: Sequence[dict[str, list[Row]]], key: Sequence[str]) -> tuple[list[tuple], list[tuple]]:
    """What Python's dictionary keeps, first come first served; decimals by value, the empty field is null."""
    first: dict[tuple, tuple] = {}
    curated, aside = [], []
    for number, batch in enumerate(batches):
        for file in sorted(batch):
            for line, (p, k, t, v) in enumerate(batch[file], 2):
                place, raw = (f"{number}{file}.csv", line), f"{p},{k},{t},{v}".encode()
                if k == "bad":
                    aside.append((*place, "value:k:bigint", raw))
                    continue
                text = {"": None, '""': ""}.get(t, t)
                row = (p, int(k) if k else None, text, str(float(v)) if v else "None")
                named = dict(zip("pktv", row, strict=True))
                kept = first.setdefault(tuple(named[name] for name in key), row)
                if kept is row:
                    curated.append(row)
                else:
                    aside.append((*place, "duplicate_row" if kept == row else "duplicate_key", raw))
    return sorted(curated, key=repr), sorted(aside)


@settings(max_examples=60, deadline=None)
@given(batches=BATCHES, contract=st.sampled_from(KEYS), tiny=st.booleans())
def test_kept_and_set_aside_is_what_a_dictionary_says(
    batches: list[dict[str, list[Row]]], contract: Contract, tiny: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder), contract)
        for number, batch in enumerate(batches):
            for name, rows in batch.items():
                lake.land(f"{number}{name}.csv", "".join(f"{p},{k},{t},{v}\n" for p, k, t, v in rows))
            entry = lake.convert(engine=TinyUnits(threads=2) if tiny else None).entry
            assert entry is not None
            assert entry.keys == ()
        curated, aside = expected(batches, contract.key)
        assert lake.curated() == curated
        assert lake.set_aside() == aside
        duplicates = sum(reason.startswith("duplicate") for _, _, reason, _ in aside)
        assert sum(file.rows_duplicate for entry in lake.ledger.entries() for file in entry.files) == duplicates
        lake.check_nothing_is_left_over()
        if batches:
            assert lake.verify() == len(curated)


class OtherRunFirst:
    """A ledger to which another run commits just before ours does: between our search for duplicates and our commit."""

    def __init__(self, ledger: Ledger, other: Callable[[], object]) -> None:
        self._ledger, self._other = ledger, other

    def entries(self) -> list[LedgerEntry]:
        return self._ledger.entries()

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        other, self._other = self._other, lambda: None
        other()
        return self._ledger.commit(entry, after=after, planned=planned)


class Careless(OtherRunFirst):
    """The must-fail twin: commits whatever others have committed since."""

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        return super().commit(entry)


def race(lake: Lake, kind: type[OtherRunFirst]) -> BatchResult:
    """Two runs over different files that hold the same key; the other one is faster."""
    lake.land("theirs.csv", "2,1,a,1\n")
    job = ConversionJob(
        source=lake.store,
        sink=lake.store,
        contract=CONTRACT,
        files=tuple(lake.store.objects("landing/")),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        batch_id="f" * 32,
        attempt="other",
    )

    landed, away = lake.root / "landing" / "theirs.csv", lake.root / "theirs.csv"
    landed.rename(away)  # so that our listing does not show it
    lake.land("ours.csv", "1,1,a,1\n1,2,a,1\n")

    def other() -> None:
        away.rename(landed)
        assert lake.ledger.commit(SingleEngine().convert(job))

    return lake.convert(ledger=kind(lake.ledger, other))


@pytest.mark.parametrize("ledger", ["lane", "folder"])
def test_run_that_loses_a_slot_looks_for_its_keys_again(ledger: str, lake: Lake) -> None:
    if ledger == "folder":
        lake.ledger = FolderLedger(folder=lake.root)
    assert race(lake, OtherRunFirst).status == COMMITTED
    assert [row[:3] for row in lake.set_aside()] == [("ours.csv", 2, "duplicate_key")]
    assert lake.curated() == [(1, 2, "a", "1.0"), (2, 1, "a", "1.0")]
    assert lake.verify() == 2
    lake.check_nothing_is_left_over()


def test_verify_notices_a_duplicate_that_slipped_through(lake: Lake) -> None:
    race(lake, Careless)
    with pytest.raises(QualityRuleFailed, match="1 value"):
        lake.verify()
    assert lake.verify(replace(CONTRACT, duplicates="allowed")) == 3


def test_overlap_is_noticed_before_a_taken_slot(lake: Lake) -> None:
    lake.land("a.csv", "1,1,a,1\n")
    assert lake.convert(ledger=OtherRunFirst(lake.ledger, lake.convert)).status == ALREADY_COMMITTED
    assert lake.verify() == 1
    lake.check_nothing_is_left_over()


class OtherRunMeanwhile(SingleEngine):
    """Another run converts the same files, commits and sweeps while ours looks at nothing but its own work."""

    def __init__(self, other: Callable[[], BatchResult]) -> None:
        super().__init__()
        self._other = other

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        entry = super().convert(job, progress=progress)
        assert self._other().status == COMMITTED
        return entry


def test_loser_whose_notes_the_winner_has_swept_ends_well(lake: Lake) -> None:
    lake.land("a.csv", "1,1,a,1\n1,1,a,1\n")
    assert lake.convert(engine=OtherRunMeanwhile(lake.convert)).status == ALREADY_COMMITTED
    assert lake.verify() == 1
    lake.check_nothing_is_left_over()


def test_run_that_is_always_late_gives_up_by_name_and_leaves_nothing(lake: Lake) -> None:
    tries = []

    class AlwaysLate(LaneLedger):
        def commit(
            self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
        ) -> bool:
            tries.append(entry)
            raise SlotTaken

    lake.land("a.csv", "1,1,a,1\n1,1,a,1\n")
    with pytest.raises(CommitContested, match="trips"):
        lake.convert(ledger=AlwaysLate(store=lake.store, lane="glue", dataset="trips"))
    assert len(tries) == COMMIT_ATTEMPTS
    assert not [key for key in lake.store.keys("") if not key.startswith("landing/")]


def test_engine_may_grow_between_the_two_conversions(lake: Lake) -> None:
    """As when Spark's executors come one after the other: the same cuts, or the duplicates would be others."""

    class Growing(TinyUnits):
        def __init__(self) -> None:
            super().__init__(threads=1)
            self.cuts: list[int] = []

        def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
            entry = TinyUnits(threads=1 + 3 * len(self.cuts)).convert(job, progress=progress)
            self.cuts.append(len(entry.outputs))
            return entry

    lake.land("a.csv", "".join(f"1,{place % 50},a,1\n" for place in range(100)))
    engine = Growing()
    assert lake.convert(engine=engine).status == COMMITTED
    assert len(engine.cuts) == 2
    assert [row[1] for row in lake.set_aside()] == list(range(52, 102))
    assert lake.verify() == 50


def test_second_conversion_that_loses_another_row_is_never_committed(lake: Lake) -> None:
    class LosesARow(SingleEngine):
        def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
            entry = super().convert(job, progress=progress)
            if not job.duplicates:
                return entry
            file: FileEntry = entry.files[0]
            return replace(entry, files=(replace(file, rows_duplicate=file.rows_duplicate - 1), *entry.files[1:]))

    lake.land("a.csv", "1,1,a,1\n1,1,a,1\n")
    with pytest.raises(RowsNotConserved, match="1 duplicates were to be quarantined, 0 were"):
        lake.convert(engine=LosesARow())
    assert lake.ledger.entries() == []


class Counting(LocalStore):
    """Notes what is read at any place."""

    @contextmanager
    def seekable(self, key: str) -> Iterator[BinaryIO]:
        with (self.root / "reads.jsonl").open("a") as notes:
            notes.write(json.dumps(key) + "\n")
        with super().seekable(key) as file:
            yield file


def test_partitions_that_cannot_hold_a_key_of_the_batch_are_not_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path, PARTITION_IN_KEY)
    lake.land("a.csv", "1,1,a,1\n2,1,a,1\n")
    lake.convert()
    lake.land("b.csv", "2,1,a,1\n")
    lake.convert(sink=Counting(root=tmp_path))
    assert [row[:3] for row in lake.set_aside()] == [("b.csv", 2, "duplicate_row")]
    read = {json.loads(line) for line in (tmp_path / "reads.jsonl").read_text().splitlines()}
    assert {key.split("/")[1] for key in read if key.startswith("curated/")} == {"p_part=2"}


def test_row_groups_that_cannot_hold_a_key_of_the_batch_are_not_read(lake: Lake) -> None:
    lake.land("a.csv", "1,10,a,1\n2,20,a,1\n1,30,a,1\n")
    first = lake.convert().entry
    lake.land("b.csv", "1,31,a,1\n1,21,b,1\n")
    second = lake.convert().entry
    assert first is not None
    assert second is not None
    committed = CommittedKeys(store=lake.store, contract=CONTRACT, entries=[first], written=second.outputs)
    assert [(Path(key).parent.name, len(high)) for (key, _), high in committed.highs()] == [("p_part=1", 2)]
    backwards = CommittedKeys(store=lake.store, contract=CONTRACT, entries=[second], written=first.outputs)
    assert [len(high) for _, high in backwards.highs()] == [2]


def test_nulls_of_the_batch_make_every_row_group_possible(lake: Lake) -> None:
    lake.land("a.csv", "1,,a,1\n1,10,a,1\n")
    lake.convert()
    lake.land("b.csv", "2,,a,2\n2,11,a,2\n")
    lake.convert()
    assert [row[:3] for row in lake.set_aside()] == [("b.csv", 2, "duplicate_key")]


def test_column_that_is_younger_than_the_kept_row_counts_as_null(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.land("a.csv", "1,1,a,1\n1,2,a,1\n")
    lake.convert()
    columns = [{"name": c.name, "type": c.type, "nullable": c.nullable} for c in CONTRACT.columns]
    lake.contract = Contract.from_mapping(
        {
            "dataset": "trips",
            "version": 2,
            "partition_by": ["p"],
            "key": ["k", "t"],
            "columns": [*columns, {"name": "w", "type": "date", "since": 2}],
        }
    )
    (tmp_path / "landing" / "b.csv").write_text("p,k,t,v,w\n1,1,a,1,\n1,2,a,1,2024-01-01\n")
    lake.convert()
    assert [row[:3] for row in lake.set_aside()] == [("b.csv", 2, "duplicate_row"), ("b.csv", 3, "duplicate_key")]
