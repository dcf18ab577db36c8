"""Compares what a crawl left in the catalog with the contracts: READY or SUCCEEDED alone proves nothing.

Flows in: a Glue client, a database, contracts. Flows out: nothing, or TablesMissing listing every
difference. It repairs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline.errors import TablesMissing
from strict_csv.contract import Contract
from strict_csv.partitions import folder_column

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient


def check_tables(
    glue: GlueClient, *, database: str, contracts: Iterable[Contract], in_folders_alone: Collection[str] = ()
) -> None:
    """Every contract has a table of its name with its columns, types and partition keys. `in_folders_alone` names
    the datasets whose files are of the older layout, without their partition columns."""
    problems = [
        problem
        for contract in contracts
        for problem in _problems(glue, database, contract, in_folders_alone=contract.dataset in in_folders_alone)
    ]
    if problems:
        raise TablesMissing(
            f"database {database}: {'; '.join(problems)}; look at the crawl of curated, drop the "
            "table where a column is wrong (the crawler only adds columns) and crawl again"
        )


def _problems(glue: GlueClient, database: str, contract: Contract, *, in_folders_alone: bool) -> Iterator[str]:
    try:
        table = glue.get_table(DatabaseName=database, Name=contract.dataset)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        yield f"no table {contract.dataset}"
        return
    listed = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    found, expected = dict(listed), {column.name.lower(): column.type for column in contract.columns}
    alone = [name.lower() for name in contract.partition_by] if in_folders_alone else []
    for name in sorted((found.keys() | expected.keys()) - set(alone)):
        if found.get(name) != expected.get(name):
            yield (
                f"{contract.dataset}.{name} is {found.get(name, 'missing')}, "
                f"the contract says {expected.get(name, 'nothing')}"
            )
    # What type the crawler gave them does not matter: values are read from the files' own columns.
    folders = [column["Name"] for column in table.get("PartitionKeys", [])]
    due = alone or [folder_column(name) for name in contract.partition_by]
    if folders != due:
        yield f"{contract.dataset} is partitioned by {folders}, its files lie in folders of {due}"
    names = [*(name for name, _ in listed), *folders]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{contract.dataset} has the column {name} twice, and no query can be run on it"
