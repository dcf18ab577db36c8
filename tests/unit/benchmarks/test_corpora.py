"""Who judges readers by other people's files: what is beyond doubt, and that a wrong or lost row is noticed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.corpora.case import Case, Unjudged
from benchmarks.corpora.corpus import CORPORA
from benchmarks.corpora.judging import Found, verdict_of
from benchmarks.corpora.record import CorpusRecord, corpora_page, load_corpora, write_corpora
from benchmarks.corpora.rfc4180 import InDoubt, records

BY_NAME = {corpus.name: corpus for corpus in CORPORA}


def case(*required: tuple, optional: tuple[tuple, ...] = ()) -> Case:
    return Case(
        name="a.csv",
        content=b"",
        columns={"a": "string"},
        newlines=False,
        required=Counter(required),
        optional=Counter(optional),
    )


def judged(delivered: list[tuple], *cases: Case) -> tuple[int, int]:
    verdict = verdict_of("single", [Found(cases=cases, rows=Counter(delivered), ledger={})])
    return verdict.wrong, verdict.lost


def test_wrong_and_lost_rows_are_counted_each() -> None:
    assert judged([("a",), ("b",)], case(("a",), ("b",))) == (0, 0)
    assert judged([("a",), ("x",)], case(("a",), ("b",))) == (1, 1)
    assert judged([("a",), ("a",)], case(("a",))) == (1, 0)


def test_an_optional_row_may_come_as_often_as_it_is_held() -> None:
    assert judged([("a",), ("b",)], case(("a",), optional=(("b",),))) == (0, 0)
    assert judged([("a",), ("b",), ("b",)], case(("a",), optional=(("b",),))) == (1, 0)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b'a,"b,""c"""\n1,2\n', ([["a", 'b,"c"'], ["1", "2"]], "\n", False)),
        (b'a,"b\r\nc"\r\n', ([["a", "b\r\nc"]], "\r\n", True)),
        ("\ufeffé\n\nü".encode(), ([["é"], [], ["ü"]], "\n", False)),
    ],
)
def test_what_is_beyond_doubt_is_read(content: bytes, wanted: tuple) -> None:
    assert records(content) == wanted


@pytest.mark.parametrize(
    "content", [b'a,b"c\n', b'"a"b\n', b'"a\n', b"a\nb\r\n", b"a\rb\r", b"a\0b\n", b"\xe9\n", b"", b"\n"]
)
def test_what_is_in_doubt_is_not_judged(content: bytes) -> None:
    with pytest.raises(InDoubt):
        records(content)


def test_pollock_rows_are_required_where_their_lines_are_whole(tmp_path: Path) -> None:
    for folder in ("csv", "clean"):
        (tmp_path / "polluted_files" / folder).mkdir(parents=True)
    source = b'DATE,Qty,"Name"\n1,2,"x"\n3,4,"y"\n'
    damaged = {"source.csv": source, "row.csv": source.replace(b"3,4", b"3,,4"), "none.csv": source[16:]}
    for name, content in damaged.items():
        (tmp_path / "polluted_files" / "csv" / name).write_bytes(content)
        (tmp_path / "polluted_files" / "clean" / name).write_bytes(content)

    found = {item.name: item for item in BY_NAME["Pollock"].cases(tmp_path) if isinstance(item, Case)}

    assert found["source.csv"].required == Counter([("1", 2, "x"), ("3", 4, "y")])
    assert found["row.csv"].required == Counter([("1", 2, "x")])
    assert found["row.csv"].optional == Counter([("3", 4, "y")])
    assert found["none.csv"].required == Counter()


def test_a_foreign_file_is_put_below_a_header_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_bytes(b"\xef\xbb\xbfid,id\r\n1,\r\n1,2,3\r\n")
    (tmp_path / "data" / "b.csv").write_bytes(b'a,"b\n')

    (tmp_path / "data" / "c.csv").write_bytes(b"a\n\n")

    one, other, narrow = BY_NAME["frictionless-py"].cases(tmp_path)

    assert isinstance(one, Case)
    assert one.content == b"c0,c1\r\nid,id\r\n1,\r\n1,2,3\r\n"
    assert one.required == Counter([("id", "id"), ("1", "")])
    assert isinstance(other, Unjudged)
    assert isinstance(narrow, Case)
    assert (narrow.required, narrow.optional) == (Counter([("a",)]), Counter([("",)]))


def test_verdicts_are_read_as_they_were_written_and_name_no_file(tmp_path: Path) -> None:
    verdict = verdict_of("single", [Found(cases=[case(("a",))], rows=Counter(), ledger={})])
    record = CorpusRecord(
        name="x",
        repository="https://example.com/x",
        licence="MIT",
        right="the truth",
        commit="abc",
        judged_on="2026-11-20",
        files=1,
        left_out={"not UTF-8": 2},
        rows=1,
        verdicts=(verdict,),
    )

    write_corpora(tmp_path / "corpora.json", [record])

    assert verdict.files_at_fault == ("a.csv",)
    assert load_corpora(tmp_path / "corpora.json")[0].verdicts[0].lost == 1
    assert "a.csv" not in (tmp_path / "corpora.json").read_text()
    assert "| [x](https://example.com/x) | 1 | 1 | 0 / 1 |" in corpora_page([record])
