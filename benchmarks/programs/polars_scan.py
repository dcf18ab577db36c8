"""polars' scan_csv with a schema and ignore_errors, streamed into Parquet."""

import polars as pl  # pyright: ignore[reportMissingImports]  (it has an environment of its own)

from benchmarks.programs.job import Work, decimal, run

TYPES = {
    "string": pl.String(),
    "bigint": pl.Int64(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
}


def _type(kind: str) -> pl.DataType:
    size = decimal(kind)
    return pl.Decimal(*size) if size else TYPES[kind]


def convert(work: Work) -> None:
    schema = {
        name: pl.Decimal(*size) if (size := decimal(kind)) else TYPES[kind] for name, kind in work.columns.items()
    }
    frame = pl.scan_csv(f"{work.source}/*.csv", schema=schema, ignore_errors=True)
    frame.sink_parquet(f"{work.target}.parquet", compression="zstd")


if __name__ == "__main__":
    run(convert)
