"""The way out of a held batch or a refused file is killed with -9 at each call, and repeated: each row is there once.

Accept, retry and withdraw are each one ledger entry, so that a kill leaves the lane as it was before or as it is after;
what a withdrawn batch has left behind goes with the repetition, or with the next conversion.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry
from lake.ledger.lane_state import LaneState
from lake.quarantine.decisions import accept_rows, reopen_files, withdraw
from lake.quarantine.replay import replay
from lake.stores.local_store import LocalStore
from strict_csv.contract import Contract
from tests.faults.mortal import Fate, MortalLedger, MortalStore, killed
from tests.parquet_rows import rows_of

COLUMNS = [{"name": "id", "type": "bigint", "nullable": False}, {"name": "fare", "type": "double"}]
CONTRACT = Contract.from_mapping({"dataset": "keyed", "key": ["id"], "columns": COLUMNS})
MENDED = Contract.from_mapping(
    {
        "dataset": "keyed",
        "key": ["id"],
        "version": 2,
        "null_values": ["n/a"],
        "columns": [*COLUMNS, {"name": "tip", "type": "double", "since": 2}],
    }
)
FILES = {
    "noisy.csv": "id,fare\n1,1\n2,2\n3,n/a\n4,4\n",
    "gained.csv": "id,fare,tip\n7,1,1\n8,2,2\n",
}


class Lane:
    """A converted folder with a held batch and a refused file, its own at every kill."""

    def __init__(self, root: Path, fate: Fate | None = None) -> None:
        self.root = root
        fate = fate or Fate()
        store = MortalStore(root=root, fate=fate)
        self.place = BatchPlace(
            source=LocalStore(root=root),
            landing_prefix="landing/",
            sink=store,
            curated_prefix="curated/",
            quarantine_prefix="quarantine/",
            keys_prefix="keys/",
            ledger=MortalLedger(folder=root, fate=fate),
        )

    def convert(self, contract: Contract) -> None:
        convert_batch(place=self.place, contract=contract, engine=SingleEngine(threads=1), code_version="1")

    @property
    def state(self) -> LaneState:
        return LaneState.of(self.place.ledger.entries())

    def batch(self) -> LedgerEntry:
        return self.state.entries[0]

    def check(self, ids: list[int]) -> None:
        """Exactly these rows count, and nothing lies there that does not."""
        for entry in self.state.entries:
            entry.check()
        outputs = [output for entry in self.state.counting for output in entry.outputs]
        assert sorted(row[0] for row in rows_of(self.root, outputs)) == ids
        assert sorted(output.key for output in outputs) == sorted(self.place.sink.keys("curated/"))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("decisions") / "start"
    (root / "landing").mkdir(parents=True)
    for name, text in FILES.items():
        (root / "landing" / name).write_text(text)
    lane = Lane(root)
    lane.convert(CONTRACT)
    assert (len(lane.state.held), len(lane.state.open_files)) == (1, 1)
    return root


def killed_at_each_call(start: Path, work: Callable[[Lane], object]) -> Iterator[Lane]:
    """A lane after each kill, until the work ends by itself. Times of files are their versions: they are kept."""
    call = 1
    while True:
        now = start.with_name("now")
        shutil.rmtree(now, ignore_errors=True)
        shutil.copytree(start, now)
        if not killed(lambda now=now, call=call: work(Lane(now, Fate(last=call)))):
            return
        yield Lane(now)
        call += 1


def out_by_replay(lane: Lane) -> None:
    """The rows that were held back are mended by the contract, and the refused file is read by it."""
    reopen_files(place=lane.place, who="ann")
    replay(place=lane.place, contract=MENDED, code_version="1")
    lane.convert(MENDED)


def out_by_accept(lane: Lane) -> None:
    accept_rows(place=lane.place, who="ann", reason="known")
    reopen_files(place=lane.place, who="ann")
    lane.convert(MENDED)


def out_by_withdrawal(lane: Lane) -> None:
    withdraw(place=lane.place, batch=lane.batch().batch_id, who="ann", reason="wrong")
    lane.convert(MENDED)


@pytest.mark.parametrize(
    ("way", "ids", "least"),
    [
        (out_by_replay, [1, 2, 3, 4, 7, 8], 20),
        (out_by_accept, [1, 2, 4, 7, 8], 10),
        (out_by_withdrawal, [1, 2, 3, 4, 7, 8], 12),
    ],
)
def test_way_out_killed_anywhere_and_repeated_has_each_row_once(
    start: Path, way: Callable[[Lane], None], ids: list[int], least: int
) -> None:
    kills = 0
    for lane in killed_at_each_call(start, way):
        way(lane)
        lane.check(ids)
        assert (lane.state.held, lane.state.open_files) == ((), ())
        kills += 1
    assert kills >= least


def test_rows_taken_away_before_the_ledger_says_so_would_be_noticed(start: Path) -> None:
    """The must-fail twin: a withdrawal that removes first and writes the ledger then."""

    def hasty(lane: Lane) -> None:
        lane.place.sink.delete(output.key for output in lane.batch().outputs)
        out_by_withdrawal(lane)

    noticed = 0
    for lane in killed_at_each_call(start, hasty):
        try:
            lane.check([1, 2, 4])
        except OSError:  # the ledger counts what is not there any more
            noticed += 1
        except AssertionError:  # it was withdrawn
            pass
    assert noticed
