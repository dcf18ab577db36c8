"""What each job reads, writes and is given: the least that its script works with.

A step without a row here is an error at synth, so that a new job can't inherit another one's reach.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.layout import AGGREGATES, CURATED, KEYS, LANDING, LEDGER, LOADS, OUTCOMES, QUARANTINE


@dataclass(frozen=True, kw_only=True)
class JobNeeds:
    """Prefixes by what is done below them; names of arguments beside region, bucket and datasets."""

    arguments: tuple[str, ...] = ()
    lists: tuple[str, ...]
    """Also what is read by key and may be missing: without s3:ListBucket, S3 answers 403 instead of 404."""
    reads: tuple[str, ...]
    pins: tuple[str, ...] = ()
    """Object versions are listed and read by id."""
    writes: tuple[str, ...] = ()
    in_parts: bool = False
    """Whether writes may be multipart uploads, which a failed one aborts."""
    deletes: tuple[str, ...] = ()
    spark_reads: bool = False
    """Whether Spark itself opens s3:// paths; it asks for the bucket's region first."""
    curated_tables: bool = False


NEEDS = {
    "convert": JobNeeds(
        arguments=("code_version",),
        lists=(LANDING, LEDGER, CURATED, QUARANTINE, KEYS),
        reads=(LEDGER, CURATED, KEYS),
        pins=(LANDING,),
        writes=(LEDGER, CURATED, QUARANTINE, KEYS),
        in_parts=True,
        deletes=(CURATED, QUARANTINE, KEYS),
    ),
    "verify": JobNeeds(lists=(LEDGER, CURATED, QUARANTINE), reads=(LEDGER, CURATED, QUARANTINE)),
    "aggregate": JobNeeds(
        arguments=("code_version", "curated_database_prefix"),
        lists=(LEDGER, CURATED),
        reads=(LEDGER, CURATED, AGGREGATES),
        writes=(f"{LEDGER}*/_aggregates/", AGGREGATES),
        spark_reads=True,
        curated_tables=True,
    ),
    "load_warehouse": JobNeeds(
        arguments=("workgroup", "database", "schema_prefix", "secret_arn", "copy_role_arn"),
        lists=(LEDGER,),
        reads=(LEDGER,),
        writes=(LOADS, OUTCOMES),
    ),
}
