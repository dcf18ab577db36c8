"""Quarantined rows after the contract or the rows were mended: each row ends up in one place, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from lake.convert.batch import ALREADY_COMMITTED, COMMITTED, NOTHING_NEW, BatchPlace
from lake.ledger.entry import REPLAYED, FileEntry, LedgerEntry, in_quarantine
from lake.ledger.ledgers import FolderLedger
from lake.quarantine.held_rows import held_groups
from lake.stores.local_store import LocalStore
from pipeline.errors import ConfigInvalid, ContractChanged, RepairRefused, ReplayRefused, RowsNotConserved
from tests.unit.lake.replayed_folder import CONTRACT, Folder

FILES = {
    "a.csv": b'day,fare,name\n1,1.5,ann\n1,n/a,bob\n2,n/a,"cy, jr"\n2,x,dan\n2,2.5\nday,fare,name\n',
    "sub/b.csv": b"name,day,fare\r\neve,1,n/a\r\n\xe9,1,1\r\nfay,1,3\r\n",
}
NULLS = ('["NA"]', '["NA", "n/a"]')
NULLABLE = ("{name: fare, type: double, nullable: false}", "{name: fare, type: double}")
MENDED = [(1, 1.5, "ann"), (1, 3.0, "fay")]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two curated rows, six in quarantine; with `n/a` as null and a nullable fare, three of them are good."""
    folder = Folder(tmp_path)
    ledger = folder.convert(FILES)
    assert (ledger["rows_read"], ledger["rows_curated"], ledger["rows_quarantined"]) == (9, 2, 7)
    folder.check()
    folder.contract = CONTRACT.replace(*NULLABLE)
    return folder


def test_mended_contract_takes_rows_out_of_quarantine_once(folder: Folder) -> None:
    done = folder.replay(change=NULLS)
    assert (done.status, done.rows_held, done.rows_curated) == (COMMITTED, 7, 3)
    assert dict(done.still_bad) == {"value:fare:double": 1, "field_count": 1, "repeated_header": 1, "encoding": 1}
    assert folder.curated() == [
        (1, 1.5, "ann"), (1, 3.0, "fay"), (1, None, "bob"), (1, None, "eve"), (2, None, "cy, jr"),
    ]  # fmt: skip
    assert [row[:2] for row in folder.quarantine()] == [("a.csv", 5), ("a.csv", 6), ("a.csv", 7), ("sub/b.csv", 3)]
    folder.check()
    ledger = (folder.root / "out" / "ledger.json").read_text()
    again = folder.replay(change=NULLS)
    assert (again.status, again.rows_curated, again.rows_held) == (NOTHING_NEW, 0, 4)
    assert (folder.root / "out" / "ledger.json").read_text() == ledger
    folder.check()


def test_contract_that_mends_nothing_changes_nothing(folder: Folder) -> None:
    before = sorted(path for path in (folder.root / "out").rglob("*") if path.is_file())
    done = folder.replay()
    assert (done.status, sum(done.still_bad.values())) == (NOTHING_NEW, 7)
    assert sorted(path for path in (folder.root / "out").rglob("*") if path.is_file()) == before


def test_reason_of_a_row_that_is_still_bad_is_that_of_the_contract_now(folder: Folder) -> None:
    folder.contract = CONTRACT
    assert folder.replay(change=NULLABLE).status == NOTHING_NEW
    assert dict(folder.replay(change=NULLS).still_bad)["null:fare"] == 3


def test_export_is_byte_exact_and_says_what_each_line_stands_for(folder: Folder) -> None:
    first, second = folder.export()
    assert (first.file, first.rows, second.file, second.rows) == ("a.csv", 5, "sub/b.csv", 2)
    exported = folder.root / "export"
    assert (exported / first.csv).read_bytes() == b"day,fare,name\n" + b"\n".join(FILES["a.csv"].split(b"\n")[2:])
    assert (exported / second.csv).read_bytes() == b"name,day,fare\neve,1,n/a\n\xe9,1,1\n"
    said = (exported / first.rows_file).read_text().splitlines()
    assert len(said) == 5
    assert '"line": 2,' in said[0]
    assert '"source_line": 3' in said[0]
    with pytest.raises(ConfigInvalid, match="no empty folder"):
        folder.export()


def test_repaired_rows_are_curated_once_and_the_others_stay_as_they_were(folder: Folder) -> None:
    held = folder.quarantine()
    first, second = folder.export()
    csv = folder.root / "export" / first.csv
    csv.write_bytes(csv.read_bytes().replace(b"2,x,dan", b"2,7.5,dan").replace(b"2,2.5\n", b"2,2.5,\n"))
    csv = folder.root / "export" / second.csv
    csv.write_bytes(csv.read_bytes().replace(b"\xe9,1,1", b"z,z,1").replace(b"\n", b"\r\n"))
    done = folder.replay(repaired="export")
    assert (done.status, done.rows_curated, dict(done.still_bad)["encoding"]) == (COMMITTED, 2, 1)
    assert [(one.line, one.reason) for one in done.rejected_repairs] == [(3, "value:day:bigint")]
    assert folder.curated() == [*MENDED, (2, 2.5, None), (2, 7.5, "dan")]
    assert folder.quarantine() == [row for row in held if (row[0], row[1]) not in {("a.csv", 5), ("a.csv", 6)}]
    folder.check()
    again = folder.replay(repaired="export")
    assert (again.status, again.rows_held) == (NOTHING_NEW, 5)
    folder.check()
    assert len(folder.curated()) == 4


def test_line_end_alone_is_mended_by_the_export(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.convert({"a.csv": b"day,fare,name\n1,1,a\r\n1,2,b\n1,3,c\rd\n"})
    assert folder.replay().status == NOTHING_NEW
    folder.export()
    assert folder.replay(repaired="export").rows_curated == 1
    assert [row[4] for row in folder.quarantine()] == ["line_end"]
    folder.check()


def test_untouched_header_stays_even_where_all_is_text(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "dataset: d\ncolumns: [{name: a, type: string}, {name: b, type: string}]\n")
    folder.convert({"a.csv": b"A,B\n1,2\nA,B\n"})
    folder.export()
    assert folder.replay(repaired="export").status == NOTHING_NEW


def test_untouched_export_is_the_contract_alone(folder: Folder) -> None:
    folder.export()
    done = folder.replay(repaired="export", change=NULLS)
    assert (done.rows_curated, done.rejected_repairs) == (3, [])
    folder.check()


def other_header(csv: Path) -> None:
    csv.write_bytes(b"day,price,name\n" + csv.read_bytes().partition(b"\n")[2])


def doubled_row(csv: Path) -> None:
    csv.write_bytes(csv.read_bytes() + b"1,1,1\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda csv: csv.write_bytes(csv.read_bytes().replace(b"2,x,dan\n", b"")), "4 rows and 5 were exported"),
        (doubled_row, "6 rows and 5 were exported"),
        (other_header, "HeaderMismatch"),
        (Path.unlink, "cannot be read"),
        (lambda csv: (csv.parent / "export.json").unlink(), r"holds no export\.json"),
        (lambda csv: csv.with_suffix(".rows.jsonl").write_text("{"), "export the rows again"),
    ],
)
def test_repairs_that_are_not_the_exported_rows_are_named(
    folder: Folder, damage: Callable[[Path], Any], said: str
) -> None:
    first, _ = folder.export()
    held = folder.quarantine()
    damage(folder.root / "export" / first.csv)
    with pytest.raises(RepairRefused, match=said):
        folder.replay(repaired="export")
    assert folder.quarantine() == held
    folder.check()


def test_export_that_another_replay_overtook_is_named(folder: Folder) -> None:
    first, _ = folder.export()
    folder.replay(change=NULLS)
    csv = folder.root / "export" / first.csv
    csv.write_bytes(csv.read_bytes().replace(b"2,x,dan", b"2,7.5,dan"))
    with pytest.raises(RepairRefused, match="export what is in quarantine now"):
        folder.replay(repaired="export")
    folder.check()


def test_rows_set_aside_after_the_export_are_judged_as_they_stand(folder: Folder) -> None:
    first, _ = folder.export()
    folder.contract = CONTRACT
    folder.convert({"c.csv": b"day,fare,name\n3,n/a,gus\n"})
    csv = folder.root / "export" / first.csv
    csv.write_bytes(csv.read_bytes().replace(b"2,x,dan", b"2,7.5,dan"))
    folder.contract = CONTRACT.replace(*NULLABLE)
    assert folder.replay(repaired="export", change=NULLS).rows_curated == 5
    assert (3, None, "gus") in folder.curated()
    folder.check()


@pytest.mark.parametrize(
    ("contract", "error", "said"),
    [
        (CONTRACT.replace("fare", "price"), ContractChanged, "fare"),
        (CONTRACT.replace("double", "bigint"), ContractChanged, "fare"),
        (CONTRACT.replace("trips", "tours"), ReplayRefused, "the rows are of dataset trips"),
    ],
    ids=["renamed column", "other type", "other dataset"],
)
def test_contract_that_does_not_fit_is_named(folder: Folder, contract: str, error: type[Exception], said: str) -> None:
    folder.contract = contract
    with pytest.raises(error, match=said):
        folder.replay()
    folder.check()


def test_column_that_the_contract_no_longer_has_is_named_where_nothing_was_curated(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.convert({"a.csv": b"day,fare,name\nx,1,a\n"})
    folder.contract = CONTRACT.replace("fare", "price")
    with pytest.raises(ReplayRefused, match="fare"):
        folder.replay()


def test_entry_without_headers_is_named(folder: Folder) -> None:
    (entry,) = folder.place.ledger.entries()
    old = replace(entry, files=tuple(replace(file, header=()) for file in entry.files))
    (folder.root / "out" / "ledger.json").unlink()
    assert FolderLedger(folder=folder.root / "out").commit(old)
    with pytest.raises(ReplayRefused, match="convert it anew"):
        folder.replay(change=NULLS)


def test_quoted_line_ends_stay_in_their_record(tmp_path: Path) -> None:
    folder = Folder(tmp_path, CONTRACT + "newlines: allowed\n")
    folder.convert({"a.csv": b'day,fare,name\n1,n/a,"a\n""b"""\n1,x,"\r\n"\n'})
    folder.export()
    folder.contract = folder.contract.replace(*NULLABLE)
    assert folder.replay(change=NULLS).rows_curated == 1
    assert folder.curated() == [(1, None, 'a\n"b"')]
    folder.export("again")
    csv = next((folder.root / "again").glob("*.csv"))
    assert csv.read_bytes() == b'day,fare,name\n1,x,"\r\n"\n'
    csv.write_bytes(csv.read_bytes().replace(b"x", b"5"))
    assert folder.replay(repaired="again").rows_curated == 1
    assert folder.curated() == [(1, 5.0, "\r\n"), (1, None, 'a\n"b"')]
    folder.check()


def test_newlines_forbidden_later_leave_such_records_where_they_are(tmp_path: Path) -> None:
    folder = Folder(tmp_path, CONTRACT + "newlines: allowed\n")
    folder.convert({"a.csv": b'day,fare,name\n1,n/a,"a\nb"\n1,n/a,c\n'})
    folder.contract = CONTRACT.replace(*NULLABLE)
    assert folder.replay(change=NULLS).rows_curated == 1
    assert [row[5] for row in folder.quarantine()] == [b'1,n/a,"a\nb"']


class Killed(BaseException):
    """Stands for kill -9 where nothing of the code under test may run afterwards: the files are left behind."""


class FailingLedger(FolderLedger):
    """Raises before or after the commit."""

    def __init__(self, *, folder: Path, after: bool) -> None:
        super().__init__(folder=folder)
        self._after = after

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        if self._after:
            super().commit(entry, after=after, planned=planned)
        raise Killed


@pytest.mark.parametrize("after", [False, True])
def test_replay_that_ends_around_its_commit_and_is_repeated_has_each_row_once(folder: Folder, after: bool) -> None:
    place = replace_ledger(folder.place, FailingLedger(folder=folder.root / "out", after=after))
    with pytest.raises(Killed):
        folder.replay(change=NULLS, place=place)
    again = folder.replay(change=NULLS)
    assert again.status == (NOTHING_NEW if after else COMMITTED)
    assert len(folder.curated()) == 5
    folder.check()


class DyingStore(LocalStore):
    """Its process dies when something is to be removed: what was written is left behind."""

    def delete(self, keys: Any) -> None:
        raise Killed


@pytest.mark.parametrize("after", [False, True])
def test_what_a_killed_replay_left_behind_is_swept(folder: Folder, after: bool) -> None:
    dying = DyingStore(root=folder.place.sink.root)  # type: ignore[attr-defined]
    ledger = (
        FolderLedger(folder=folder.root / "out") if after else FailingLedger(folder=folder.root / "out", after=False)
    )
    place = BatchPlace(**{**vars(folder.place), "sink": dying, "ledger": ledger})
    with pytest.raises(Killed):
        folder.replay(change=NULLS, place=place)
    with pytest.raises(AssertionError):
        folder.check()
    folder.replay(change=NULLS)
    folder.check()


def replace_ledger(place: BatchPlace, ledger: FolderLedger) -> BatchPlace:
    return BatchPlace(**{**vars(place), "ledger": ledger})


class Overtaken(FolderLedger):
    """Something else is committed just before this replay."""

    def __init__(self, *, folder: Path, other: Callable[[], Any]) -> None:
        super().__init__(folder=folder)
        self._others = [other]

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        while self._others:
            self._others.pop()()
        return super().commit(entry, after=after, planned=planned)


def test_of_two_replays_at_once_one_wins(folder: Folder) -> None:
    won = []
    ledger = Overtaken(folder=folder.root / "out", other=lambda: won.append(folder.replay(change=NULLS)))
    lost = folder.replay(change=NULLS, place=replace_ledger(folder.place, ledger))
    assert (won[0].status, lost.status) == (COMMITTED, ALREADY_COMMITTED)
    assert len(folder.curated()) == 5
    folder.check()


def test_replay_whose_quarantine_is_taken_while_it_reads_loses_by_name(folder: Folder) -> None:
    class Taken(LocalStore):
        """Another replay ends between the planning and the reading."""

        @contextmanager
        def seekable(self, key: str) -> Iterator[BinaryIO]:
            folder.replay(change=NULLS)
            with super().seekable(key) as file:
                yield file

    store = Taken(root=folder.place.sink.root)  # type: ignore[attr-defined]
    place = BatchPlace(**{**vars(folder.place), "sink": store})
    assert folder.replay(change=NULLS, place=place).status == ALREADY_COMMITTED
    assert len(folder.curated()) == 5
    folder.check()


def test_conversion_at_the_same_time_spares_what_a_replay_is_writing(folder: Folder) -> None:
    def convert() -> None:
        folder.convert({"c.csv": b"day,fare,name\n3,4,gus\n"})

    ledger = Overtaken(folder=folder.root / "out", other=convert)
    assert folder.replay(change=NULLS, place=replace_ledger(folder.place, ledger)).status == COMMITTED
    assert len(folder.curated()) == 6
    folder.check()


def test_replay_spares_what_a_conversion_is_writing(folder: Folder) -> None:
    young = folder.root / "out" / "curated" / "day=9" / "0123456789ab-young-0000.parquet"
    young.parent.mkdir()
    young.write_bytes(b"PAR1")
    assert folder.replay(change=NULLS).status == COMMITTED
    assert young.exists()


def test_check_of_these_tests_notices_a_row_that_is_lost_or_there_twice(folder: Folder) -> None:
    file = next((folder.root / "out" / "quarantine").glob("*.parquet"))
    copy = file.with_name("copy.parquet")
    copy.write_bytes(file.read_bytes())
    with pytest.raises(AssertionError):
        folder.check()
    copy.unlink()
    folder.check()
    file.unlink()
    with pytest.raises(AssertionError):
        folder.check()


def test_evidence_of_a_replay_that_does_not_add_up_is_never_committed(folder: Folder) -> None:
    (entry,) = folder.place.ledger.entries()
    (held,) = in_quarantine([entry])
    file = FileEntry(
        key=held.key, version="once", bytes=held.bytes, status=REPLAYED, rows_read=held.rows, rows_curated=held.rows - 1
    )
    wrong = LedgerEntry(batch_id="1", dataset="trips", files=(file,))
    with pytest.raises(RowsNotConserved):
        wrong.check()


def test_groups_say_how_many_rows_and_where_the_first_is(folder: Folder) -> None:
    place = folder.place
    groups = held_groups(store=place.sink, outputs=in_quarantine(place.ledger.entries()))
    assert [(group.file, group.reason, group.rows, group.line) for group in groups] == [
        ("a.csv", "field_count", 1, 6),
        ("a.csv", "repeated_header", 1, 7),
        ("a.csv", "value:fare:double", 3, 3),
        ("sub/b.csv", "encoding", 1, 3),
        ("sub/b.csv", "value:fare:double", 1, 2),
    ]


KEYED = """
dataset: keyed
null_values: ["NA"]
key: [id]
columns:
  - {name: id, type: bigint, nullable: false}
  - {name: fare, type: double, nullable: false}
"""
TWICE = {
    "a.csv": b"id,fare\n1,1\n2,n/a\n1,n/a\n3,3\n3,4\n3,3\n",
    "b.csv": b"id,fare\n2,n/a\n4,n/a\n",
}


@pytest.fixture
def keyed(tmp_path: Path) -> Folder:
    """Curated 1 and 3; aside: 2, 1, 2, 4 for their fare, 3 with another fare and 3 again."""
    folder = Folder(tmp_path, KEYED)
    folder.convert(TWICE)
    folder.check()
    assert sorted(row[4] for row in folder.quarantine()) == [
        "duplicate_key", "duplicate_row", *["value:fare:double"] * 4,
    ]  # fmt: skip
    folder.contract = KEYED.replace(*NULLABLE)
    return folder


def test_replayed_rows_have_each_key_once_and_the_first_of_them_is_kept(keyed: Folder) -> None:
    done = keyed.replay(change=NULLS)
    assert (done.status, done.rows_curated) == (COMMITTED, 2)
    assert dict(done.still_bad) == {"duplicate_key": 2, "duplicate_row": 2}
    assert keyed.keys() == [1, 2, 3, 4]
    assert [(row[0], row[1], row[4]) for row in keyed.quarantine()] == [
        ("a.csv", 4, "duplicate_key"),
        ("a.csv", 6, "duplicate_key"),
        ("a.csv", 7, "duplicate_row"),
        ("b.csv", 2, "duplicate_row"),
    ]
    keyed.check()
    assert keyed.replay(change=NULLS).status == NOTHING_NEW
    keyed.check()


def test_mended_key_is_looked_for_as_well(keyed: Folder) -> None:
    first, _ = keyed.export()
    csv = keyed.root / "export" / first.csv
    csv.write_bytes(b"id,fare\n4,2\n1,n/a\n5,4\n3,3\n")
    done = keyed.replay(repaired="export")
    assert [(one.line, one.reason) for one in done.rejected_repairs] == []
    assert keyed.keys() == [1, 3, 4, 5]
    csv.write_bytes(b"id,fare\n")
    again = keyed.export("again")[0]
    (keyed.root / "again" / again.csv).write_bytes(b"id,fare\n5,2\n3,3\n")
    done = keyed.replay(repaired="again")
    assert [(one.line, one.reason) for one in done.rejected_repairs] == [(2, "duplicate_key")]
    keyed.check()


def test_duplicates_that_are_allowed_now_leave_quarantine(keyed: Folder) -> None:
    keyed.contract += "duplicates: allowed\n"
    assert keyed.replay().rows_curated == 2
    assert keyed.keys() == [1, 3, 3, 3]
    keyed.check()


def test_key_that_a_conversion_commits_meanwhile_is_seen(keyed: Folder) -> None:
    def convert() -> None:
        keyed.contract, mended = KEYED, keyed.contract
        keyed.convert({"c.csv": b"id,fare\n2,9\n"})
        keyed.contract = mended

    ledger = Overtaken(folder=keyed.root / "out", other=convert)
    done = keyed.replay(change=NULLS, place=replace_ledger(keyed.place, ledger))
    assert (done.status, done.rows_curated) == (COMMITTED, 1)
    assert keyed.keys() == [1, 2, 3, 4]
    keyed.check()


def test_nothing_is_left_of_the_search_for_keys(keyed: Folder) -> None:
    keyed.replay(change=NULLS)
    assert [path for path in (keyed.root / "out" / ".keys").rglob("*") if path.is_file()] == []
