"""The ledger: what one committed batch read, wrote and quarantined, and the equations that must hold.

Flows in: counts and checksums that the reader measured. Flows out: the JSON of a ledger entry and
`RowsNotConserved` where an equation fails. It neither reads CSV nor touches a store.

Checksums (I2), defined so that they can be recomputed over the Parquet by other code. All arithmetic
is on unsigned 64-bit integers, modulo 2**64; `>>` shifts zeros in.

    G          = 0x9E3779B97F4A7C15
    mix(x)     : x ^= x >> 30; x *= 0xBF58476D1CE4E5B9; x ^= x >> 27; x *= 0x94D049BB133111EB; x ^= x >> 31
    null       : value_hash = 0xA5A5F00D5EED0001
    one word w : value_hash = mix(w + G)
    words      : value_hash = mix(n + sum over i from 0 of mix(w[i] + (i + 1) * G)), n as given below

    bigint                 one word, the value in two's complement
    double                 one word, the IEEE 754 bits (0.0 and -0.0 differ)
    boolean                one word, 1 or 0
    date                   one word, days since 1970-01-01 in two's complement
    timestamp              one word, microseconds since 1970-01-01T00:00:00Z in two's complement
    decimal(p,s), p <= 18  one word, the unscaled value (value * 10**s) in two's complement
    decimal(p,s), p > 18   two words, low then high half of the unscaled value in 128-bit two's complement; n = 16
    string                 its UTF-8 bytes padded with zeros to a multiple of 8, read as little-endian words;
                           n = the number of bytes before padding (so the empty string has no word and n = 0)

    column checksum = sum of value_hash over the column's values
    weight(name)    = first 8 bytes, little-endian, of sha256(UTF-8 of the column's name in the contract), | 1
    row hash        = mix(sum over the columns, partition columns included, of weight(name) * value_hash)
    output digest   = sum of row hash over the rows
Both are written as 16 lower case hex digits, and add up modulo 2**64 across files, batches and datasets;
neither depends on the order of rows, columns or files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from lake.ledger.schema import Schema
from pipeline.errors import RowsNotConserved


class Kind(StrEnum):
    """What an entry is."""

    BATCH = "batch"
    REPLAY = "replay"
    REOPEN = "reopen"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"


class Status(StrEnum):
    """What an entry says of a file; the last two are for refused ones, by entries that are no batch."""

    CONVERTED = "converted"
    REFUSED = "refused"
    REPLAYED = "replayed"
    REOPENED = "reopened"
    ACCEPTED = "accepted"


BATCH, REPLAY, REOPEN, ACCEPT, WITHDRAW = Kind
CONVERTED, REFUSED, REPLAYED, REOPENED, ACCEPTED = Status
WRITTEN_ONCE = "once"  # the version of a quarantine file: its name is never used again


def add_checksums(checksums: Iterable[str]) -> str:
    """The checksum of the union of disjoint sets of rows, from the checksums of the sets."""
    return f"{sum(int(checksum, 16) for checksum in checksums) % 2**64:016x}"


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """What became of one object version.

    `bytes` is its size as stored, `content_bytes` that of what it holds: more where it is compressed, else the
    same (0: refused, or written before there was the field; then the same). A refused file has a `reason`
    ("Name: what and where") and no rows; of a converted one content_bytes = bytes_header + bytes_curated +
    bytes_quarantined (line ends and a byte order mark included), and `header` names the contract's columns in
    the file's order. `control` is the version of the producer's control file that was applied, if one was.
    A replayed one is a quarantine file of an earlier batch: all its rows were judged again, those that are
    good now were curated and the others written to a new quarantine file. Its `reason` says what was mended.
    `rows_duplicate` of the quarantined rows were well formed and had the key of an earlier row.
    `origin` is the id of the batch that had set a replayed file's rows aside first, "" where that is not known.
    """

    key: str
    version: str
    bytes: int
    status: str
    reason: str | None = None
    rows_read: int = 0
    rows_curated: int = 0
    rows_quarantined: int = 0
    bytes_header: int = 0
    bytes_curated: int = 0
    bytes_quarantined: int = 0
    content_bytes: int = 0
    header: tuple[str, ...] = ()
    rows_duplicate: int = 0
    control: str = ""
    origin: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """What must be in exactly one committed batch (I3)."""
        return (self.key, self.version)

    def problems(self) -> Iterable[str]:
        """The equations of I1 that this file breaks."""
        if self.rows_read != self.rows_curated + self.rows_quarantined:
            yield (
                f"{self.key}: {self.rows_read} rows read, {self.rows_curated} curated and "
                f"{self.rows_quarantined} quarantined"
            )
        if not 0 <= self.rows_duplicate <= self.rows_quarantined:
            yield f"{self.key}: {self.rows_quarantined} rows quarantined, {self.rows_duplicate} of them duplicates"
        accounted = self.bytes_header + self.bytes_curated + self.bytes_quarantined
        held = self.content_bytes or self.bytes
        if self.status == CONVERTED and accounted != held:
            yield f"{self.key}: {held} bytes, {accounted} accounted for"


@dataclass(frozen=True, kw_only=True)
class Output:
    """One Parquet file: its key, rows, and size in bytes. `origin` as in FileEntry, where a replay set rows aside."""

    key: str
    rows: int
    bytes: int
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class KeyRun:
    """Key hashes of `rows` consecutive curated rows in the file `object`: of the `ordinal`-th (from 0) and later
    ones of that part of `file` which starts at `byte_start`."""

    object: str
    file: str
    byte_start: int
    ordinal: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One committed statement. Keys in `outputs` and `quarantine` are whole keys of their store.

    `kind`: a `batch` of landed files; a `replay` of quarantined rows; `reopen` (its refused `files` are to be read
    again), `accept` (its refused `files` stay out, the quarantined rows of `batches` stay out), `withdraw`
    (`batches` count no more). The last entry that speaks of a file or batch decides: see lane_state.py. The last
    three have a `reason` and `who` gave it, and no rows. `at` is when it was written (ISO 8601, UTC), "" in entries
    from before there was the field; `run_id` names the run that wrote it, "" where it was none's.
    `tolerated` is the share of rows that the contract let a batch quarantine when it was committed; None in entries
    from before there was a tolerance: such a batch was loaded, and is never held.

    The counts of an entry are what it added, so that they add up over entries: a replay reads no row that
    was not read before, and takes out of quarantine as many rows as it curates (rows_quarantined is then
    negative). rows_read = rows_curated + rows_quarantined holds for every entry and every sum of entries.

    `written_as` is the schema of its outputs, by which they stay readable under later contracts; None in
    entries from before there were versions, and those are of version 1.

    `keys` are on their way from the engine to the search for duplicates; no committed entry has any.
    """

    batch_id: str
    dataset: str
    files: tuple[FileEntry, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    output_digest: str = "0" * 16
    outputs: tuple[Output, ...] = ()
    quarantine: tuple[Output, ...] = ()
    contract: str = ""
    written_as: Schema | None = None
    keys: tuple[KeyRun, ...] = ()
    kind: str = BATCH
    at: str = ""
    run_id: str = ""
    reason: str = ""
    who: str = ""
    batches: tuple[str, ...] = ()
    tolerated: float | None = None

    @property
    def schema(self) -> dict[str, str]:
        """{column: type} in the contract's order, partition columns included; empty where it was not recorded."""
        return self.written_as.types if self.written_as else {}

    @property
    def contract_version(self) -> int:
        return self.written_as.version if self.written_as else 1

    @property
    def rows_read(self) -> int:
        return sum(file.rows_read for file in self.files if file.status != REPLAYED)

    @property
    def rows_curated(self) -> int:
        return sum(file.rows_curated for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        return self._rows_quarantined - sum(file.rows_read for file in self.files if file.status == REPLAYED)

    @property
    def _rows_quarantined(self) -> int:
        """Rows in all files of `quarantine`, those that were replayed since included."""
        return sum(file.rows_quarantined for file in self.files)

    def problems(self) -> Iterable[str]:
        """The equations of I1 that this entry breaks."""
        for file in self.files:
            yield from file.problems()
        for name, counted, written in (
            ("curated", self.rows_curated, self.outputs),
            ("quarantined", self._rows_quarantined, self.quarantine),
        ):
            rows = sum(output.rows for output in written)
            if rows != counted:
                yield f"{self.dataset}: {counted} rows {name}, {rows} in the {name} files"

    def check(self) -> None:
        """I1, or RowsNotConserved naming each file or output where it fails."""
        problems = list(self.problems())
        if problems:
            raise RowsNotConserved("; ".join(problems) + "; nothing was committed, report this as a defect")

    def to_mapping(self) -> dict[str, Any]:
        """The JSON of design.md's ledger.json, plus output_digest, quarantine, contract and `Schema.to_mapping`."""
        more = {name: getattr(self, name) for name in ("at", "run_id", "reason", "who", "tolerated")}
        return {
            "kind": self.kind,
            "batch_id": self.batch_id,
            "dataset": self.dataset,
            "contract": self.contract,
            **{name: value for name, value in more.items() if value not in ("", None)},
            **({"batches": list(self.batches)} if self.batches else {}),
            **(self.written_as.to_mapping() if self.written_as else {}),
            "files": [asdict(file) for file in self.files],
            "rows_read": self.rows_read,
            "rows_curated": self.rows_curated,
            "rows_quarantined": self.rows_quarantined,
            "columns": dict(self.columns),
            "output_digest": self.output_digest,
            "outputs": [_output(output) for output in self.outputs],
            "quarantine": [_output(output) for output in self.quarantine],
        }

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> LedgerEntry:
        """The entry that `to_mapping` wrote; KeyError or TypeError where it is no such mapping."""
        replayed = {file["status"] for file in mapping["files"]} == {REPLAYED}
        return cls(
            kind=mapping.get("kind", REPLAY if replayed else BATCH),  # unsaid before there were kinds
            batch_id=mapping["batch_id"],
            dataset=mapping["dataset"],
            contract=mapping.get("contract", ""),
            at=mapping.get("at", ""),
            run_id=mapping.get("run_id", ""),
            reason=mapping.get("reason", ""),
            who=mapping.get("who", ""),
            batches=tuple(mapping.get("batches", ())),
            tolerated=mapping.get("tolerated"),
            written_as=Schema.from_mapping(mapping) if "schema" in mapping else None,
            files=tuple(FileEntry(**{**file, "header": tuple(file.get("header", ()))}) for file in mapping["files"]),
            columns=dict(mapping["columns"]),
            output_digest=mapping.get("output_digest", "0" * 16),
            outputs=tuple(Output(**output) for output in mapping["outputs"]),
            quarantine=tuple(Output(**output) for output in mapping.get("quarantine", ())),
        )


def utc_now() -> datetime:
    return datetime.now(UTC)


def written_at(now: datetime) -> str:
    """`at` of an entry."""
    return now.astimezone(UTC).isoformat(timespec="seconds")


def decision(
    kind: str,
    *,
    entries: Sequence[LedgerEntry],
    files: tuple[FileEntry, ...] = (),
    batches: tuple[str, ...] = (),
    reason: str,
    who: str,
    now: datetime,
    run_id: str = "",
) -> LedgerEntry:
    """A `reopen`, `accept` or `withdraw` behind `entries`; its id is of what it says and of where it stands."""
    identity = json.dumps([kind, sorted(file.identity for file in files), sorted(batches), len(entries)])
    return LedgerEntry(
        kind=kind,
        batch_id=hashlib.sha256(identity.encode()).hexdigest()[:32],
        dataset=entries[0].dataset,
        files=files,
        batches=batches,
        at=written_at(now),
        run_id=run_id,
        reason=reason,
        who=who,
    )


def _output(output: Output) -> dict[str, Any]:
    return {name: value for name, value in asdict(output).items() if name != "origin" or value}


def merge(*, earlier: LedgerEntry, later: LedgerEntry) -> LedgerEntry:
    """One entry that says what both say: the ledger of a directory after a second batch.

    Where the later one's contract has more columns, their checksums are sums over the files that hold them.
    """
    return LedgerEntry(
        batch_id=later.batch_id,
        dataset=later.dataset,
        contract=later.contract,
        written_as=(later if later.outputs or not earlier.outputs else earlier).written_as,
        files=earlier.files + later.files,
        columns={
            name: add_checksums(entry.columns.get(name, "0") for entry in (earlier, later))
            for name in {**earlier.columns, **later.columns}
        },
        output_digest=add_checksums((earlier.output_digest, later.output_digest)),
        outputs=earlier.outputs + later.outputs,
        quarantine=earlier.quarantine + later.quarantine,
        keys=earlier.keys + later.keys,
    )


def withdrawn(entries: Iterable[LedgerEntry]) -> set[str]:
    """The ids of the batches and replays that count no more."""
    return {batch_id for entry in entries if entry.kind == WITHDRAW for batch_id in entry.batches}


def counting(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The batches and replays that count, oldest first: those with rows that nobody has withdrawn."""
    entries = list(entries)
    gone = withdrawn(entries)
    return [entry for entry in entries if entry.kind in (BATCH, REPLAY) and entry.batch_id not in gone]


def whole(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """What all that counts says together; None where nothing does. Of a file that was refused and read again later
    only the last is given."""
    found = counting(entries)
    spoken = {file.identity: entry.batch_id for entry in found for file in entry.files}
    total: LedgerEntry | None = None
    for entry in found:
        files = tuple(file for file in entry.files if file.status != REFUSED or spoken[file.identity] == entry.batch_id)
        entry = replace(entry, files=files)
        total = merge(earlier=total, later=entry) if total else entry
    return total


def origins(entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """By quarantine file, the id of the batch whose rows it holds; "" where that is not known."""
    return {
        output.key: output.origin if entry.kind == REPLAY else entry.batch_id
        for entry in entries
        for output in entry.quarantine
    }


def in_quarantine(entries: Iterable[LedgerEntry]) -> list[Output]:
    """The quarantine files whose rows no later batch has replayed and nobody has withdrawn, oldest first."""
    entries = list(entries)
    replayed = {file.key for entry in counting(entries) for file in entry.files if file.status == REPLAYED}
    gone = withdrawn(entries)
    return [
        output
        for entry in counting(entries)
        for output in entry.quarantine
        if output.key not in replayed and output.origin not in gone
    ]


def replay_problems(entries: Iterable[LedgerEntry]) -> Iterable[str]:
    """Where a replay does not account for exactly the rows of a quarantine file that the ledger names."""
    entries = list(entries)
    held = {output.key: output for entry in entries for output in entry.quarantine}
    for file in (file for entry in entries for file in entry.files if file.status == REPLAYED):
        output = held.get(file.key)
        if output is None:
            yield f"{file.key} was replayed and no batch wrote it"
        elif (output.rows, output.bytes) != (file.rows_read, file.bytes):
            yield f"{file.key}: {output.rows} rows were in quarantine, {file.rows_read} were replayed"
