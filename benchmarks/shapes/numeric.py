"""Nineteen columns, all but one of them numbers or moments: green taxi trips."""

from __future__ import annotations

from importlib.resources import files

import yaml

from benchmarks.green_taxi import generator
from benchmarks.shapes.shape import Shape

_CONTRACT = files("datasets.green_taxi") / "contract.yaml"


NUMERIC = Shape(
    name="numeric",
    title="numbers: 19 columns of taxi trips",
    contract=yaml.safe_load(_CONTRACT.read_text()),
    header=generator.HEADER.encode(),
    lines=lambda rows, seed: generator.lines(rows, seed=(seed, 0)),
    block_rows=130_000,
)
