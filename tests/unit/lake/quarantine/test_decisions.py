"""Open files and held batches: what the ledger makes of them, and what retry, accept and withdraw do, exactly once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lake.convert.batch import (
    ALREADY_COMMITTED,
    COMMITTED,
    NOTHING_NEW,
    BatchPlace,
    BatchResult,
    convert_batch,
)
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry, whole
from lake.ledger.lane_state import LaneState
from lake.ledger.ledgers import FolderLedger, LaneLedger
from lake.ledger.rejections import batches_of_run, rejections
from lake.quarantine.decisions import accept_files, accept_rows, reopen_files, withdraw
from lake.quarantine.replay import replay
from lake.stores.local_store import LocalStore
from pipeline.errors import ConfigInvalid, NothingLanded, NothingToDecide
from strict_csv.contract import Contract
from tests.parquet_rows import rows_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "name", "type": "string"}]
CONTRACT = Contract.from_mapping({"dataset": "trips", "columns": COLUMNS})
WIDER = Contract.from_mapping(
    {"dataset": "trips", "version": 2, "columns": [*COLUMNS, {"name": "tip", "type": "bigint", "since": 2}]}
)
LENIENT = Contract.from_mapping({"dataset": "trips", "columns": COLUMNS, "null_values": ["n/a"]})
GOOD = "id,name\n" + "".join(f"{number},a\n" for number in range(10))
NOISY = "id,name\n" + "".join(f"{number},b\n" for number in range(10, 19)) + "n/a,b\n"
GAINED = "id,name,tip\n20,c,1\n21,c,2\n"


class Lane:
    """One dataset of a lane in a folder; `run` is a conversion of a named run."""

    def __init__(self, root: Path, *, kind: str = "lane") -> None:
        self.root = root
        store = LocalStore(root=root)
        ledger = (
            LaneLedger(store=store, lane="glue", dataset="trips")
            if kind == "lane"
            else FolderLedger(folder=root / "ledger")
        )
        self.place = BatchPlace(
            source=store,
            landing_prefix="landing/",
            sink=store,
            curated_prefix="curated/",
            quarantine_prefix="quarantine/",
            keys_prefix="keys/",
            ledger=ledger,
        )
        self._runs = 0

    def land(self, name: str, text: str) -> None:
        path = self.root / "landing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def run(self, contract: Contract = CONTRACT, *, place: BatchPlace | None = None) -> BatchResult:
        self._runs += 1
        return convert_batch(
            place=place or self.place,
            contract=contract,
            engine=SingleEngine(),
            code_version="1",
            run_id=f"run-{self._runs}",
            now=lambda: NOW,
        )

    @property
    def state(self) -> LaneState:
        return LaneState.of(self.place.ledger.entries())

    def verdict(self, contract: Contract = CONTRACT) -> str:
        """As the last run's load_warehouse says it, "" where all is tolerated."""
        new = batches_of_run(self.state.entries, f"run-{self._runs}")
        return str(rejections({"trips": self.state}, {"trips": contract}, new=new).error or "")

    def open(self) -> list[str]:
        return [one.key for one in self.state.open_files]

    def ids(self) -> list[int]:
        """Of the curated rows that lie there and are named by what counts."""
        outputs = [output for entry in self.state.counting for output in entry.outputs]
        assert sorted(output.key for output in outputs) == sorted(self.place.sink.keys("curated/"))
        return sorted(row[0] for row in rows_of(self.root, outputs))


@pytest.fixture(params=["lane", "folder"])
def lane(tmp_path: Path, request: pytest.FixtureRequest) -> Lane:
    lane = Lane(tmp_path, kind=request.param)
    lane.land("good.csv", GOOD)
    return lane


def test_refused_file_stays_open_run_after_run_and_is_said_to(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    lane.run()
    assert lane.open() == ["landing/gained.csv"]
    assert "TooMuchRejected: trips: 1 file(s) refused: landing/gained.csv: HeaderMismatch" in lane.verdict()
    assert "still open" not in lane.verdict()
    assert "mend the contract, deploy it and `lab files retry --dataset trips`" in lane.verdict()
    assert lane.run().status == NOTHING_NEW
    assert "landing/gained.csv (still open since 2026-11-20): HeaderMismatch" in lane.verdict()
    assert lane.ids() == list(range(10)), "the other file was taken"


def test_tolerated_files_are_named_and_no_error(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    tolerant = Contract.from_mapping({"dataset": "trips", "columns": COLUMNS, "tolerance": {"files_refused": 1}})
    lane.run(tolerant)
    found = rejections({"trips": lane.state}, {"trips": tolerant})
    assert found.error is None
    assert [one.key for one in found.all] == ["landing/gained.csv"]


def test_retry_after_the_contract_was_mended_takes_the_file_once(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    lane.run()
    assert lane.run(WIDER).status == NOTHING_NEW, "a mended contract alone reads nothing again"
    decided = reopen_files(place=lane.place, who="ann", now=lambda: NOW)
    assert [one.key for one in decided.files] == ["landing/gained.csv"]
    assert (lane.open(), lane.verdict()) == ([], "")
    assert not reopen_files(place=lane.place, keys=["landing/gained.csv"], who="bob").files, (
        "there is nothing to reopen"
    )
    taken = lane.run(WIDER)
    assert taken.entry
    assert [file.key for file in taken.entry.files] == ["landing/gained.csv"]
    assert lane.run(WIDER).status == NOTHING_NEW
    assert lane.ids() == [*range(10), 20, 21]
    total = whole(lane.state.entries)
    assert total
    assert [(file.key, file.status) for file in total.files] == [
        ("landing/good.csv", "converted"),
        ("landing/gained.csv", "converted"),
    ]


def test_retry_without_mending_is_refused_again_by_that_run(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    first = lane.run()
    reopen_files(place=lane.place, who="ann")
    second = lane.run()
    assert second.status == COMMITTED
    assert second.entry
    assert first.entry
    assert second.entry.batch_id != first.entry.batch_id
    assert "still open" not in lane.verdict()


def test_accept_closes_a_file_for_good_and_keeps_why(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    lane.run()
    with pytest.raises(ConfigInvalid, match="--reason"):
        accept_files(place=lane.place, who="ann", reason=" ")
    accept_files(place=lane.place, keys=["landing/gained.csv"], who="ann", reason="a test file", now=lambda: NOW)
    assert (lane.open(), lane.verdict(), lane.run().status) == ([], "", NOTHING_NEW)
    said = lane.state.entries[-1]
    assert (said.kind, said.reason, said.who, said.at) == ("accept", "a test file", "ann", "2026-11-20T12:00:00+00:00")


def test_unknown_file_is_named_with_what_is_open(lane: Lane) -> None:
    with pytest.raises(NothingToDecide, match="nothing was converted"):
        reopen_files(place=lane.place, who="ann")
    lane.land("gained.csv", GAINED)
    lane.run()
    with pytest.raises(NothingToDecide, match=r"x\.csv: no such file was ever read; open are: landing/gained\.csv"):
        reopen_files(place=lane.place, keys=["x.csv"], who="ann")


def test_newer_version_closes_a_file_and_another_name_does_not(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    lane.run()
    lane.land("other-name.csv", "id,name\n30,d\n")
    lane.run()
    assert lane.open() == ["landing/gained.csv"]
    lane.land("gained.csv", "id,name\n20,c\n")
    closed = lane.run().closed
    assert [one.key for one in closed] == ["landing/gained.csv"]
    assert (lane.open(), lane.ids()) == ([], [*range(10), 20, 30])


def test_file_that_was_taken_away_is_closed_in_the_ledger_and_said(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    lane.run()
    (lane.root / "landing/gained.csv").unlink()
    result = lane.run()
    assert (result.status, [one.key for one in result.closed]) == (NOTHING_NEW, ["landing/gained.csv"])
    assert (lane.open(), lane.state.entries[-1].who) == ([], "convert")
    (lane.root / "landing/good.csv").unlink()
    with pytest.raises(NothingLanded):
        lane.run()


def test_batch_beyond_the_tolerance_is_held_and_later_ones_go_on(lane: Lane) -> None:
    lane.run()
    lane.land("noisy.csv", NOISY)
    lane.run()
    (held,) = lane.state.held
    assert (held.rows_rejected, held.rows_read, held.files) == (1, 10, ("landing/noisy.csv",))
    assert "batch(es) held back" in lane.verdict()
    assert "1 of 10 rows are in quarantine (10.00%, tolerated 1.00%), of landing/noisy.csv" in lane.verdict()
    assert "deliver" not in lane.verdict(), "rows that were taken must not come again"
    lane.land("later.csv", "id,name\n40,e\n")
    later = lane.run()
    assert later.entry
    assert [entry.batch_id for entry in lane.state.loadable] == [
        lane.state.entries[0].batch_id,
        later.entry.batch_id,
    ]


def test_exactly_the_tolerated_share_is_not_held(lane: Lane) -> None:
    share = Contract.from_mapping(
        {"dataset": "trips", "columns": COLUMNS, "tolerance": {"rows_quarantined": 0.29}}
    )  # 0.29 * 100 is less than 29 as a double
    lane.land("hundred.csv", "id,name\n" + "1,a\n" * 71 + "x,a\n" * 29)
    (lane.root / "landing/good.csv").unlink()
    lane.run(share)
    assert not lane.state.held
    lane.land("again.csv", "id,name\n" + "1,a\n" * 70 + "x,a\n" * 30)
    lane.run(share)
    assert [one.rows_rejected for one in lane.state.held] == [30]


def test_duplicates_do_not_hold_a_batch(lane: Lane) -> None:
    keyed = Contract.from_mapping({"dataset": "trips", "columns": COLUMNS, "key": ["id"]})
    lane.run(keyed)
    lane.land("delivered-again.csv", GOOD)
    second = lane.run(keyed)
    assert second.entry
    assert (second.entry.rows_read, second.entry.rows_quarantined) == (10, 10)
    assert (lane.state.held, lane.verdict(keyed), lane.ids()) == ((), "", list(range(10)))


def test_replay_that_mends_the_rows_releases_the_batch(lane: Lane) -> None:
    lane.land("noisy.csv", NOISY)
    lane.land("bad.csv", "id,name\nn/a,f\nx,f\n")
    lane.run()
    assert len(lane.state.held) == 1
    done = replay(place=lane.place, contract=LENIENT, code_version="1")
    assert (done.rows_curated, dict(done.still_bad)) == (2, {"value:id:bigint": 1})
    (held,) = lane.state.held
    assert held.rows_rejected == 1, "1 of 22 rows is still more than one in a hundred"
    accept_rows(place=lane.place, batches=[held.batch_id[:8]], who="ann", reason="known")
    assert not lane.state.held
    assert not accept_rows(place=lane.place, batches=[held.batch_id[:8]], who="ann", reason="known").batches


def test_replay_of_two_batches_tells_them_apart(lane: Lane) -> None:
    lane.land("noisy.csv", NOISY)
    lane.run()
    lane.land("worse.csv", "id,name\nx,f\nn/a,f\ny,f\n")
    lane.run()
    assert [one.rows_rejected for one in lane.state.held] == [1, 3]
    replay(place=lane.place, contract=LENIENT, code_version="1")
    assert [one.rows_rejected for one in lane.state.held] == [2]
    more = Contract.from_mapping({"dataset": "trips", "columns": COLUMNS, "null_values": ["n/a", "x"]})
    replay(place=lane.place, contract=more, code_version="1")
    assert [one.rows_rejected for one in lane.state.held] == [1]


def test_withdrawn_batch_is_gone_and_its_files_are_read_again(lane: Lane) -> None:
    first = lane.run()
    assert first.entry
    lane.land("noisy.csv", NOISY)
    second = lane.run()
    assert second.entry
    assert withdraw(place=lane.place, batch=second.entry.batch_id[:8], who="ann", reason="wrong unit").batches
    assert (lane.state.held, lane.ids(), list(lane.place.sink.keys("quarantine/"))) == ((), list(range(10)), [])
    assert not withdraw(place=lane.place, batch=second.entry.batch_id, who="ann", reason="wrong unit").batches
    again = lane.run(LENIENT)
    assert again.entry
    assert [file.key for file in again.entry.files] == ["landing/noisy.csv"]
    assert again.entry.batch_id != second.entry.batch_id
    assert sum(entry.rows_curated for entry in lane.state.counting) == 20


def test_withdraw_takes_the_replay_of_its_rows_along_and_refuses_where_they_are_mixed(lane: Lane) -> None:
    lane.land("noisy.csv", NOISY)
    first = lane.run()
    assert first.entry
    replay(place=lane.place, contract=LENIENT, code_version="1")
    assert len(withdraw(place=lane.place, batch=first.entry.batch_id, who="ann", reason="r").batches) == 2
    assert lane.ids() == []
    lane.run(CONTRACT)
    lane.land("other.csv", "id,name\nn/a,f\n")
    second = lane.run(CONTRACT)
    assert second.entry
    replay(place=lane.place, contract=LENIENT, code_version="1")
    with pytest.raises(NothingToDecide, match="replayed together with others'"):
        withdraw(place=lane.place, batch=second.entry.batch_id, who="ann", reason="r")


class Meanwhile:
    """A ledger behind whose back something happens just before the first commit."""

    def __init__(self, ledger: Any, act: Callable[[], object]) -> None:
        self._ledger, self._acts = ledger, [act]

    def entries(self) -> list[LedgerEntry]:
        return self._ledger.entries()

    def commit(self, entry: LedgerEntry, **options: Any) -> bool:
        while self._acts:
            self._acts.pop()()
        return self._ledger.commit(entry, **options)


def meanwhile(lane: Lane, act: Callable[[], object]) -> BatchPlace:
    return BatchPlace(**{**vars(lane.place), "ledger": Meanwhile(lane.place.ledger, act)})


def test_run_that_is_slower_than_a_batch_and_its_withdrawal_has_lost(lane: Lane) -> None:
    """Its outputs were swept when the other run committed: that its files are uncovered again must not let it win."""

    def other() -> None:
        entry = lane.run().entry
        assert entry
        withdraw(place=lane.place, batch=entry.batch_id, who="ann", reason="r")

    assert lane.run(place=meanwhile(lane, other)).status == ALREADY_COMMITTED
    assert lane.ids() == []
    lane.run()
    assert lane.ids() == list(range(10))


def test_run_that_is_slower_than_one_over_a_newer_version_has_lost(lane: Lane) -> None:
    def other() -> None:
        lane.land("good.csv", "id,name\n99,z\n")
        lane.run()

    assert lane.run(place=meanwhile(lane, other)).status == ALREADY_COMMITTED
    assert lane.ids() == [99]


def test_two_reopens_at_once_are_one(lane: Lane) -> None:
    lane.land("gained.csv", GAINED)
    lane.run()
    slow = meanwhile(lane, lambda: reopen_files(place=lane.place, who="bob"))
    assert not reopen_files(place=slow, who="ann").files
    assert [entry.who for entry in lane.state.entries if entry.kind == "reopen"] == ["bob"]


def test_reopened_file_is_converted_once_however_many_runs_race_for_it(tmp_path: Path) -> None:
    lane = Lane(tmp_path)
    lane.land("gained.csv", GAINED)
    lane.run()
    reopen_files(place=lane.place, who="ann")
    together, statuses = threading.Barrier(6), []

    def race() -> None:
        together.wait(timeout=30)
        try:
            statuses.append(lane.run(WIDER).status)
        except FileNotFoundError:  # the run that won has swept what this one was writing
            statuses.append(ALREADY_COMMITTED)

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(set(statuses) - {ALREADY_COMMITTED, NOTHING_NEW}) == [COMMITTED]
    assert statuses.count(COMMITTED) == 1
    assert lane.ids() == [20, 21]


def test_ledger_from_before_there_were_kinds_of_entries_is_read(lane: Lane) -> None:
    """Nothing of it is held, its refused files are open with no date, and its replays count."""
    lane.land("noisy.csv", NOISY)
    lane.land("gained.csv", GAINED)
    lane.run()
    replay(place=lane.place, contract=LENIENT, code_version="1")
    new = ("kind", "at", "run_id", "tolerated", "entries", "batches", "reason", "who")
    entries = [entry.to_mapping() for entry in lane.state.entries]
    for entry in entries:
        for one in entry["files"]:
            one.pop("origin")
        for one in entry["quarantine"]:
            one.pop("origin", None)
    old = [{name: value for name, value in entry.items() if name not in new} for entry in entries]
    read = [LedgerEntry.from_mapping(json.loads(json.dumps(entry))) for entry in old]
    assert [entry.kind for entry in read] == ["batch", "replay"]
    state = LaneState.of(read)
    assert (state.held, [(one.key, one.since) for one in state.open_files]) == ((), [("landing/gained.csv", "")])
    assert len(state.loadable) == 2
    assert state.covered == lane.state.covered
    total = whole(read)
    assert total
    assert (total.rows_read, total.rows_curated, total.rows_quarantined) == (20, 20, 0)
    assert len(LaneState.of([total]).open_files) == 1, "a folder's ledger was one entry that had grown"
