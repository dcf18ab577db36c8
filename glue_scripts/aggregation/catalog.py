"""Compares what a crawl left in the catalog with the contracts: READY or SUCCEEDED alone proves nothing (F12).

Flows in: a Glue client, a database, contracts. Flows out: nothing, or TablesMissing listing every
difference. It repairs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from pipeline.contract import Contract
from pipeline.errors import TablesMissing

# A crawler reads partition values from folder names: AWS types them string unless all look like numbers.
_FOLDER_TYPES = {
    "bigint": {"string", "int", "bigint"},
    "date": {"string", "date"},
    "boolean": {"string", "boolean"},
    "string": {"string", "int", "bigint", "date", "boolean"},
}


def check_tables(glue: Any, *, database: str, contracts: Iterable[Contract]) -> None:
    """Every contract has a table of its name with its columns, types and partition keys."""
    problems = [problem for contract in contracts for problem in _problems(glue, database, contract)]
    if problems:
        raise TablesMissing(
            f"database {database}: {'; '.join(problems)}; look at the crawl of curated, drop the "
            "table where a column is wrong (the crawler only adds columns) and crawl again"
        )


def _problems(glue: Any, database: str, contract: Contract) -> Iterator[str]:
    try:
        table = glue.get_table(DatabaseName=database, Name=contract.dataset)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        yield f"no table {contract.dataset}"
        return
    found = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    expected = {c.name.lower(): c.type for c in contract.columns if c.name not in contract.partition_by}
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            yield (
                f"{contract.dataset}.{name} is {found.get(name, 'missing')}, "
                f"the contract says {expected.get(name, 'nothing')}"
            )
    folders = {column["Name"]: column["Type"] for column in table.get("PartitionKeys", [])}
    due = [name.lower() for name in contract.partition_by]
    if list(folders) != due:
        yield f"{contract.dataset} is partitioned by {list(folders)}, the contract says {due}"
        return
    for name in contract.partition_by:
        kind = contract.column(name).type
        if folders[name.lower()] not in _FOLDER_TYPES[kind]:
            yield f"{contract.dataset}: the partition {name} is {folders[name.lower()]}, the contract says {kind}"
