"""The shapes of CSV that readers are measured on: many numbers, quoted text, many columns."""

from benchmarks.shapes.numeric import NUMERIC
from benchmarks.shapes.shape import Shape
from benchmarks.shapes.text import TEXT
from benchmarks.shapes.wide import WIDE

SHAPES: dict[str, Shape] = {shape.name: shape for shape in (NUMERIC, TEXT, WIDE)}
