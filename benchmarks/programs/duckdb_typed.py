"""DuckDB's read_csv with the column types given; rows that it notices as bad are left out (ignore_errors)."""

import duckdb

from benchmarks.programs.job import Work, run


def convert(work: Work) -> None:
    types = ", ".join(f"'{name}': '{kind.replace('string', 'varchar')}'" for name, kind in work.columns.items())
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    connection.execute(
        f"copy (select * from read_csv('{work.source}/*.csv', columns={{{types}}}, header=true, auto_detect=false, "
        "delim=',', quote='\"', escape='\"', ignore_errors=true)) "
        f"to '{work.target}.parquet' (format parquet, compression zstd)"
    )


if __name__ == "__main__":
    run(convert)
