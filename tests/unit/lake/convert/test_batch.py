"""One commit point: races, crashes, refusals and second runs, over a folder store and a lane's ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lake.convert.batch import ALREADY_COMMITTED, COMMITTED, NOTHING_NEW, BatchPlace, convert_batch
from lake.convert.job import WHOLE_BYTES, ConversionJob, Progress
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import FileEntry, LedgerEntry, Output
from lake.ledger.ledgers import FolderLedger, LaneLedger
from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from pipeline import layout
from pipeline.errors import CommitContested, InputChanged, NothingLanded, RowsNotConserved
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping(
    {
        "dataset": "trips",
        "partition_by": ["p"],
        "columns": [{"name": "p", "type": "bigint", "nullable": False}, {"name": "x", "type": "string"}],
    }
)


class Interposed(SingleEngine):
    """Does something after the work and before the commit: where other runs and crashes strike."""

    def __init__(self, then: Callable[[LedgerEntry], LedgerEntry | None]) -> None:
        super().__init__()
        self._then = then

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        entry = super().convert(job, progress=progress)
        return self._then(entry) or entry


class Lake:
    """A folder with a landing zone and one lane."""

    def __init__(self, root: Path) -> None:
        self.root = root
        store = LocalStore(root=root)
        self.ledger = LaneLedger(store=store, lane="glue", dataset="trips")
        self.place = BatchPlace(
            source=store,
            landing_prefix=layout.landing_prefix("trips"),
            sink=store,
            curated_prefix=layout.curated_prefix("glue", "trips"),
            quarantine_prefix=layout.quarantine_prefix("glue", "trips"),
            keys_prefix=layout.keys_prefix("glue", "trips"),
            ledger=self.ledger,
        )

    def land(self, name: str, text: str) -> None:
        path = self.root / "landing" / "trips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def convert(self, engine: SingleEngine | None = None):
        return convert_batch(place=self.place, contract=CONTRACT, engine=engine or SingleEngine(), code_version="1")

    def written(self) -> set[str]:
        return {key for key in LocalStore(root=self.root).keys("") if not key.startswith("landing/")}

    def check(self, rows: int) -> None:
        """I3, and: what lies in curated and quarantine is what the ledger names, no more and no less."""
        entries = self.ledger.entries()
        files = [file.identity for entry in entries for file in entry.files]
        assert len(files) == len(set(files))
        named = {output.key for entry in entries for output in (*entry.outputs, *entry.quarantine)}
        assert {key for key in self.written() if not key.startswith("ledger/")} == named
        assert sum(entry.rows_curated for entry in entries) == rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.land("a.csv", "p,x\n1,a\n2,b\nz,c\n")
    return lake


def test_batch_is_committed_once_and_a_second_run_changes_nothing(lake: Lake) -> None:
    first = lake.convert()
    before = lake.written()
    second = lake.convert()
    assert (first.status, second.status) == (COMMITTED, NOTHING_NEW)
    assert second.entry is None
    assert lake.written() == before
    lake.check(rows=2)
    assert {Path(output.key).parent.name for output in first.entry.outputs} == {"p_part=1", "p_part=2"}
    assert [output.rows for output in first.entry.quarantine] == [1]


def test_ledger_says_in_which_order_a_file_has_its_columns(lake: Lake) -> None:
    lake.land("b.csv", "X,p\nz,1\n")
    entry = lake.convert().entry
    assert [file.header for file in entry.files] == [("p", "x"), ("x", "p")]
    assert [file.header for file in lake.ledger.entries()[0].files] == [("p", "x"), ("x", "p")]


def test_late_file_is_a_batch_of_its_own(lake: Lake) -> None:
    lake.convert()
    lake.land("b.csv", "p,x\n1,z\n")
    assert [file.key for file in lake.convert().entry.files] == ["landing/trips/b.csv"]
    lake.check(rows=3)


def test_loser_of_the_same_batch_writes_nothing(lake: Lake) -> None:
    def other_run_wins(_entry: LedgerEntry) -> None:
        assert lake.convert().status == COMMITTED

    assert lake.convert(Interposed(other_run_wins)).status == ALREADY_COMMITTED
    lake.check(rows=2)


def test_overlapping_runs_commit_each_object_once(lake: Lake) -> None:
    def other_run_sees_one_file_more(_entry: LedgerEntry) -> None:
        lake.land("b.csv", "p,x\n1,z\n")
        assert len(lake.convert().entry.files) == 2

    assert lake.convert(Interposed(other_run_sees_one_file_more)).status == ALREADY_COMMITTED
    lake.check(rows=3)


def test_slot_taken_by_a_disjoint_batch_is_no_loss(lake: Lake) -> None:
    def unrelated_commit(_entry: LedgerEntry) -> None:
        other = FileEntry(key="landing/trips/gone.csv", version="1", bytes=0, status="refused", reason="EmptyFile: x")
        assert lake.ledger.commit(LedgerEntry(batch_id="f" * 32, dataset="trips", files=(other,)))

    assert lake.convert(Interposed(unrelated_commit)).status == COMMITTED
    assert len(lake.ledger.entries()) == 2
    lake.check(rows=2)


class LostReply(LocalStore):
    """The PUT takes effect and its reply says otherwise, as when the SDK repeats a conditional PUT."""

    def put_new(self, key: str, data: bytes) -> bool:
        super().put_new(key, data)
        return False


def test_lost_reply_of_the_commit_is_recognised_as_our_own(tmp_path: Path) -> None:
    ledger = LaneLedger(store=LostReply(root=tmp_path), lane="glue", dataset="trips")
    entry = LedgerEntry(
        batch_id="1", dataset="trips", files=(FileEntry(key="k", version="v", bytes=0, status="refused"),)
    )
    assert ledger.commit(entry)
    assert ledger.entries() == [entry]


class AlwaysTaken(LocalStore):
    """Somebody else is always first, and never shows what."""

    def put_new(self, key: str, data: bytes) -> bool:
        return False


def test_commit_gives_up_by_name(tmp_path: Path) -> None:
    ledger = LaneLedger(store=AlwaysTaken(root=tmp_path), lane="glue", dataset="trips")
    with pytest.raises(CommitContested):
        ledger.commit(LedgerEntry(batch_id="1", dataset="trips", files=()))


class Killed(BaseException):
    """Stands for kill -9: no handler of the code under test may run, so the engine only leaves files."""


def test_orphans_of_a_killed_run_are_swept_by_the_next_commit(lake: Lake) -> None:
    orphan = lake.root / "curated" / "glue" / "trips" / "p_part=1" / "0123-dead-0-0000.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"PAR1")
    half = orphan.with_name(".0123-dead-0-0001.parquet.part")
    half.write_bytes(b"PA")
    assert lake.convert().status == COMMITTED
    assert not orphan.exists()
    assert not half.exists()
    lake.check(rows=2)


def test_orphans_of_a_run_killed_before_its_sweep_are_swept_by_a_run_that_finds_nothing_new(lake: Lake) -> None:
    lake.convert()
    orphan = lake.root / "curated" / "glue" / "trips" / "p_part=1" / "0123-dead-0-0000.parquet"
    orphan.write_bytes(b"PAR1")
    assert lake.convert().status == NOTHING_NEW
    assert not orphan.exists()
    lake.check(rows=2)


def test_run_that_finds_nothing_new_spares_what_a_younger_run_is_writing(lake: Lake) -> None:
    """A run that began after ours may see a file that landed after we looked; its outputs are not ours to judge."""
    lake.convert()
    young = lake.root / "curated" / "glue" / "trips" / "p_part=1" / "young.parquet"

    class YoungRunBegins(LocalStore):
        def objects(self, prefix: str) -> list[StoredObject]:
            found = super().objects(prefix)
            young.write_bytes(b"PAR1")
            return found

    place = replace(lake.place, source=YoungRunBegins(root=lake.root))
    result = convert_batch(place=place, contract=CONTRACT, engine=SingleEngine(), code_version="1")
    assert result.status == NOTHING_NEW
    assert young.exists()


def test_draft_of_a_slot_whose_writer_was_killed_says_nothing(lake: Lake) -> None:
    draft = lake.root / layout.ledger_key("glue", "trips", ".00000001.json.7.part")
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"{")
    assert lake.ledger.entries() == []
    assert lake.convert().status == COMMITTED
    lake.check(rows=2)


def test_sweep_spares_what_a_younger_run_is_writing(lake: Lake) -> None:
    """A run that planned after our commit may be writing before our sweep; its files are not ours to judge."""
    young = lake.root / "curated" / "glue" / "trips" / "p_part=1" / "young.parquet"

    class YoungRun(LaneLedger):
        def commit(
            self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
        ) -> bool:
            won = super().commit(entry, after=after, planned=planned)
            young.write_bytes(b"PAR1")
            return won

    place = BatchPlace(**{**vars(lake.place), "ledger": YoungRun(store=lake.place.sink, lane="glue", dataset="trips")})
    convert_batch(place=place, contract=CONTRACT, engine=SingleEngine(), code_version="1")
    assert young.exists()


def test_failure_before_the_commit_leaves_nothing(lake: Lake) -> None:
    def fails(_entry: LedgerEntry) -> None:
        raise Killed

    with pytest.raises(Killed):
        lake.convert(Interposed(fails))
    assert lake.written() == set()
    assert lake.convert().status == COMMITTED
    lake.check(rows=2)


def test_evidence_that_does_not_add_up_is_never_committed(lake: Lake) -> None:
    def loses_a_row(entry: LedgerEntry) -> LedgerEntry:
        outputs = (Output(key=entry.outputs[0].key, rows=0, bytes=1), *entry.outputs[1:])
        return LedgerEntry(**{**vars(entry), "outputs": outputs})

    with pytest.raises(RowsNotConserved, match="2 rows curated, 1 in the curated files"):
        lake.convert(Interposed(loses_a_row))
    assert lake.written() == set()


@pytest.mark.parametrize(
    "change", [{"rows_read": 9}, {"bytes_curated": 1}, {"bytes_header": 0}, {"rows_quarantined": 0, "rows_read": 2}]
)
def test_each_equation_can_fail(lake: Lake, change: dict[str, int]) -> None:
    entry = lake.convert().entry
    entry.check()
    wrong = FileEntry(**{**vars(entry.files[0]), **change})
    with pytest.raises(RowsNotConserved):
        LedgerEntry(**{**vars(entry), "files": (wrong,)}).check()


def test_file_overwritten_while_read_fails_by_name(lake: Lake) -> None:
    class Overwriting(SingleEngine):
        def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
            lake.land("a.csv", "p,x\n9,other content\n")
            return super().convert(job, progress=progress)

    with pytest.raises(InputChanged, match=r"a\.csv"):
        lake.convert(Overwriting())
    assert lake.written() == set()


def test_empty_landing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NothingLanded, match="landing/trips/"):
        Lake(tmp_path).convert()


def test_refused_file_is_recorded_once_and_its_neighbour_converted(lake: Lake) -> None:
    lake.land("bad.csv", "p;x\n1;a\n")
    entry = lake.convert().entry
    assert {file.key: file.status for file in entry.files} == {
        "landing/trips/a.csv": "converted",
        "landing/trips/bad.csv": "refused",
    }
    assert lake.convert().status == NOTHING_NEW
    lake.check(rows=2)


@pytest.mark.parametrize("whole_bytes", [0, WHOLE_BYTES])
def test_file_refused_after_many_good_rows_leaves_none(lake: Lake, whole_bytes: int) -> None:
    class Eager(SingleEngine):
        """Writes large files as they come, every block at once, so that there is much to take back."""

        written: frozenset[str] = frozenset()

        def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
            def see(_bytes: int) -> None:
                self.written |= lake.written()

            job = replace(job, whole_bytes=whole_bytes, buffer_bytes=1, block_bytes=1024 * 1024)
            return super().convert(job, progress=see)

    long = "x" * (CONTRACT.max_record_bytes + 1)
    lake.land("bad.csv", "p,x\n" + "3,good\n" * 400_000 + f"4,{long}\n")
    engine = Eager()
    entry = lake.convert(engine).entry
    assert [file.status for file in entry.files] == ["converted", "refused"]
    assert any("p_part=3" in key for key in engine.written) == (whole_bytes == 0)
    lake.check(rows=2)
    assert not [key for key in lake.written() if "p_part=3" in key]


def test_folder_ledger_grows_and_refuses_overlap(tmp_path: Path) -> None:
    ledger = FolderLedger(folder=tmp_path)

    def entry(key: str, checksum: str) -> LedgerEntry:
        file = FileEntry(key=key, version="1", bytes=0, status="converted")
        return LedgerEntry(batch_id=key, dataset="d", files=(file,), columns={"x": checksum}, output_digest=checksum)

    assert ledger.commit(entry("a", "f" * 16))
    assert ledger.commit(entry("b", "0" * 15 + "3"))
    assert not ledger.commit(entry("a", "0" * 16))
    whole = ledger.whole()
    assert whole
    assert [file.key for file in whole.files] == ["a", "b"]
    assert whole.columns == {"x": "0" * 15 + "2"}
    assert json.loads((tmp_path / "ledger.json").read_text())["output_digest"] == "0" * 15 + "2"


def test_entry_survives_json(lake: Lake) -> None:
    entry = lake.convert().entry
    assert LedgerEntry.from_mapping(json.loads(json.dumps(entry.to_mapping()))) == entry
