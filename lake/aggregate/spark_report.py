"""Computes the report table `delays` with Spark from exactly the files that the ledger names.

Flows in: a Spark session, paths. Flows out: rows as plain dictionaries, few enough for the driver,
sorted so that equal input gives equal bytes. It decides nothing about what is read or written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lake.aggregate import delays
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SPARK_TYPES = {"bigint": "bigint", "string": "string", "double": "double", "boolean": "boolean", "date": "date"}


def compute(spark: SparkSession, *, contract: Contract, base_path: str, paths: list[str]) -> list[dict[str, Any]]:
    """One dictionary per row of `delays`; `base_path` is the folder above the partition folders."""
    from pyspark.sql import functions as F

    needed = (*delays.GROUP, "dep_time", "dep_delay", "arr_delay")
    # Said, not inferred: a partition folder's type would otherwise depend on the values seen.
    schema = ", ".join(f"`{name}` {_spark_type(contract.column(name).type)}" for name in needed)
    flights = spark.read.schema(schema).option("basePath", base_path).parquet(*paths)
    cancelled = F.when(F.col("dep_time").isNull(), 1.0).otherwise(0.0)
    report = (
        flights.groupBy(*delays.GROUP)
        .agg(
            F.count(F.lit(1)).alias("flights"),
            F.avg("dep_delay").alias("mean_dep_delay"),
            F.avg("arr_delay").alias("mean_arr_delay"),
            F.avg(cancelled).alias("cancelled_share"),
        )
        .orderBy(*delays.GROUP)
    )
    return [row.asDict() for row in report.collect()]


def _spark_type(contract_type: str) -> str:
    return _SPARK_TYPES[contract_type]
