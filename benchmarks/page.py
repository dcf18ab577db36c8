"""Writes what people read of the measurements, from docs/measured/: `python -m benchmarks.page`.

Flows in: reader.json and corpora.json. Flows out: docs/reader.md between its generated marks, docs/reader.svg,
docs/measured/corpora.md, and docs/measured/reader.md, which the README shows. A test holds them against what this
would write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from benchmarks import plot, table
from benchmarks.contenders import PROJECT
from benchmarks.corpora.record import corpora_page, load_corpora
from benchmarks.record import load_record

DOCS = PROJECT / "docs"
BLOCK = re.compile(r"(<!-- generated -->\n).*?(<!-- end -->)", re.DOTALL)


def pages(docs: Path) -> Mapping[Path, str]:
    """What each generated file should hold."""
    record = load_record(docs / "measured" / "reader.json")
    page = docs / "reader.md"
    whole = f"![CPU seconds per GB by reader and shape](reader.svg)\n\n{table.full(record)}\n"
    return {
        docs / "measured" / "reader.md": f"{table.summary(record)}\n",
        docs / "reader.svg": plot.svg(record),
        docs / "measured" / "corpora.md": corpora_page(load_corpora(docs / "measured" / "corpora.json")),
        page: BLOCK.sub(lambda found: found[1] + whole + found[2], page.read_text()),
    }


def write_pages(docs: Path) -> None:
    """All of them, below the folder `docs`."""
    for path, text in pages(docs).items():
        path.write_text(text)


if __name__ == "__main__":
    write_pages(DOCS)
