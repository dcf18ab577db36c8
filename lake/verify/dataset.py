"""Checks one dataset of a lane: the ledger's equations, what lies in the bucket, the quality rules.

Flows in: ledger entries, a contract, a function that gives an object's bytes. Flows out: `Verified`
counts, or RowsNotConserved, ChecksumMismatched, QualityRuleFailed naming dataset, batch and column,
or ContractChanged where the contract no longer fits what was committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from lake.ledger.entry import REFUSED, LedgerEntry, Output, counting, in_quarantine, replay_problems
from lake.ledger.evolution import check_contract, schema_of
from lake.verify.checksums import Hashes, spell
from lake.verify.readback import keys_among, read_back
from lake.verify.uniqueness import RepeatedNumbers
from pipeline.errors import ChecksumMismatched, QualityRuleFailed, RowsNotConserved
from strict_csv.contract import Contract

_SUSPECTS = 10_000  # repeated keys that are looked at

# Bytes of an object, None where there is none at the key.
ReadObject = Callable[[str], bytes | None]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was read back and found right."""

    batches: int
    files: int
    rows_curated: int
    rows_quarantined: int


def verify_dataset(
    contract: Contract, entries: Sequence[LedgerEntry], *, lane: str, read_object: ReadObject
) -> Verified:
    """I1, I2, I3 and the contract's quality rules over everything in the ledger of this dataset that counts: what is
    held is verified too, what was withdrawn is not there any more."""
    if not entries:
        raise RowsNotConserved(f"{contract.dataset}: lane {lane} has no committed batch; convert must run first")
    held = {output.key for output in in_quarantine(entries)}
    entries = tuple(counting(entries))
    _each_version_once(contract.dataset, entries)
    replays = list(replay_problems(entries))
    if replays:
        raise RowsNotConserved(f"{contract.dataset}: {'; '.join(replays[:5])}; this ledger must not be loaded")
    check_contract(contract, entries)
    with RepeatedNumbers(expected=sum(entry.rows_curated for entry in entries)) as numbers:
        for entry in entries:
            # Files are what their own version of the contract declared, not what a later one adds.
            as_written = schema_of(entry, contract).as_contract(contract)
            _verify_batch(as_written, entry, read_object, held, numbers)
        if contract.duplicates == "quarantined":
            _unique(contract, entries, numbers.found(limit=_SUSPECTS), read_object)
    return Verified(
        batches=len(entries),
        files=sum(len(entry.outputs) for entry in entries),
        rows_curated=sum(entry.rows_curated for entry in entries),
        rows_quarantined=sum(entry.rows_quarantined for entry in entries),
    )


def _each_version_once(dataset: str, entries: Iterable[LedgerEntry]) -> None:
    counts = Counter(file.identity for entry in entries for file in entry.files if file.status != REFUSED)
    twice = [key for (key, _), count in sorted(counts.items()) if count > 1]
    if twice:
        raise RowsNotConserved(f"{dataset}: {len(twice)} object version(s) in two batches, the first {twice[0]}")
    outputs = Counter(output.key for entry in entries for output in entry.outputs)
    shared = [key for key, count in sorted(outputs.items()) if count > 1]
    if shared:
        raise RowsNotConserved(f"{dataset}: {len(shared)} curated file(s) in two batches, the first {shared[0]}")


def _verify_batch(
    contract: Contract, entry: LedgerEntry, read_object: ReadObject, held: set[str], numbers: RepeatedNumbers
) -> None:
    place = f"{entry.dataset} batch {entry.batch_id[:12]}"
    _equations(entry, place)
    note_keys = numbers.add if contract.duplicates == "quarantined" else lambda _numbers: None
    sums = dict.fromkeys(contract.column_names, 0)
    digest = 0
    for output in entry.outputs:
        body = _body(output, place, read_object)
        try:
            found = read_back(body, key=output.key, contract=contract, note_keys=note_keys)
        except (pa.ArrowException, OSError) as error:
            raise ChecksumMismatched(
                f"{place}: {output.key} can't be read ({type(error).__name__}); convert it again"
            ) from error
        _rows_of(output, found.rows, place)
        digest += found.digest
        for name, checksum in found.columns.items():
            sums[name] += checksum
    for output in entry.quarantine:
        if output.key not in held:  # replayed since, and swept
            continue
        body = _body(output, place, read_object)
        _rows_of(output, pq.ParquetFile(pa.BufferReader(body)).metadata.num_rows, place)
    _checksums(entry, sums, digest, place)


def _equations(entry: LedgerEntry, place: str) -> None:
    broken = list(entry.problems())
    if broken:
        raise RowsNotConserved(f"{place}: {'; '.join(broken[:5])}; this entry must not be loaded")


def _body(output: Output, place: str, read_object: ReadObject) -> bytes:
    body = read_object(output.key)
    if body is None:
        raise RowsNotConserved(f"{place}: {output.key} stands in the ledger and is not in the bucket")
    if len(body) != output.bytes:
        raise RowsNotConserved(f"{place}: {output.key} has {len(body)} bytes, the ledger says {output.bytes}")
    return body


def _rows_of(output: Output, rows: int, place: str) -> None:
    if rows != output.rows:
        raise RowsNotConserved(f"{place}: {output.key} has {rows} rows, the ledger says {output.rows}")


def _checksums(entry: LedgerEntry, sums: dict[str, int], digest: int, place: str) -> None:
    for name, checksum in sums.items():
        expected = entry.columns.get(name, spell(0) if not entry.rows_curated else "nothing")
        if spell(checksum) != expected:
            raise ChecksumMismatched(
                f"{place}: column {name} reads back as {spell(checksum)}, the ledger says {expected}"
            )
    if spell(digest) != entry.output_digest:
        raise ChecksumMismatched(
            f"{place}: whole rows read back as {spell(digest)}, the ledger says {entry.output_digest}"
        )


def _unique(contract: Contract, entries: Iterable[LedgerEntry], suspects: Hashes, read_object: ReadObject) -> None:
    """Apart from convert's own search: numbers only say where to look, what decides are the keys themselves."""
    found, rows = [], 0
    for keys in _suspected(contract, entries, suspects, read_object):
        found.append(keys)
        rows += keys.num_rows
        if rows > 100 * _SUSPECTS:  # so many rows of so few numbers repeat a key
            break
    if not rows:
        return
    names = list(contract.key)
    groups = pa.Table.from_batches(found).group_by(names).aggregate([([], "count_all")])
    repeated = int((groups["count_all"].to_numpy() > 1).sum())
    least = "at least " if len(suspects) == _SUSPECTS or rows > 100 * _SUSPECTS else ""
    if repeated:
        raise QualityRuleFailed(
            f"{contract.dataset}: {least}{repeated} value(s) of the key ({', '.join(names)}) are there more than once; "
            "convert sets them aside: say duplicates: allowed again if that let them in, else report a defect"
        )


def _suspected(
    contract: Contract, entries: Iterable[LedgerEntry], suspects: Hashes, read_object: ReadObject
) -> Iterator[pa.RecordBatch]:
    if not len(suspects):
        return
    for entry in entries:
        for output in entry.outputs:
            body = _body(output, contract.dataset, read_object)
            for keys in keys_among(body, key=output.key, contract=contract, numbers=suspects):
                if keys.num_rows:
                    yield keys
