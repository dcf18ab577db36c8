"""What each job reads, writes and is told: the least that its script works with.

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
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    versions: bool = False
    """Whether object versions are listed and read, as by the one job that pins them."""
    raw_tables: bool = False
    curated_tables: bool = False
    warehouse: bool = False


NEEDS = {
    "convert": JobNeeds(
        arguments=("code_version", "raw_database"),
        lists=(LANDING, LEDGER, CURATED, QUARANTINE, KEYS),
        reads=(LANDING, LEDGER, CURATED, QUARANTINE, KEYS),
        writes=(LEDGER, CURATED, QUARANTINE, KEYS),
        deletes=(CURATED, QUARANTINE, KEYS),
        versions=True,
        raw_tables=True,
    ),
    "verify": JobNeeds(lists=(LEDGER, CURATED, QUARANTINE), reads=(LEDGER, CURATED, QUARANTINE)),
    "aggregate": JobNeeds(
        arguments=("code_version", "curated_database_prefix"),
        lists=(LEDGER, CURATED, AGGREGATES),
        reads=(LEDGER, CURATED, AGGREGATES),
        writes=(f"{LEDGER}*/_aggregates/", AGGREGATES),
        curated_tables=True,
    ),
    "load_warehouse": JobNeeds(
        arguments=("workgroup", "database", "schema_prefix", "secret_arn", "copy_role_arn"),
        lists=(LEDGER, CURATED, AGGREGATES, LOADS),
        reads=(LEDGER, CURATED, AGGREGATES, LOADS),
        writes=(LOADS, OUTCOMES),
        warehouse=True,
    ),
}
