"""Converting and then replaying under a mended contract is converting under that contract in the first place.

But for texts that were good as they stood and that the mended contract would take for null: those stay what they are.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lake.convert.batch import COMMITTED
from lake.ledger.entry import whole as counted_together
from tests.unit.lake.replayed_folder import Folder

STRICT = """
dataset: d
newlines: {newlines}
columns:
  - {{name: id, type: bigint, nullable: false}}
  - {{name: day, type: date, nullable: false}}
  - {{name: fare, type: "decimal(4,2)", nullable: false}}
  - {{name: name, type: string, nullable: false}}
"""
FIELDS = {
    "id": ["1", "22", "-3", "x", "", "n/a", "01", '"4"'],
    "day": ["2024-02-29", "2023-02-29", "", "n/a", "2024-01-01"],
    "fare": ["1.5", "1.555", "n/a", "", "99.99", '"1,5"'],
    "name": ["a", "", '"b,c"', '""', "é", '"d""e"'],
}
ODD = st.sampled_from(
    [b"", b"id,day,fare,name", b"1,2024-01-01,1", b"1,2024-01-01,1,\xff", b"1,2024-01-01,1,a\rb", b"\0"]
)
END = st.sampled_from([b"\n", b"\r\n"])


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    order = draw(st.permutations(list(FIELDS)))
    end = draw(END)
    rows = st.tuples(*(st.sampled_from(FIELDS[name]) for name in order)).map(lambda row: ",".join(row).encode())
    others = st.sampled_from([end] * 9 + [b"\n", b"\r\n"])
    lines = draw(st.lists(st.tuples(st.one_of(rows, rows, rows, ODD), others), min_size=1, max_size=12))
    body = b"".join(line + line_end for line, line_end in lines)
    whole = draw(st.booleans()) or not lines[-1][0]
    return ",".join(order).encode() + end + (body if whole else body.removesuffix(end))


@settings(max_examples=25, deadline=None)
@given(
    files=st.lists(csv_files(), min_size=1, max_size=3),
    nullable=st.sets(st.sampled_from(sorted(FIELDS))),
    tokens=st.booleans(),
    newlines=st.sampled_from(["forbidden", "allowed"]),
)
def test_replay_under_a_mended_contract_is_a_conversion_under_it(
    files: list[bytes], nullable: set[str], tokens: bool, newlines: str
) -> None:
    strict = STRICT.format(newlines=newlines)
    mended = strict
    for name in nullable:
        start = mended.index(f"name: {name},")
        mended = mended[:start] + mended[start:].replace(", nullable: false", "", 1)
    mended += 'null_values: ["n/a"]\n' if tokens else ""
    named = {f"{number}.csv": data for number, data in enumerate(files)}
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "one").mkdir()
        (Path(root) / "two").mkdir()
        replayed, whole = Folder(Path(root) / "one", strict), Folder(Path(root) / "two", mended)
        replayed.convert(named)
        replayed.contract = mended
        done = replayed.replay()
        ledger = whole.convert(named)
        entry = counted_together(replayed.place.ledger.entries())
        assert entry
        assert (entry.output_digest, dict(entry.columns)) == (ledger["output_digest"], ledger["columns"])
        assert (entry.rows_read, entry.rows_curated) == (ledger["rows_read"], ledger["rows_curated"])
        if done.status == COMMITTED:  # else the reasons are those of the first contract
            assert replayed.quarantine() == whole.quarantine()
        replayed.check()
