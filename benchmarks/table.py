"""The record as Markdown: docs/measured/reader.md for the README, docs/reader.md for who wants all of it.

Flows in: a `Record`. Flows out: text. What was not measured is a dash; ratios are within one run. It measures
nothing and rounds only for the eye.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.contenders import CONTENDERS
from benchmarks.record import Judgement, Record, Run
from benchmarks.shapes import SHAPES

SUMMARY_MEGABYTES = 1000
DASH = "–"


def summary(record: Record) -> str:
    """One row per reader: CPU seconds per GB of each shape at 1 GB (and its ratio), memory, wrong rows."""
    runs = {name: record.run(name, SUMMARY_MEGABYTES) for name in SHAPES}
    titles = " | ".join(shape.title for shape in SHAPES.values())
    lines = [
        f"| CPU seconds per GB, 1 GB of CSV to zstd Parquet | {titles} | largest process | rows silently wrong |",
        "|---|" + "---:|" * (len(SHAPES) + 2),
    ]
    for name, contender in CONTENDERS.items():
        speeds = " | ".join(_speed(run, name) for run in runs.values())
        figures = [figure for run in runs.values() if run and (figure := run.figure(name))]
        peak = f"{max(figure.peak_mb for figure in figures):,.0f} MB" if figures else DASH
        lines.append(f"| {contender.title} | {speeds} | {peak} | {_wrong(record, name)} |")
    measured = sorted({f"{run.measured_on}, {run.machine}" for run in runs.values() if run})
    said = [
        "In parentheses the ratio to DuckDB, for Spark's two to `_corrupt_record`, both from the same run."
        " Every reader writes as many rows as the clean file has, or there is no figure.",
        *([_corpus(record.damage)] if record.damage else []),
        *([f"Measured {'; '.join(measured)}."] if measured else []),
    ]
    return "\n".join([*lines, "", " ".join(said)])


def full(record: Record) -> str:
    """Every run, then what was made of damaged files and which kinds of damage were read wrong."""
    parts = []
    for name, shape in SHAPES.items():
        runs = sorted((run for run in record.runs if run.shape == name), key=lambda run: run.megabytes)
        parts += [f"## {shape.title.capitalize()}", *(_run(run) for run in runs)]
        parts += [] if runs else ["Not measured yet."]
    return "\n\n".join([*parts, "## Damaged files", *_damage(record)])


def _speed(run: Run | None, contender: str) -> str:
    figure = run.figure(contender) if run else None
    if not run or not figure:
        return DASH
    ratio = run.ratio(contender)
    return f"{figure.cpu_seconds_per_gb:.1f}" + (f" ({ratio:.2f})" if ratio else "")


def _wrong(record: Record, contender: str) -> str:
    truth = record.damage.truth(contender) if record.damage else None
    return f"{truth.wrong:,}" if truth else DASH


def _corpus(judgement: Judgement) -> str:
    rows = max(truth.damaged + truth.good for truth in judgement.truths)
    return f"Rows silently wrong: of {rows:,} in files with {judgement.folders} kinds of damage."


def _run(run: Run) -> str:
    lines = [
        f"| {run.size_bytes / 1e9:.2f} GB, {run.rows:,} rows | CPU seconds per GB | ratio | to "
        "| largest process | seconds |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for figure in run.figures:
        contender, ratio = CONTENDERS[figure.contender], run.ratio(figure.contender)
        lines.append(
            f"| {contender.title} | {figure.cpu_seconds_per_gb:.1f} | {f'{ratio:.2f}' if ratio else DASH} "
            f"| {CONTENDERS[contender.rival].short} | {figure.peak_mb:,.0f} MB | {figure.seconds:.1f} |"
        )
    runs = "One run each" if run.repeat == 1 else f"The best of {run.repeat} runs each"
    return "\n".join([*lines, "", f"{runs}, {run.machine}, {run.measured_on}. Again: `{run.command}`"])


def _damage(record: Record) -> Iterator[str]:
    if not record.damage:
        yield "Not judged yet."
        return
    truths = record.damage.truths
    lines = ["| reader | silently wrong | guessed | good rows lost | gave up |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {CONTENDERS[truth.contender].title} | {truth.wrong:,} | {truth.guessed:,} of {truth.damaged:,} "
        f"| {truth.lost:,} of {truth.good:,} | {truth.folders_given_up} of {record.damage.folders} |"
        for truth in truths
    ]
    yield "\n".join(lines)
    yield f"{record.damage.judged_on}. Again: `{record.damage.command}`"
    kinds = sorted({kind for truth in truths for kind in truth.wrong_by_kind})
    if kinds:
        yield "Rows read silently wrong, by what was done to them:"
        yield _kinds(kinds, [(CONTENDERS[t.contender].short, t.wrong_by_kind) for t in truths])


def _kinds(kinds: Sequence[str], columns: Sequence[tuple[str, dict[str, int]]]) -> str:
    lines = [f"| damage | {' | '.join(name for name, _ in columns)} |", "|---|" + "---:|" * len(columns)]
    lines += [
        f"| {kind.replace('_', ' ')} | {' | '.join(str(counts.get(kind, '')) for _, counts in columns)} |"
        for kind in kinds
    ]
    return "\n".join(lines)
