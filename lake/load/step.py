"""The step load_warehouse: COPYs what the ledger says through the Redshift Data API, and writes the run's evidence.

It neither converts nor aggregates anything; that the lane holds more refused than is tolerated is raised here, once
everything else is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake.aggregate import delays
from lake.aggregate.snapshot import Snapshot, SnapshotShelf
from lake.contracts import dataset_contract
from lake.ledger.committed import committed_state
from lake.ledger.lane_state import LaneState
from lake.load.load import Loaded, attempt_id, load
from lake.load.manifests import ManifestShelf
from lake.load.plan import LoadPlan
from lake.load.run_evidence import RunEvidence
from lake.load.sources import Table, dataset_table, report_table
from lake.load.statements import StatementRunner
from pipeline.errors import LoadFailed, PipelineError
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from types_boto3_redshift_data import RedshiftDataAPIServiceClient
    from types_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True)
class Tables:
    """`failures` are those of datasets whose tables are not known."""

    tables: tuple[Table, ...]
    failures: tuple[PipelineError, ...] = ()


def tables_of(shelf: SnapshotShelf, states: Mapping[str, LaneState], contracts: Mapping[str, Contract]) -> Tables:
    """What the warehouse must hold, and by dataset why that is not known: one that has failed keeps no other out."""
    tables: list[Table] = []
    failures: list[PipelineError] = []
    for dataset, state in states.items():
        if not contracts[dataset].warehouse:
            continue
        try:
            of_dataset = [dataset_table(contracts[dataset], state.entries)]
            if dataset == delays.SOURCE and state.entries:
                of_dataset.append(report_table(_snapshot(shelf, dataset, state)))
            tables += of_dataset
        except PipelineError as failure:
            failures.append(failure)
    return Tables(tables=tuple(tables), failures=tuple(failures))


def _snapshot(shelf: SnapshotShelf, dataset: str, state: LaneState) -> Snapshot | None:
    batches = tuple(entry.batch_id for entry in state.loadable)
    snapshot = shelf.of(batches) if batches else None
    if batches and snapshot is None:
        raise LoadFailed(f"no report covers the committed batches of {dataset}; run aggregate first")
    return snapshot


def run(
    arguments: dict[str, str],
    *,
    s3: S3Client,
    redshift: RedshiftDataAPIServiceClient,
    job_run_id: str,
    run_id: str = "",
) -> Loaded:
    """The whole job with its clients as arguments. Everything that can be loaded is; then the first failure is raised,
    and where there is none, TooMuchRejected if the lane has refused or holds more than its contracts tolerate."""
    now = datetime.now(UTC)
    lane, bucket = arguments["lane"], arguments["bucket"]
    contracts = {dataset: dataset_contract(dataset) for dataset in arguments["datasets"].split(",")}
    states = {dataset: committed_state(s3=s3, bucket=bucket, lane=lane, dataset=dataset) for dataset in contracts}
    evidence = RunEvidence.of(states, contracts, lane=lane, run_id=run_id, now=now)
    try:
        loaded = _load(arguments, states, contracts, s3=s3, redshift=redshift, job_run_id=job_run_id, now=now)
    except PipelineError as failure:
        evidence.write(s3=s3, bucket=bucket, failure=failure)
        raise
    failure = evidence.rejections.error
    evidence.write(s3=s3, bucket=bucket, failure=failure)
    if failure:
        raise failure
    return loaded


def _load(
    arguments: dict[str, str],
    states: Mapping[str, LaneState],
    contracts: Mapping[str, Contract],
    *,
    s3: S3Client,
    redshift: RedshiftDataAPIServiceClient,
    job_run_id: str,
    now: datetime,
) -> Loaded:
    attempt = attempt_id(now=now, job_run_id=job_run_id)
    lane, bucket = arguments["lane"], arguments["bucket"]
    warehouse = StatementRunner(
        client=redshift,
        workgroup=arguments["workgroup"],
        database=arguments["database"],
        secret_arn=arguments["secret_arn"],
        attempt=attempt,
        clock=time.monotonic,
        sleep=time.sleep,
    )
    plan = LoadPlan(
        schema=f"{arguments['schema_prefix']}{lane}",
        bucket=bucket,
        copy_role_arn=arguments["copy_role_arn"],
        attempt=attempt,
    )
    found = tables_of(SnapshotShelf(s3=s3, bucket=bucket, lane=lane), states, contracts)
    loaded = load(
        tables=found.tables,
        warehouse=warehouse,
        plan=plan,
        shelf=ManifestShelf(s3=s3, bucket=bucket, lane=lane),
        now=now,
    )
    if found.failures:
        raise found.failures[0]
    return loaded
