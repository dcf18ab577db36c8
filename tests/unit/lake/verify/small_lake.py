"""A ledger entry and the Parquet files that it names, made by hand."""

import pyarrow as pa
import pyarrow.parquet as pq

from lake.ledger.entry import FileEntry, LedgerEntry, Output
from lake.verify.checksums import spell
from lake.verify.readback import read_back
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping(
    {
        "dataset": "trips",
        "partition_by": ["month"],
        "key": ["month", "id"],
        "columns": [
            {"name": "month", "type": "bigint", "nullable": False},
            {"name": "id", "type": "bigint", "nullable": False},
            {"name": "place", "type": "string"},
        ],
    }
)


SCHEMA = pa.schema([("id", pa.int64()), ("place", pa.string())])


QUARANTINE = pa.schema([("file", pa.string()), ("raw", pa.binary())])


KEY = "curated/glue/trips/month={}/a1-0.parquet"  # as older code wrote: the month stands in the folder alone


def parquet(rows: list[tuple], schema: pa.Schema = SCHEMA) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema), sink)
    return sink.getvalue().to_pybytes()


def lake(rows: dict[int, list[tuple]]) -> tuple[LedgerEntry, dict[str, bytes]]:
    """A right entry and its objects: curated rows by month, and one quarantined row."""
    objects = {KEY.format(month): parquet(part) for month, part in rows.items()}
    measured = [read_back(body, key=key, contract=CONTRACT) for key, body in objects.items()]
    outputs = tuple(
        Output(key=key, rows=m.rows, bytes=len(objects[key])) for key, m in zip(objects, measured, strict=True)
    )
    aside = parquet([("f", b"x")], QUARANTINE)
    objects["quarantine/glue/trips/a1-0.parquet"] = aside
    curated = sum(m.rows for m in measured)
    file = FileEntry(
        key="landing/trips/t.csv",
        version="v1",
        bytes=100,
        status="converted",
        rows_read=curated + 1,
        rows_curated=curated,
        rows_quarantined=1,
        bytes_header=10,
        bytes_curated=80,
        bytes_quarantined=10,
    )
    entry = LedgerEntry(
        batch_id="b" * 64,
        dataset="trips",
        files=(file,),
        columns={name: spell(sum(m.columns[name] for m in measured)) for name in CONTRACT.column_names},
        output_digest=spell(sum(m.digest for m in measured)),
        outputs=outputs,
        quarantine=(Output(key="quarantine/glue/trips/a1-0.parquet", rows=1, bytes=len(aside)),),
    )
    return entry, objects
