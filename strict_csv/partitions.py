"""The names of partition folders, kept apart from the columns that they come from.

A folder says a value as text, and a reader that infers types from folders makes 501 of `00501`. So the column
stands in the files, where its type is declared, and its folder has a name of its own: `zip_part=00501/`. Lower
case, as catalogs fold names. Files from before this have their partition columns in folders alone (`zip=00501/`).
"""

from __future__ import annotations

from collections.abc import Sequence

SUFFIX = "_part"


def folder_column(column: str) -> str:
    """The name that `column` has in folders, and the catalog's partition key: `zip_part`."""
    return f"{column.lower()}{SUFFIX}"


def stand_in_path_alone(key: str, partition_by: Sequence[str]) -> bool:
    """Whether the file at `key` lacks its partition columns: its folders then have the columns' own names."""
    return bool(partition_by) and any(part.startswith(f"{partition_by[0]}=") for part in key.split("/")[:-1])
