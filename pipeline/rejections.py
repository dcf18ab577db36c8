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

from pipeline.contract import Contract
from pipeline.errors import TooMuchRejected
from pipeline.lane_state import HeldBatch, LaneState, OpenFile

FILE, ROWS = "file", "rows"
NAMED = 100  # of what a run's evidence names
_SAID = 3  # of what a message names
_REASON = 150  # characters of a reason in a message


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

    @property
    def text(self) -> str:
        """One line: which, since when, why."""
        since = f" (still open since {self.since[:10]})" if self.still_open and self.since else ""
        reason = " ".join(self.reason.split())
        if len(reason) > _REASON:
            reason = reason[:_REASON] + "..."
        name = self.key if self.what == FILE else f"batch {self.batch_id[:12]}"
        return _printable(f"{name}{since}: {reason}")


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
    return "; ".join((*_parts(beyond), *_ways_out(beyond, folder)))


def _parts(beyond: tuple[Rejected, ...]) -> Iterator[str]:
    for dataset in dict.fromkeys(one.dataset for one in beyond):
        those = [one for one in beyond if one.dataset == dataset]
        for what, title in ((FILE, "file(s) refused"), (ROWS, "batch(es) held back")):
            of_kind = [one for one in those if one.what == what]
            if of_kind:
                named = "; ".join(one.text for one in of_kind[:_SAID])
                more = f"; and {len(of_kind) - _SAID} more" if len(of_kind) > _SAID else ""
                yield f"{dataset}: {len(of_kind)} {title}: {named}{more}"


def _ways_out(beyond: tuple[Rejected, ...], folder: str | None) -> Iterator[str]:
    """The commands as they can be typed."""
    datasets = {one.dataset for one in beyond}
    where = f"--dataset {datasets.pop() if len(datasets) == 1 else 'NAME'}"
    deployed = ", deploy it"
    if folder is not None:
        where, deployed = f"--output {shlex.quote(_printable(folder))}", ""
    if any(one.what == FILE for one in beyond):
        yield (
            "refused: deliver the file mended under its name; or mend the contract"
            f"{deployed} and `lab files retry {where}`; or leave it out with `lab files accept`"
        )
    if any(one.what == ROWS for one in beyond):
        yield (
            f"rows held back: `lab quarantine explain {where}` says why and how to mend them; then `lab quarantine "
            "replay`, or `accept` to go on without them"
        )
