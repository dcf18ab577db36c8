"""The corpora: where each comes from, and how its files become cases.

Flows in: the folder of a checkout. Flows out: cases and files left out. What is right is stated by each function.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpora.case import Case, Row, Unjudged, plain
from benchmarks.corpora.rfc4180 import BOM, InDoubt, records

Cases = Iterator[Case | Unjudged]
_POLLOCK_TYPES = {"Qty": "bigint"}
_MOST_COLUMNS = 500


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """`repository` is the public git address; its checkout has the same name in the folder of corpora."""

    name: str
    repository: str
    licence: str
    right: str
    cases: Callable[[Path], Cases]


def _pollock(checkout: Path) -> Cases:
    folder = checkout / "polluted_files"
    header, *lines = (folder / "csv" / "source.csv").read_bytes().splitlines()
    columns = {name: _POLLOCK_TYPES.get(name, "string") for name in next(csv.reader([header.decode()]))}
    typed = {line: _typed(next(csv.reader([line.decode()])), columns) for line in lines}
    for file in sorted((folder / "csv").glob("*.csv")):
        content = file.read_bytes()
        first, *rest = content.replace(b"\r\n", b"\n").split(b"\n")
        required = Counter(typed[line] for line in rest if line in typed) if first == header else Counter()
        clean = csv.reader(io.StringIO((folder / "clean" / file.name).read_text(), newline=""))
        allowed = Counter(typed.values()) | Counter(row for cells in clean if (row := _typed(cells, columns)))
        allowed |= Counter(row for line in rest if (row := _well_formed(line, columns)))
        yield Case(
            name=file.name,
            content=content,
            columns=columns,
            newlines=False,
            required=required,
            optional=allowed - required,
        )


def _well_formed(line: bytes, columns: dict[str, str]) -> Row:
    """The row of a line that nobody can tell from a right one, () of any other."""
    try:
        (cells,), *_ = records(line)
    except (InDoubt, ValueError):
        return ()
    return _typed(cells, columns)


def _typed(cells: list[str], columns: dict[str, str]) -> Row:
    """The row, or () where it is none of this table."""
    if len(cells) != len(columns):
        return ()
    try:
        return tuple(
            int(cell) if kind == "bigint" else cell for cell, kind in zip(cells, columns.values(), strict=True)
        )
    except ValueError:
        return ()


def _spectrum(checkout: Path) -> Cases:
    for file in sorted((checkout / "csvs").glob("*.csv")):
        content = file.read_bytes()
        expected = json.loads((checkout / "json" / f"{file.stem}.json").read_text())
        columns = dict.fromkeys(expected[0], "string")
        yield Case(
            name=file.name,
            content=content,
            columns=columns,
            newlines=records(content)[2],
            required=Counter(plain(row[name] for name in columns) for row in expected),
            optional=Counter(),
        )


def _naughty(checkout: Path) -> Cases:
    strings = json.loads((checkout / "blns.json").read_text())
    columns = {"number": "bigint", "naughty": "string"}
    for name, all_quoted in (("quoted where needed", False), ("all quoted", True)):
        text = io.StringIO(newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL, lineterminator="\n")
        writer.writerows([list(columns), *enumerate(strings)])
        yield Case(
            name=name,
            content=text.getvalue().encode(),
            columns=columns,
            newlines=any(set(string) & set("\r\n") for string in strings),
            required=Counter(enumerate(strings)),
            optional=Counter(),
        )


def _any(folder: str) -> Callable[[Path], Cases]:
    def cases(checkout: Path) -> Cases:
        for file in sorted((checkout / folder).rglob("*.csv*")):
            if file.is_file() and not file.is_symlink():
                name = file.relative_to(checkout / folder).as_posix()
                yield _headed(name, file.read_bytes())

    return cases


def _headed(name: str, content: bytes) -> Case | Unjudged:
    """The file below a header of our own, so that its first record is data like any other."""
    try:
        rows, end, newlines = records(content)
    except InDoubt as doubt:
        return Unjudged(name=name, reason=str(doubt))
    width = len(next(filter(None, rows)))
    if width > _MOST_COLUMNS:
        return Unjudged(name=name, reason=f"more than {_MOST_COLUMNS} columns")
    columns = {f"c{place}": "string" for place in range(width)}
    header = ",".join(columns) + end
    return Case(
        name=name,
        content=header.encode() + content.removeprefix(BOM),
        columns=columns,
        newlines=newlines,
        required=Counter(plain(row) for row in rows if len(row) == width),
        optional=Counter({("",): rows.count([])}) if width == 1 else Counter(),
    )


BEYOND_DOUBT = (
    "the records of Python's csv module in strict mode, of files that are RFC 4180 beyond doubt; those as wide as the "
    "first must be delivered, others must not; in a file of one column a blank line is a null or nothing; a header of "
    "our own stands above"
)
CORPORA: Iterable[Corpus] = (
    Corpus(
        name="Pollock",
        repository="https://github.com/HPI-Information-Systems/Pollock",
        licence="none named",
        right="rows of the clean source or of the file's own clean version, and lines that are well formed, nine "
        "fields wide and well typed, so that no reader can tell (the second table of file_multitable_same.csv has "
        "some that the source has not); lines left as they were must be delivered where the header is; Qty is a "
        "bigint, all else text",
        cases=_pollock,
    ),
    Corpus(
        name="csv-spectrum",
        repository="https://github.com/maxogden/csv-spectrum",
        licence="BSD-2-Clause",
        right="the corpus's own JSON",
        cases=_spectrum,
    ),
    Corpus(
        name="big-list-of-naughty-strings",
        repository="https://github.com/minimaxir/big-list-of-naughty-strings",
        licence="MIT",
        right="the very strings, written by Python's csv module",
        cases=_naughty,
    ),
    Corpus(
        name="duckdb",
        repository="https://github.com/duckdb/duckdb",
        licence="MIT",
        right=BEYOND_DOUBT,
        cases=_any("data/csv"),
    ),
    Corpus(
        name="frictionless-py",
        repository="https://github.com/frictionlessdata/frictionless-py",
        licence="MIT",
        right=BEYOND_DOUBT,
        cases=_any("data"),
    ),
)
