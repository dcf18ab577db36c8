"""Object names of every kind on S3: taken as they are, or refused by name; never skipped, never a path out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest

from lake.ledger.entry import CONVERTED, REFUSED
from tests.unit.lake.s3_lake import LANDING, S3Lake, s3_lake

DATA = b"id,name\n1,a\nx,b\n"
TAKEN = [
    "a b%2F+c.csv",
    "x=1/y=2/a.csv",
    "100%41.csv",
    unicodedata.normalize("NFC", "ünï.csv"),
    unicodedata.normalize("NFD", "ünï.csv"),
    "\N{GRINNING FACE}.csv",
    'it\'s "quoted".csv',
    "a,b;c.csv",
    "UP.CSV",
    "new\nline.csv",
    "tab\t.csv",  # moto can't list other control characters; in a folder they are tried
    "a//b.csv",
    " .csv",
    "$(touch x)&<b>.csv",
    "back\\slash.csv",
    "n" * (1024 - len(LANDING) - 4) + ".csv",
]
REFUSED_NAMES = [
    "../../curated/glue/trips/a.csv",
    "./a.csv",
    "_hidden.csv",
    ".hidden.csv",
    "_temporary/0/a.csv",
    "a.csv.tmp",
    "a.csv.crc",
    "a",
    "a.csv/",
    "a.tar.gz",
]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Lake]:
    with s3_lake(monkeypatch) as lake:
        yield lake


def test_every_name_is_taken_or_refused_by_name(lake: S3Lake) -> None:
    for name in (*TAKEN, *REFUSED_NAMES):
        lake.land(name, DATA)
    lake.land("folder/", b"")  # what a console makes: no file
    result = lake.convert()
    assert result.entry is not None
    found = {file.key: file.status for file in result.entry.files}
    assert found == {LANDING + name: CONVERTED for name in TAKEN} | {LANDING + n: REFUSED for n in REFUSED_NAMES}
    assert {(f.reason or "").partition(":")[0] for f in result.entry.files if f.status == REFUSED} == {"NotCsv"}
    places = sorted(row["file"] for row in lake.rows("quarantine/"))
    assert places == sorted(LANDING + name for name in TAKEN)
    assert len(lake.rows("curated/")) == len(TAKEN)
    again = lake.convert()
    assert (again.entry, again.files_covered) == (None, len(found))


def test_outputs_are_named_by_the_attempt_and_never_by_the_input(lake: S3Lake) -> None:
    for name in (*TAKEN, *REFUSED_NAMES):
        lake.land(name, DATA)
    lake.convert()
    written, homes = lake.keys(), ("curated/glue/trips/", "quarantine/glue/trips/", "ledger/glue/")
    assert all(key.startswith(homes) and key.isascii() and ".." not in key for key in written)
