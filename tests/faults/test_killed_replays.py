"""A replay is killed with -9 at each point where it touches the folder, and repeated: each row is there once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake.convert.batch import BatchPlace
from pipeline.errors import PipelineError
from tests.faults.mortal import Fate, MortalLedger, MortalStore, killed
from tests.unit.lake.replayed_folder import Folder

CONTRACT = """
dataset: keyed
key: [id]
partition_by: [day]
columns:
  - {name: id, type: bigint, nullable: false}
  - {name: day, type: bigint, nullable: false}
  - {name: fare, type: double}
"""
FILES = {
    "a.csv": b"id,day,fare\n1,1,1\n2,1,n/a\n1,1,n/a\n3,2,3\nx,2,3\n3,2,3\n",
    "b.csv": b"fare,day,id\nn/a,2,4\nn/a,3,5\n",
}


class Replays:
    """The same converted folder again and again."""

    def __init__(self, root: Path) -> None:
        Folder(root / "start", CONTRACT).convert(FILES)
        self._root = root

    def fresh(self) -> Folder:
        """A copy of the converted folder, with a contract by which more rows are good."""
        shutil.rmtree(self._root / "now", ignore_errors=True)
        shutil.copytree(self._root / "start", self._root / "now")
        return Folder(self._root / "now", CONTRACT + 'null_values: ["n/a"]\n')

    def place(self, folder: Folder, fate: Fate, *, hasty: bool = False) -> BatchPlace:
        def take_away() -> None:
            for path in (folder.root / "out" / "quarantine").glob("[!r]*.parquet"):
                path.unlink()

        out = folder.root / "out"
        ledger = MortalLedger(folder=out, fate=fate, hastily=take_away if hasty else lambda: None)
        return BatchPlace(**{**vars(folder.place), "sink": MortalStore(root=out, fate=fate), "ledger": ledger})

    def killed_at_each_call(self, *, hasty: bool = False) -> Iterator[Folder]:
        """The folder after each kill, until a replay ends by itself."""
        call = 1
        while True:
            folder = self.fresh()
            place = self.place(folder, Fate(last=call), hasty=hasty)
            if not killed(lambda folder=folder, place=place: folder.replay(place=place)):
                return
            yield folder
            call += 1


@pytest.fixture
def replays(tmp_path: Path) -> Replays:
    return Replays(tmp_path)


def test_replay_killed_anywhere_and_repeated_has_each_row_once(replays: Replays) -> None:
    kills = 0
    for folder in replays.killed_at_each_call():
        folder.replay()
        assert folder.keys() == [1, 2, 3, 4, 5]
        folder.check()
        kills += 1
    assert kills >= 30


def test_replay_that_takes_rows_away_before_its_commit_is_noticed(replays: Replays) -> None:
    noticed = 0
    for folder in replays.killed_at_each_call(hasty=True):
        try:
            folder.replay()
            folder.check()
        except (AssertionError, PipelineError):
            noticed += 1
    assert noticed > 0
