"""How every Parquet file of this project is written, whoever writes it.

Format version 1.0: Redshift says that it supports Apache Parquet v1 (of Spectrum, which COPY from Parquet uses), so
dictionaries are PLAIN_DICTIONARY pages, values PLAIN, and nothing is delta or split by bytes. zstd makes the smallest
files for the least CPU time; that COPY takes it inside Parquet is an assumption (local_aws/CHECKED.md). Spark refuses
whole files with dates before 1582-10-15 or timestamps before 1900-01-01 (0001-01-01 and 1899-12-30 are common
sentinels) unless the footer says that the calendar is the proleptic Gregorian one, as Spark 3 and later say it: by
their own version.
https://docs.aws.amazon.com/redshift/latest/dg/c-spectrum-data-files.html
https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html
https://spark.apache.org/docs/3.5.6/sql-data-sources-parquet.html (datetimeRebaseModeInRead)
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FORMAT_VERSION = "1.0"
CALENDAR = {"org.apache.spark.version": "3.5.6"}
"""Footer keys that tell Spark which calendar dates and timestamps are in; no other reader minds them."""


def parquet_writer(sink: Any, schema: pa.Schema, **options: Any) -> pq.ParquetWriter:
    """A writer of `sink` (a path or an open file); `options` are pyarrow's further ones."""
    writer = pq.ParquetWriter(
        sink,
        schema,
        version=FORMAT_VERSION,
        data_page_version="1.0",
        compression="zstd",
        store_schema=False,
        store_decimal_as_integer=True,  # as Spark does; a tenth less writing time than byte arrays
        **options,
    )
    writer.add_key_value_metadata(CALENDAR)
    return writer
