"""Everything that the docs say of the reader, measured again: `make benchmark`, about a quarter of an hour.

Flows in: nothing. Flows out: docs/measured/reader.json and the pages made of it. Every piece is also a command of
its own (benchmarks.damage, benchmarks.conversion, benchmarks.page), and a piece that was recorded stays. Other
people's files are fetched by hand: see benchmarks.corpora.
"""

import subprocess
import sys

from benchmarks.contenders import CONTENDERS, PROJECT
from benchmarks.shapes import SHAPES

FAST = [name for name in CONTENDERS if name not in ("spark", "corrupt_record")]
SPEED = ["-m", "benchmarks.conversion", "--write", "--shapes", *SHAPES]
PIECES = [
    ["-m", "benchmarks.damage", "--write"],
    ["-m", "benchmarks.conversion", "--shapes", *SHAPES, "--megabytes", "1000", "--write"],
    [
        "-m",
        "benchmarks.conversion",
        "--shapes",
        *SHAPES,
        "--megabytes",
        "100",
        "4000",
        "--contenders",
        *FAST,
        "--write",
    ],
    ["-m", "benchmarks.page"],
    ["tools/readme.py"],
]

if __name__ == "__main__":
    for piece in PIECES:
        subprocess.run([sys.executable, *piece], cwd=PROJECT, check=True)
