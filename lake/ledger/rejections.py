"""What a lane has refused and what it holds, and whether that is more than the contracts tolerate.

Flows in: the state of each dataset's ledger, and its contract. Flows out: `Rejections`: what is to be named, and the
TooMuchRejected that a run ends with. It is computed from the whole ledger and never from what one run did, so that a
retry, a resumed run and a later one find the same.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lake.ledger.lane_state import HeldBatch, LaneState, OpenFile
from pipeline.errors import TooMuchRejected
from strict_csv.contract import Contract

FILE, ROWS = "file", "rows"
NAMED = 100  # of what a run's evidence names
LONGEST = 970  # characters of a message: what a job shows of its error after the failure's name (lake/job_end.py)
# What a message shortens until it fits: characters of a reason, of a key, things named of a kind, datasets named.
_SHORTER = (
    (150, 1024, 3, 8),
    (100, 100, 3, 8),
    (60, 60, 3, 8),
    (40, 40, 2, 5),
    (20, 40, 1, 3),
    (0, 30, 1, 2),
    (0, 0, 0, 1),
)


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A refused file that is open (`what` is "file"), or rows of a held batch ("rows"; `key` is then the first file
    they came from, and `batch_id` is what accept and withdraw take). `since` is ISO 8601, "" where unknown;
    `still_open`: an earlier run had named it."""

    dataset: str
    what: str
    key: str
    version: str
    batch_id: str
    reason: str
    since: str
    still_open: bool

    def to_mapping(self) -> dict[str, Any]:
        return asdict(self)

    def text(self, *, reason: int, key: int) -> str:
        """One line: which, since when, why; with so many characters of the reason, and of the key from its end."""
        since = f" (still open since {self.since[:10]})" if self.still_open and self.since else ""
        why, which = _printable(" ".join(self.reason.split())), _printable(self.key)
        why = f": {why[:reason]}{'...' if len(why) > reason else ''}" if reason else ""
        which = f"{'...' if len(which) > key else ''}{which[-key:]}"
        name = which if self.what == FILE else f"batch {self.batch_id[:12]}"
        return f"{name}{since}{why}"


@dataclass(frozen=True, kw_only=True)
class Rejections:
    """`all` are the open files and held batches of every dataset; `beyond` those that are more than is tolerated.
    `folder` is where they lie, None for the lanes of a deployed pipeline."""

    all: tuple[Rejected, ...]
    beyond: tuple[Rejected, ...]
    folder: str | None = None

    @property
    def error(self) -> TooMuchRejected | None:
        """None where all is tolerated."""
        return TooMuchRejected(_message(self.beyond, self.folder)) if self.beyond else None


def rejections(
    states: Mapping[str, LaneState],
    contracts: Mapping[str, Contract],
    *,
    new: Collection[str] = (),
    folder: str | None = None,
) -> Rejections:
    """Of each dataset's state and contract; `new` are the batches that this run has committed, `folder` the output of
    a `lab convert`."""
    found, beyond = [], []
    for dataset, state in states.items():
        files = [_file(dataset, one, new) for one in state.open_files]
        rows = [_rows(dataset, one, new) for one in state.held]
        found += [*files, *rows]
        beyond += files if len(files) > contracts[dataset].tolerance.files_refused else []
        beyond += rows
    return Rejections(all=tuple(found), beyond=tuple(beyond), folder=folder)


def batches_of_run(entries: Iterable[Any], run_id: str) -> set[str]:
    """The ids of the batches that `run_id` committed."""
    return {entry.batch_id for entry in entries if run_id and entry.run_id == run_id}


def _file(dataset: str, one: OpenFile, new: Collection[str]) -> Rejected:
    return Rejected(
        dataset=dataset,
        what=FILE,
        key=one.key,
        version=one.file.version,
        batch_id=one.batch_id,
        reason=one.reason,
        since=one.since,
        still_open=one.batch_id not in new,
    )


def _rows(dataset: str, one: HeldBatch, new: Collection[str]) -> Rejected:
    share = one.rows_rejected / one.rows_read if one.rows_read else 1.0
    files = f"{one.files[0]}{f' and {len(one.files) - 1} more' if len(one.files) > 1 else ''}" if one.files else ""
    return Rejected(
        dataset=dataset,
        what=ROWS,
        key=one.files[0] if one.files else "",
        version="",
        batch_id=one.batch_id,
        reason=f"{one.rows_rejected:,} of {one.rows_read:,} rows are in quarantine ({share:.2%}, tolerated "
        f"{one.tolerated:.2%}), of {files}",
        since=one.since,
        still_open=one.batch_id not in new,
    )


def _printable(text: str) -> str:
    """A producer chose the file's name: it must not write to a terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _message(beyond: tuple[Rejected, ...], folder: str | None) -> str:
    """What is refused and held and the way out, as fully as fits; at its shortest where nothing does."""
    message = ""
    for reason, key, named, datasets in _SHORTER:
        parts = _parts(beyond, reason=reason, key=key, named=named, datasets=datasets)
        message = "; ".join((*parts, *_ways_out(beyond, folder, named_dataset=named > 1)))
        if len(message) <= LONGEST or folder is not None:  # a terminal shows it whole
            break
    return message


def _parts(beyond: tuple[Rejected, ...], *, reason: int, key: int, named: int, datasets: int) -> Iterator[str]:
    rejecting = list(dict.fromkeys(one.dataset for one in beyond))
    for dataset in rejecting[:datasets]:
        for what, title in ((FILE, "file(s) refused"), (ROWS, "batch(es) held back")):
            of_kind = [one for one in beyond if (one.dataset, one.what) == (dataset, what)]
            if of_kind:
                texts = "; ".join(one.text(reason=reason, key=key) for one in of_kind[:named])
                more = f"; and {len(of_kind) - named} more" if len(of_kind) > named > 0 else ""
                yield f"{dataset}: {len(of_kind)} {title}{': ' if texts else ''}{texts}{more}"
    if len(rejecting) > datasets:
        yield f"and {len(rejecting) - datasets} more dataset(s)"


def _ways_out(beyond: tuple[Rejected, ...], folder: str | None, *, named_dataset: bool) -> Iterator[str]:
    """The commands as they can be typed."""
    datasets = {one.dataset for one in beyond}
    where = f"--dataset {datasets.pop() if len(datasets) == 1 and named_dataset else 'NAME'}"
    deployed = ", deploy it"
    if folder is not None:
        where, deployed = f"--output {shlex.quote(_printable(folder))}", ""
    if any(one.what == FILE for one in beyond):
        yield (
            f"deliver refused files mended under their names, or mend the contract{deployed} and "
            f"`lab files retry {where}`, or leave them out with `accept`"
        )
    if any(one.what == ROWS for one in beyond):
        yield f"rows: `lab quarantine explain {where}`, then `replay` or `accept`"
