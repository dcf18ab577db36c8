"""pyarrow's open_csv with column types; rows of a wrong number of fields are skipped by the handler."""

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from benchmarks.programs.job import Work, decimal, run

TYPES = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def _type(kind: str) -> pa.DataType:
    size = decimal(kind)
    return pa.decimal128(*size) if size else TYPES[kind]


def convert(work: Work) -> None:
    types = {
        name: pa.decimal128(*size) if (size := decimal(kind)) else TYPES[kind] for name, kind in work.columns.items()
    }
    parsing = csv.ParseOptions(newlines_in_values=work.newlines, invalid_row_handler=lambda _row: "skip")
    converting = csv.ConvertOptions(
        column_types=types,
        include_columns=list(types),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    with pq.ParquetWriter(f"{work.target}.parquet", pa.schema(types), compression="zstd") as writer:
        for file in sorted(work.source.glob("*.csv")):
            for batch in csv.open_csv(file, parse_options=parsing, convert_options=converting):
                writer.write_batch(batch)


if __name__ == "__main__":
    run(convert)
