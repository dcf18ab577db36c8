"""Reads curated folders as a user of one library would, without a setting, and prints what it saw.

    python curated_reader.py duckdb|pandas|polars|pyarrow|spark < '[{"folder": ..., "columns": {name: type}}, ...]'

Flows in: contract types by column. Flows out: JSON, per folder its rows, sorted; dates as days and timestamps as
microseconds since 1970, decimals as texts. Each library runs in the interpreter that has it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

Columns = dict[str, str]


def _duckdb(folder: str, columns: Columns) -> list[tuple[Any, ...]]:
    import duckdb

    spelled = {
        "date": "CAST({} - DATE '1970-01-01' AS BIGINT)",
        "timestamp": "epoch_us({})",
        "decimal": "CAST({} AS VARCHAR)",
    }
    chosen = ", ".join(spelled.get(kind.split("(")[0], "{}").format(f'"{name}"') for name, kind in columns.items())
    return duckdb.connect().execute(f"SELECT {chosen} FROM read_parquet('{folder}/**/*.parquet')").fetchall()


def _pandas(folder: str, columns: Columns) -> list[tuple[Any, ...]]:
    import pandas

    frame = pandas.read_parquet(folder)
    return _of_python([frame[name].tolist() for name in columns], columns)


def _pyarrow(folder: str, columns: Columns) -> list[tuple[Any, ...]]:
    import pyarrow.parquet as pq

    table = pq.read_table(folder)
    return _of_python([table.column(name).to_pylist() for name in columns], columns)


def _polars(folder: str, columns: Columns) -> list[tuple[Any, ...]]:
    import polars

    frame = polars.read_parquet(folder)
    return _of_python([frame[name].to_list() for name in columns], columns)


def _spark(folder: str, columns: Columns) -> list[tuple[Any, ...]]:
    from lake.convert.local_spark import local_session

    spelled = {"date": "unix_date({})", "timestamp": "unix_micros({})", "decimal": "CAST({} AS STRING)"}
    chosen = [spelled.get(kind.split("(")[0], "{}").format(f"`{name}`") for name, kind in columns.items()]
    return [tuple(row) for row in local_session().read.parquet(folder).selectExpr(*chosen).collect()]


def _of_python(values: list[list[Any]], columns: Columns) -> list[tuple[Any, ...]]:
    from datetime import UTC, date, datetime, timedelta

    def plain(value: Any, kind: str) -> Any:
        if value is None or value != value:
            return None
        if kind == "date":
            return (value - date(1970, 1, 1)).days
        if kind == "timestamp":
            since = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
            return (since - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return str(value) if kind.startswith("decimal") else value

    cells = [[plain(value, kind) for value in column] for column, kind in zip(values, columns.values(), strict=True)]
    return list(zip(*cells, strict=True))


READERS = {"duckdb": _duckdb, "pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow, "spark": _spark}

if __name__ == "__main__":
    read = READERS[sys.argv[1]]
    json.dump([sorted(read(one["folder"], one["columns"]), key=repr) for one in json.load(sys.stdin)], sys.stdout)
