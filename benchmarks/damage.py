"""Which readers read damaged files silently wrong: the same programs as are measured for speed, same settings.

    .venv/bin/python -m benchmarks.damage [--contenders single duckdb] [--write]

Flows in: damaged.py's folders. Flows out: a line per contender on stdout; with `--write`, docs/measured/reader.json.

What a reader delivers of a folder is compared as a multiset of typed rows, value by value, null and empty text apart,
with what must be delivered: all undamaged rows, and those that look odd and are right.
    lost     must be delivered and was not. A reader that ends with an error has delivered nothing.
    guessed  goes beyond that, and is the damaged row as it was before the damage, or as a lenient eye reads it (+1
             as 1, a lone quote as itself): true, if the guess is. A strict reader sets such a row aside.
    wrong    all the rest: rows that were never in the file, delivered as if they had been. Silently wrong.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.conversion import RECORD
from benchmarks.damaged import DamagedFolder, damaged_folders
from benchmarks.oracle import Row
from benchmarks.programs.job import Work
from benchmarks.reading import read_by
from benchmarks.record import Judgement, Truth, load_record
from benchmarks.shapes import SHAPES


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The rows of one folder by verdict, as the module's docstring defines them."""

    wrong: Counter[Row]
    guessed: Counter[Row]
    lost: Counter[Row]


def difference(*, delivered: Iterable[Row], required: Iterable[Row], optional: Iterable[Row]) -> Difference:
    """What was `delivered` beside what had to and what else might have been."""
    found, needed = Counter(delivered), Counter(required)
    more = found - needed
    wrong = more - Counter(set(optional))
    return Difference(wrong=wrong, guessed=more - wrong, lost=needed - found)


def truth_of(contender: str, folders: Sequence[DamagedFolder], delivered: Sequence[Sequence[Row] | None]) -> Truth:
    """Sums over `folders`; None was delivered where the reader gave up."""
    wrong_by_kind: Counter[str] = Counter()
    guessed = lost = 0
    for folder, rows in zip(folders, delivered, strict=True):
        found = difference(delivered=rows or (), required=folder.required, optional=folder.optional)
        wrong_by_kind[f"{folder.shape}: {folder.kind}"] += found.wrong.total()
        guessed += found.guessed.total()
        lost += found.lost.total()
    return Truth(
        contender=contender,
        damaged=sum(len(folder.files) for folder in folders if folder.optional),
        good=sum(len(folder.required) for folder in folders),
        wrong=wrong_by_kind.total(),
        guessed=guessed,
        lost=lost,
        folders_given_up=sum(rows is None for rows in delivered),
        wrong_by_kind={kind: count for kind, count in sorted(wrong_by_kind.items()) if count},
    )


def delivered_by(contender: Contender, folders: Sequence[DamagedFolder], place: Path) -> list[list[Row] | None]:
    """What `contender` delivers of each folder, None where it gave up; it works in the folder `place`."""
    work = []
    for number, folder in enumerate(folders):
        shape, source = SHAPES[folder.shape], place / f"in{number:04d}"
        source.mkdir()
        shape.write_contract(source)
        for turn, content in enumerate(folder.files):
            (source / f"rows{turn}.csv").write_bytes(content)
        target = place / f"out{number:04d}"
        work.append(Work(source=source, target=target, columns=shape.columns, newlines=False))
    return read_by(contender, work, job=place / "job.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--kinds", action="store_true", help="also say which kinds of damage were read wrong")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/measured/reader.json")
    options = parser.parse_args()
    folders = list(damaged_folders())
    truths = []
    for name in dict.fromkeys(options.contenders):
        with tempfile.TemporaryDirectory(prefix="damage-") as place:
            truth = truth_of(name, folders, delivered_by(CONTENDERS[name], folders, Path(place)))
        truths.append(truth)
        print(
            f"{name:15} {truth.wrong:5} silently wrong, {truth.guessed:5} guessed, {truth.lost:5} of {truth.good} "
            f"good rows lost, {truth.folders_given_up:3} of {len(folders)} folders given up",
            flush=True,
        )
        if options.kinds:
            print("".join(f"    {count} {kind}\n" for kind, count in truth.wrong_by_kind.items()), end="")
    if options.write:
        some = "" if len(truths) == len(CONTENDERS) else f" --contenders {' '.join(t.contender for t in truths)}"
        judgement = Judgement(
            judged_on=datetime.now(UTC).date().isoformat(),
            command=f".venv/bin/python -m benchmarks.damage{some} --write",
            folders=len(folders),
            truths=tuple(truths),
        )
        load_record(RECORD).with_damage(judgement).write(RECORD)


if __name__ == "__main__":
    main()
