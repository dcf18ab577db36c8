"""The record as a picture: a bar for each reader and shape, and beside it what the reader got wrong.

Flows in: a `Record`. Flows out: an SVG as text, legible on a light and on a dark page, no library. It draws
CPU seconds per GB at 1 GB; a reader or shape that was not measured has no bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.contenders import CONTENDERS
from benchmarks.record import Record, Run, Truth
from benchmarks.shapes import SHAPES
from benchmarks.table import SUMMARY_MEGABYTES

WIDTH, NAMES, BARS, ROW, BAR, TOP = 860, 150, 440, 58, 14, 64
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.faint { fill: #59636e; font-size: 12px } .right { text-anchor: end } .bold { font-weight: 600 }
.numeric { fill: #2f6fde } .text { fill: #d97706 } .wide { fill: #2a9d6f } .wrong { fill: #c62828; font-weight: 600 }
.none { fill: #1a7f37; font-weight: 600 } .line { stroke: #d1d9e0 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .faint { fill: #9198a1 } .line { stroke: #3d444d }
  .numeric { fill: #5b93f5 } .text { fill: #f0a33a } .wide { fill: #4fc493 }
  .wrong { fill: #ff7b72 } .none { fill: #56d364 }
}
"""


def svg(record: Record) -> str:
    """The whole picture."""
    runs = {name: record.run(name, SUMMARY_MEGABYTES) for name in SHAPES}
    figures = [figure for run in runs.values() if run for figure in run.figures]
    longest = max((figure.cpu_seconds_per_gb for figure in figures), default=1.0)
    height = TOP + ROW * len(CONTENDERS) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 {WIDTH + 16} {height}" width="{WIDTH + 16}" '
        f'height="{height}" role="img" aria-labelledby="title">',
        '<title id="title">CPU seconds per GB by reader and shape, with rows read silently wrong</title>',
        f"<style>{STYLE}</style>",
        *_legend(),
    ]
    for number, (name, contender) in enumerate(CONTENDERS.items()):
        top = TOP + ROW * number
        weight = ' class="bold"' if contender.ours else ""
        lines.append(f'<line class="line" x1="0" y1="{top - 6}" x2="{WIDTH}" y2="{top - 6}"/>')
        lines.append(f'<text{weight} x="0" y="{top + 27}">{escape(contender.short)}</text>')
        lines += _bars(name, runs, longest=longest, top=top)
        lines += _verdict(record.damage.truth(name) if record.damage else None, top=top)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _legend() -> Iterator[str]:
    yield f'<text class="faint" x="{NAMES}" y="16">CPU seconds per GB of CSV, to typed zstd Parquet</text>'
    yield f'<text class="faint right" x="{WIDTH}" y="16">damaged files: rows silently wrong,</text>'
    yield f'<text class="faint right" x="{WIDTH}" y="32">good rows lost</text>'
    left = NAMES
    for shape in SHAPES.values():
        label = shape.title.partition(":")[0]
        yield f'<rect class="{shape.name}" x="{left}" y="28" width="12" height="12" rx="2"/>'
        yield f'<text class="faint" x="{left + 18}" y="39">{escape(label)}</text>'
        left += 40 + 8 * len(label)


def _bars(contender: str, runs: dict[str, Run | None], *, longest: float, top: int) -> Iterator[str]:
    for number, (shape, run) in enumerate(runs.items()):
        figure = run.figure(contender) if run else None
        if not figure:
            continue
        y, width = top + number * (BAR + 2), figure.cpu_seconds_per_gb / longest * BARS
        yield f'<rect class="{shape}" x="{NAMES}" y="{y}" width="{max(width, 1):.1f}" height="{BAR}" rx="2"/>'
        said = f"{figure.cpu_seconds_per_gb:.1f}"
        yield f'<text class="faint" x="{NAMES + width + 6:.1f}" y="{y + 11}">{said}</text>'


def _verdict(truth: Truth | None, *, top: int) -> Iterator[str]:
    if truth:
        kind = "wrong" if truth.wrong else "none"
        yield f'<text class="{kind} right" x="{WIDTH}" y="{top + 19}">{truth.wrong:,} wrong</text>'
        yield f'<text class="faint right" x="{WIDTH}" y="{top + 37}">{truth.lost:,} of {truth.good:,} lost</text>'
