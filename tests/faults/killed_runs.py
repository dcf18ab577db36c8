"""Kills conversions with SIGKILL at random points and looks at what is on disk: the work of test_killed_runs.py.

    python -m tests.faults.killed_runs FOLDER VARIANT KILLS SEED      one JSON object on stdout

A process of its own, that has imported everything and starts no thread: it forks a child per run, so that a run
costs no start of an interpreter. What it looks at are files, read without the conversion's own code.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.job import ConversionJob, Progress
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry
from lake.ledger.ledgers import FolderLedger, LaneLedger, Ledger
from lake.stores.local_store import LocalStore
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping(
    {
        "dataset": "trips",
        "partition_by": ["p"],
        "key": ["id"],
        "duplicates": "quarantined",
        "max_record_bytes": 8192,
        "columns": [{"name": "p", "type": "bigint", "nullable": False}, {"name": "id", "type": "string"}],
    }
)
STARTED, READING, COMMITTING, COMMITTED = PHASES = (b"s", b"r", b"c", b"d")


def landed() -> dict[str, bytes]:
    """A file that is cut, small ones, one refused after good rows, and one with rows that others have too."""

    def rows(name: str, count: int) -> bytes:
        return b"".join(b"%d,%s-%04d\n" % (row % 2, name.encode(), row) for row in range(count))

    return {
        "large.csv": b"p,id\n" + rows("large", 600) + b"x,bad\n" * 9,
        "small.csv": b"p,id\n" + rows("small", 40),
        "again.csv": b"p,id\n1,small-0001\n0,large-0002\n" + rows("again", 20),
        "refused.csv": b"p,id\n" + rows("refused", 200) + b"0," + b"y" * 9000 + b"\n",
        "late.csv": b"p,id\n" + rows("late", 30) + b"bad\n",
    }


LATE = "late.csv"
ROWS = {"large": 600, "small": 40, "again": 20, "late": 30}
IDS = Counter(f"{name}-{row:04d}" for name, count in ROWS.items() for row in range(count))
QUARANTINED = Counter({"large.csv": 10, "small.csv": 1, "late.csv": 1})  # again.csv comes before both


class Working(SingleEngine):
    """Blocks and files so small that there is much to interrupt; says when the first block was read."""

    def __init__(self, pipe: int) -> None:
        super().__init__(threads=2)
        self._pipe = pipe

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        small = replace(job, split_bytes=3000, block_bytes=1024, whole_bytes=2048, buffer_bytes=4096, file_bytes=8192)
        return super().convert(small, progress=lambda _bytes: self._say())

    def _say(self) -> None:
        if self._pipe >= 0:
            os.write(self._pipe, READING)
            self._pipe = -1


@dataclass(frozen=True, kw_only=True)
class Told:
    """A ledger that says when a commit begins and when it is done."""

    ledger: Ledger
    pipe: int

    def entries(self) -> list[LedgerEntry]:
        return self.ledger.entries()

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        os.write(self.pipe, COMMITTING)
        won = self.ledger.commit(entry, after=after, planned=planned)
        os.write(self.pipe, COMMITTED)
        return won


class LedgerFirst(FolderLedger):
    """The must-fail variant: the ledger names outputs that are put in their place only afterwards."""

    def __init__(self, *, folder: Path) -> None:
        super().__init__(folder=folder)
        self._folder = folder

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        won = super().commit(entry, after=after, planned=planned)
        for output in (*entry.outputs, *entry.quarantine):
            target = self._folder / output.key
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.write((self._folder / "staged" / output.key).read_bytes())
                os.fsync(file.fileno())
        return won


def place(source: Path, out: Path, variant: str, pipe: int) -> BatchPlace:
    sink, ledger = LocalStore(root=out), FolderLedger(folder=out)
    if variant == "lane":
        ledger = LaneLedger(store=sink, lane="glue", dataset="trips")
    if variant == "ledger_first":
        sink, ledger = LocalStore(root=out / "staged"), LedgerFirst(folder=out)
    return BatchPlace(
        source=LocalStore(root=source),
        landing_prefix="",
        sink=sink,
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        keys_prefix=".keys/",
        ledger=Told(ledger=ledger, pipe=pipe),
    )


@dataclass
class Seen:
    """What is on disk, read with nothing but JSON and Parquet readers."""

    files: list[tuple[str, str]] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, out: Path) -> Seen:
        seen = cls()
        for path in [*out.glob("ledger.json"), *sorted(out.glob("ledger/glue/trips/[0-9]*.json"))]:
            entry = json.loads(path.read_text())
            seen.files += [(file["key"], file["version"]) for file in entry["files"]]
            for output in (*entry["outputs"], *entry["quarantine"]):
                seen.named[output["key"]] = output["rows"]
        return seen

    def problems(self, out: Path) -> list[str]:
        """True at any time, a moment after a kill too: what the ledger names is there, and nothing twice."""
        found = [f"{key} is in the ledger twice" for key, times in Counter(self.files).items() if times > 1]
        for key, rows in self.named.items():
            path = out / key
            if not path.exists() or not path.stat().st_size:
                found.append(f"{key} is in the ledger and not there")
            elif pq.read_metadata(path).num_rows != rows:
                found.append(f"{key} has other rows than the ledger says")
        return found

    def end_problems(self, out: Path) -> list[str]:
        """True once a run has ended: each row exactly once, and no file that the ledger does not name."""
        found = self.problems(out)
        there = {
            path.relative_to(out).as_posix()
            for name in ("curated", "quarantine", ".keys")
            for path in (out / name).rglob("*")
            if path.is_file()
        }
        found += [f"{key} is an orphan" for key in sorted(there - set(self.named))]
        curated: Counter[str] = Counter()
        for path in (out / "curated").rglob("*.parquet"):
            curated.update(_column(path, "id"))
        quarantined: Counter[str] = Counter()
        for path in (out / "quarantine").rglob("*.parquet"):
            quarantined.update(_column(path, "file"))
        if curated != IDS:
            found.append(f"{(IDS - curated).total()} rows are missing, {(curated - IDS).total()} there too often")
        if quarantined != QUARANTINED:
            found.append(f"in quarantine are {dict(quarantined)}")
        return found


def _column(path: Path, name: str) -> list[str]:
    return pq.ParquetFile(path).read([name])[name].to_pylist() if path.stat().st_size else []


@dataclass(frozen=True, kw_only=True)
class Kill:
    """So many seconds after a phase has begun."""

    phase: bytes
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a run ended, and how many seconds each phase was from its end."""

    status: int
    seconds_left: dict[bytes, float]

    @property
    def killed(self) -> bool:
        return os.WIFSIGNALED(self.status)


def run(source: Path, out: Path, variant: str, kill: Kill | None = None) -> Run:
    """Fork a run, and kill it unless it is faster."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(source, out, variant, writing)
    os.close(writing)
    begun: dict[bytes, float] = {}
    deadline = None
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([reading], [], [], left)[0]:
            os.kill(pid, signal.SIGKILL)
            deadline = None
        said = os.read(reading, 1)  # empty once the child is gone
        if not said:
            break
        begun.setdefault(said, time.monotonic())
        if kill and said == kill.phase:
            deadline, kill = begun[said] + kill.seconds, None
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    ended = time.monotonic()
    return Run(status=status, seconds_left={phase: ended - at for phase, at in begun.items()})


def _child(source: Path, out: Path, variant: str, pipe: int) -> None:
    code = 1
    try:
        os.write(pipe, STARTED)
        convert_batch(
            place=place(source, out, variant, pipe), contract=CONTRACT, engine=Working(pipe), code_version="1"
        )
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


@dataclass
class Torture:
    """Rounds of kills, each on an output folder of its own, until `kills` have struck."""

    folder: Path
    variant: str
    random: random.Random
    seconds_left: dict[bytes, float] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    rounds: int = 0

    def go(self, kills: int) -> None:
        self._round(kills=0)  # how long it takes, and that it ends well where nothing is killed
        while self.struck.total() < kills:
            self._round(kills=min(self.random.randint(2, 6), kills - self.struck.total()))

    def _round(self, *, kills: int) -> None:
        """Kill up to `kills` runs one after the other, let a file land somewhere between, and let one run end."""
        self.rounds += 1
        source, out = self.folder / f"in-{self.rounds}", self.folder / f"out-{self.rounds}"
        source.mkdir()
        out.mkdir()
        files = landed()
        late_after = self.random.randint(0, kills)
        for name in files.keys() - {LATE}:
            (source / name).write_bytes(files[name])
        for turn in range(kills + 1):
            if turn == late_after:
                (source / LATE).write_bytes(files[LATE])
            if turn < kills:
                self._kill(source, out)
        done = run(source, out, self.variant)
        if done.status:
            self.problems.append(f"a run that nobody killed ended with {done.status}")
        self.problems += Seen.of(out).end_problems(out)
        self._learn(done.seconds_left)
        shutil.rmtree(source)
        shutil.rmtree(out)

    def _learn(self, seconds_left: dict[bytes, float]) -> None:
        """How long phases take changes with what else the machine does."""
        for phase, seconds in seconds_left.items():
            if COMMITTED in seconds_left:  # it had work to do
                self.seconds_left[phase] = (seconds + self.seconds_left.get(phase, seconds)) / 2

    def _kill(self, source: Path, out: Path) -> None:
        before = len(Seen.of(out).files)
        phase = self.random.choices(PHASES, weights=(2, 4, 3, 4))[0]
        seconds = self.random.uniform(0, self.seconds_left[phase])
        if not run(source, out, self.variant, Kill(phase=phase, seconds=seconds)).killed:
            return
        seen = Seen.of(out)
        if len(seen.files) > before:
            self.struck["after the commit"] += 1
        elif any(path.is_file() for path in (out / "curated").rglob("*")) or (out / "staged").exists():
            self.struck["while it wrote"] += 1
        else:
            self.struck["before it wrote"] += 1
        self.problems += seen.problems(out)


def main(argv: list[str]) -> None:
    folder, variant, kills, seed = Path(argv[0]), argv[1], int(argv[2]), int(argv[3])
    pa.array(np.arange(1))  # what pyarrow imports late is imported once, here
    torture = Torture(folder=folder, variant=variant, random=random.Random(seed))
    torture.go(kills)
    said = {"struck": dict(torture.struck), "problems": torture.problems, "rounds": torture.rounds}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
