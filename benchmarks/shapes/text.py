"""Eleven columns, most of them quoted text: commas, doubled quotes and all of Unicode inside, no newline.

Reviews of a shop, made up: seven fields of a record are quoted, and five sixths of its bytes.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from benchmarks.shapes.shape import Shape
from benchmarks.shapes.texts import drawn, joined, quoted, records

_COLUMNS = {
    "review_id": "bigint",
    "written_at": "timestamp",
    "author": "string",
    "title": "string",
    "body": "string",
    "tags": "string",
    "language": "string",
    "stars": "bigint",
    "price": "decimal(10,2)",
    "city": "string",
    "answer": "string",
}
_WORDS = (
    "the a of rain coat zip boot warm light sleeve hood never again quite splendid value fits tight loose "
    "parcel arrived late early today tomorrow returned washed torn blue green naïve façade Größe über schön "
    "déjà vu señor niño 東京 大阪 冬 дождь куртка ελαφρύ ☔ 👍 👍🏽 — … ½ £20 10% a/b C:\\temp =1+1 <b> & 'quoted'"
)
_CITIES = "Zürich|Łódź|São Paulo|Москва|札幌|Québec|Oslo|Rome|Aarhus|Kraków|Ürümqi|Lyon"


@cache
def _phrases(*, count: int, words: int) -> pa.StringArray:
    """Spellings inside quotes: some words stand between doubled quotes, some are followed by a comma."""
    random = np.random.default_rng((count, words))
    made, pool = [], _WORDS.split()
    for picks, odds in zip(random.integers(0, len(pool), (count, words)), random.random((count, words)), strict=True):
        spelled = [pool[pick] for pick in picks]
        for place, odd in enumerate(odds):
            if odd < 0.06:
                spelled[place] = f'""{spelled[place]}""'
            elif odd < 0.2:
                spelled[place] += ","
        made.append(" ".join(spelled))
    return pa.array(made)


@cache
def _answers() -> pa.StringArray:
    return pa.array(["", '""', *(f'"{phrase}"' for phrase in _phrases(count=4096, words=4).to_pylist())])


def _lines(rows: int, seed: int) -> bytes:
    random = np.random.default_rng((seed, 11))
    short, long = (_phrases(count=4096, words=words) for words in (4, 14))
    digits = [f"{number:04d}" for number in range(10_000)]
    days = [f"20{year}-{month:02d}-{day:02d}" for year in (23, 24) for month in range(1, 13) for day in range(1, 29)]
    cities = _CITIES.split("|")
    clock = [f"{hour:02d}:{minute:02d}:{minute:02d}" for hour in range(24) for minute in range(60)]
    return records(
        [
            joined([str(seed + 1), drawn(random, digits, rows), drawn(random, digits, rows)], ""),
            joined([drawn(random, days, rows), drawn(random, clock, rows)], " "),
            quoted(joined([drawn(random, cities, rows), drawn(random, short, rows)], ", ")),
            quoted(drawn(random, short, rows)),
            quoted(joined([drawn(random, long, rows) for _ in range(4)], ". ")),
            quoted(joined([drawn(random, ["boots", "coats", "hüte", "socks"], rows) for _ in range(3)], ",")),
            drawn(random, ["en", "de", "pt-BR", "zh", ""], rows),
            drawn(random, ["1", "2", "3", "4", "5"], rows),
            joined([drawn(random, digits[1000:], rows), drawn(random, ["99", "50", "5"], rows)], "."),
            quoted(drawn(random, cities, rows)),
            drawn(random, _answers(), rows),
        ]
    )


TEXT = Shape(
    name="text",
    title="text: 11 columns, most of them quoted",
    contract={
        "dataset": "reviews",
        "newlines": "forbidden",
        "columns": [{"name": name, "type": kind} for name, kind in _COLUMNS.items()],
    },
    header=(",".join(_COLUMNS) + "\n").encode(),
    lines=_lines,
    block_rows=40_000,
)
