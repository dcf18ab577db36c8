"""The step aggregate: checks what the curated crawl left in the catalog, then computes the report table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lake.aggregate import delays, spark_report
from lake.aggregate.catalog import check_tables
from lake.aggregate.snapshot import SnapshotShelf, snapshot_id
from lake.contracts import dataset_contract
from lake.ledger.committed import committed_state
from lake.ledger.entry import LedgerEntry
from lake.ledger.evolution import of_older_layout, widest_schema
from pipeline.layout import curated_prefix
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient
    from types_boto3_s3 import S3Client

# From (contract, base path, file paths) to the report's rows.
Compute = Callable[[Contract, str, list[str]], list[dict[str, Any]]]


def with_spark(contract: Contract, base_path: str, paths: list[str]) -> list[dict[str, Any]]:
    """Starts Spark, computes, stops Spark."""
    from pyspark.sql import SparkSession

    spark = SparkSession.Builder().appName("aggregate").getOrCreate()
    try:
        return spark_report.compute(spark, contract=contract, base_path=base_path, paths=paths)
    finally:
        spark.stop()


def as_committed(dataset: str, entries: tuple[LedgerEntry, ...]) -> Contract:
    """The contract as its curated files know it: columns that nothing was written with are not to be found yet."""
    contract = dataset_contract(dataset)
    return widest_schema(contract, entries).as_contract(contract)


def run(arguments: dict[str, str], *, s3: S3Client, glue: GlueClient, compute: Compute) -> dict[str, Any]:
    """The whole job with its clients and its engine as arguments; returns the summary."""
    lane, bucket = arguments["lane"], arguments["bucket"]
    datasets = arguments["datasets"].split(",")
    states = {dataset: committed_state(s3=s3, bucket=bucket, lane=lane, dataset=dataset) for dataset in datasets}
    # A crawler makes no table of an empty folder, so only datasets with rows must have one.
    filled = [dataset for dataset in datasets if any(entry.outputs for entry in states[dataset].counting)]
    database = f"{arguments['curated_database_prefix']}{lane}"
    check_tables(
        glue,
        database=database,
        contracts=[as_committed(name, states[name].counting) for name in filled],
        in_folders_alone={name for name in filled if of_older_layout(dataset_contract(name), states[name].counting)},
    )
    summary: dict[str, Any] = {"step": "aggregate", "lane": lane, "tables_checked": len(filled)}
    flights = states[delays.SOURCE].loadable if delays.SOURCE in states else ()  # what is held is not reported on
    if not flights:
        return summary | {"nothing_new": True, "reason": f"no committed batch of {delays.SOURCE}"}
    batches = tuple(entry.batch_id for entry in flights)
    identity = snapshot_id(batches, arguments["code_version"])
    shelf = SnapshotShelf(s3=s3, bucket=bucket, lane=lane)
    summary |= {"snapshot_id": identity, "batches": len(batches)}
    if shelf.has(identity, batches=batches):
        return summary | {"nothing_new": True, "reason": "this report was already committed"}
    paths = [f"s3://{bucket}/{output.key}" for entry in flights for output in entry.outputs if output.rows]
    base_path = f"s3://{bucket}/{curated_prefix(lane, delays.SOURCE)}"
    rows = compute(dataset_contract(delays.SOURCE), base_path, paths) if paths else []
    won = shelf.commit(identity, batches=batches, code_version=arguments["code_version"], rows=rows)
    return summary | {"nothing_new": not won, "rows": len(rows)}
