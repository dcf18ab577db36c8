"""Finds the rows of a batch whose key is there before them: committed, or earlier in the batch.

Flows in: the key rows of a conversion and the keys that are committed. Flows out: the duplicates, or None where every
key is there once, as it should be. Memory is bounded: rows are spread over buckets by their hash, and a verdict is
one byte a row in a temporary file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np

from lake.deduplicate.buckets import Buckets, bucket_bits
from lake.deduplicate.committed_keys import CommittedKeys, Group
from lake.deduplicate.duplicates import DUPLICATE_KEY, DUPLICATE_ROW, REASONS, Duplicates, Place, write_duplicates
from lake.deduplicate.key_rows import read_runs
from lake.ledger.entry import REFUSED, KeyRun, LedgerEntry
from lake.stores.store import Store

BUCKET_ROWS = 1024 * 1024
_HIGH, _LOW, _ROW, _AGE = range(4)  # words of a row; committed rows are of age 0, those of the batch follow


def find_duplicates(
    *, store: Store, entry: LedgerEntry, committed: CommittedKeys, object_key: str, bucket_rows: int = BUCKET_ROWS
) -> Duplicates | None:
    """Searches the key rows `entry.keys`, those of refused files left out. Duplicates are written to `object_key`."""
    refused = {file.key for file in entry.files if file.status == REFUSED}
    batch = _Batch([run for run in entry.keys if run.file not in refused])
    bits = bucket_bits(batch.rows, bucket_rows=bucket_rows)
    with Buckets(bits=bits, width=4) as rows:
        for run, words in read_runs(store, entry.keys):
            if run.file not in refused:
                rows.add(np.column_stack([*words, batch.ages(run)]))
        repeated, met = _first_look(rows, committed)
        if not repeated and not met:
            return None
        with Buckets(bits=bits, width=3) as kept, tempfile.TemporaryFile(prefix="verdicts-") as file:
            for words in committed.rows(met):
                kept.add(words)
            file.truncate(batch.rows)
            verdicts = np.memmap(file, np.uint8, "r+")
            for bucket in range(len(rows)):
                ages, why = _judged(rows.read(bucket), kept.slices(bucket))
                verdicts[ages - np.uint64(1)] = why
            duplicates = write_duplicates(store, object_key, batch.parts(verdicts))
    return duplicates if duplicates.places else None


class _Batch:
    """Numbers the rows of a batch, from 1, in the order that decides who is first: by file key, then by place."""

    def __init__(self, runs: Sequence[KeyRun]) -> None:
        counts: dict[Place, int] = {}
        for run in runs:
            place = (run.file, run.byte_start)
            counts[place] = max(counts.get(place, 0), run.ordinal + run.rows)
        self._counts = dict(sorted(counts.items()))
        ends = list(accumulate(self._counts.values(), initial=0))
        self._starts = dict(zip(self._counts, ends[:-1], strict=True))
        self.rows = ends[-1]

    def ages(self, run: KeyRun) -> np.ndarray:
        first = 1 + self._starts[run.file, run.byte_start] + run.ordinal
        return np.arange(first, first + run.rows, dtype=np.uint64)

    def parts(self, verdicts: np.ndarray) -> Iterator[tuple[Place, np.ndarray]]:
        """One byte a row of the batch, by unit."""
        for place, start in self._starts.items():
            yield place, verdicts[start : start + self._counts[place]]


def _first_look(rows: Buckets, committed: CommittedKeys) -> tuple[bool, set[Group]]:
    """By half of the hash: whether a key repeats in the batch, and which committed row groups hold a key of it."""
    groups: list[Group] = []
    met: set[int] = set()
    repeated = False
    with Buckets(bits=rows.bits, width=2) as spread:
        for group, high in committed.highs():
            spread.add(np.column_stack([high, np.full(len(high), len(groups), np.uint64)]))
            groups.append(group)
        for bucket in range(len(rows)):
            high = np.sort(rows.read(bucket)[:, _HIGH])
            repeated = repeated or bool((high[1:] == high[:-1]).any())
            for words in spread.slices(bucket):
                words = _ascending(words)
                met.update(np.flatnonzero(np.bincount(words[_among(words[:, 0], high), 1].astype(np.int64))).tolist())
    return repeated, {groups[number] for number in met}


def _judged(rows: np.ndarray, kept: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(ages, verdicts) of the duplicates among the `rows` of a bucket: 1 more than the reason's place in REASONS."""
    rows = _ascending(rows)
    high = rows[:, _HIGH]
    ordered = (_ascending(words) for words in kept)
    before = np.concatenate([np.empty((0, 3), np.uint64), *(words[_among(words[:, _HIGH], high)] for words in ordered)])
    suspects = np.sort(np.concatenate([before[:, _HIGH], high[1:][high[1:] == high[:-1]]]))
    rows = rows[_among(high, suspects)]
    rows = rows[np.argsort(rows[:, _AGE])]
    rows = np.concatenate([np.column_stack([before, np.zeros(len(before), np.uint64)]), rows])
    high, low = rows[:, _HIGH], rows[:, _LOW]
    order = np.argsort(high, kind="stable")
    if _crossed(high[order], low[order]):
        order = np.lexsort((rows[:, _AGE], low, high))
    high, low, row, age = rows[order].T
    first = np.ones(len(order), bool)
    first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    winners = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    loses = np.flatnonzero(~first & (age > 0))
    same = row[loses] == row[winners[loses]]
    return age[loses], 1 + np.where(same, REASONS.index(DUPLICATE_ROW), REASONS.index(DUPLICATE_KEY))


def _crossed(high: np.ndarray, low: np.ndarray) -> bool:
    """Whether different keys share a high hash: then what is sorted by that alone is not sorted by key."""
    return bool(((high[1:] == high[:-1]) & (low[1:] != low[:-1])).any())


def _ascending(words: np.ndarray) -> np.ndarray:
    """Rows by their first word."""
    return words[np.argsort(words[:, 0])]


def _among(values: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Which `values` are in `ascending`; where they ascend as well, a tenth of the time of any other order."""
    if not len(ascending):
        return np.zeros(len(values), bool)
    places = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    return ascending[places] == values
