"""Which readers read other people's files silently wrong, ours on both engines and the usual ones.

    git clone --depth 1 https://github.com/HPI-Information-Systems/Pollock corpora/Pollock   # and so on, see corpus.py
    .venv/bin/python -m benchmarks.corpora --from corpora [--corpora Pollock] [--readers single spark] [--write]

Flows in: checkouts, one folder each, named as in corpus.py. Flows out: a line per corpus and reader on stdout; with
`--write`, docs/measured/corpora.json and its page. The files themselves never become part of the project.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.contenders import CONTENDERS, PROJECT, Contender
from benchmarks.corpora.case import Case, Unjudged, plain
from benchmarks.corpora.corpus import CORPORA, Corpus
from benchmarks.corpora.judging import Found, Verdict, verdict_of
from benchmarks.corpora.record import CorpusRecord, load_corpora, write_corpora
from benchmarks.page import write_pages
from benchmarks.programs.job import Work
from benchmarks.reading import read_by

RECORD = PROJECT / "docs" / "measured" / "corpora.json"


def found_by(reader: Contender, cases: Sequence[Case], place: Path) -> list[Found]:
    """What `reader` delivers: case by case, or in Spark, where a file costs a second, all of one header at once."""
    groups: dict[object, list[Case]] = {}
    for number, case in enumerate(cases):
        groups.setdefault((tuple(case.columns), case.newlines) if reader.in_spark else number, []).append(case)
    work = []
    for number, group in enumerate(groups.values()):
        source = place / f"in{number:05d}"
        source.mkdir()
        _write_contract(source.with_suffix(".contract.yaml"), group[0])
        for turn, case in enumerate(group):
            (source / f"{turn:05d}.csv").write_bytes(case.content)
        target = place / f"out{number:05d}"
        work.append(Work(source=source, target=target, columns=group[0].columns, newlines=group[0].newlines))
    delivered = read_by(reader, work, job=place / "job.json")
    return [
        Found(
            cases=group,
            rows=Counter(map(plain, rows or ())),
            ledger=_ledger(piece.target / "ledger.json", group),
        )
        for group, piece, rows in zip(groups.values(), work, delivered, strict=True)
    ]


def _write_contract(path: Path, case: Case) -> None:
    columns = [{"name": name, "type": kind} for name, kind in case.columns.items()]
    newlines = "allowed" if case.newlines else "forbidden"
    path.write_text(json.dumps({"dataset": "corpus", "newlines": newlines, "columns": columns}))


def _ledger(path: Path, cases: Sequence[Case]) -> dict[str, tuple[str, int, int]]:
    """(status, rows curated, rows quarantined) by case; empty for readers that keep no ledger."""
    if not path.exists():
        return {}
    files = json.loads(path.read_text())["files"]
    return {
        cases[int(file["key"].removesuffix(".csv"))].name: (
            file["status"],
            file["rows_curated"],
            file["rows_quarantined"],
        )
        for file in files
    }


def judge(corpus: Corpus, checkout: Path, readers: Sequence[str]) -> CorpusRecord:
    """All `readers` on one corpus; RuntimeError where our two engines do not agree file by file."""
    every = list(corpus.cases(checkout))
    cases = [case for case in every if isinstance(case, Case)]
    left_out = Counter(case.reason for case in every if isinstance(case, Unjudged))
    verdicts: list[Verdict] = []
    ledgers = {}
    for name in readers:
        with tempfile.TemporaryDirectory(prefix="corpora-") as place:
            found = found_by(CONTENDERS[name], cases, Path(place))
        ledgers[name] = {case: counts for part in found for case, counts in part.ledger.items()}
        verdicts.append(verdict_of(name, found))
        print(f"{corpus.name:28} {name:15} {verdicts[-1].wrong:6} wrong {verdicts[-1].lost:6} lost", flush=True)
    single, spark = ledgers.get("single"), ledgers.get("spark")
    if single and spark and single != spark:
        differing = sorted(name for name in single.keys() | spark.keys() if single.get(name) != spark.get(name))
        raise RuntimeError(f"our engines differ on {len(differing)} files of {corpus.name}: {differing[:5]}")
    return CorpusRecord(
        name=corpus.name,
        repository=corpus.repository,
        licence=corpus.licence,
        right=corpus.right,
        commit=_commit(checkout),
        judged_on=datetime.now(UTC).date().isoformat(),
        files=len(cases),
        left_out=dict(left_out.most_common()),
        rows=sum(case.required.total() for case in cases),
        verdicts=tuple(verdicts),
    )


def _commit(checkout: Path) -> str:
    asked = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpora = {corpus.name: corpus for corpus in CORPORA}
    parser.add_argument("--from", dest="folder", type=Path, required=True, help="where the checkouts are")
    parser.add_argument("--corpora", nargs="+", default=list(corpora), choices=corpora)
    parser.add_argument("--readers", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--write", action="store_true", help="keep the verdicts in docs/measured/")
    options = parser.parse_args()
    for name in options.corpora:
        checkout = options.folder / name
        if not checkout.is_dir():
            parser.error(f"{checkout} is missing: git clone --depth 1 {corpora[name].repository} {checkout}")
    for name in options.corpora:
        judged = judge(corpora[name], options.folder / name, options.readers)
        if options.write:
            kept = {record.name: record for record in load_corpora(RECORD)} | {name: judged}
            write_corpora(RECORD, [kept[name] for name in corpora if name in kept])
            write_pages(PROJECT / "docs")


if __name__ == "__main__":
    main()
