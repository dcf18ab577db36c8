"""What data was written with: columns, partitions and key of one version of a contract.

Flows in: a contract, or the JSON of a ledger entry. Flows out: the same. Whether two schemas go
together is `evolution.py`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from strict_csv.contract import Column, Contract


@dataclass(frozen=True, kw_only=True)
class Schema:
    """`columns` in the contract's order, partition columns included."""

    version: int
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    @classmethod
    def of(cls, contract: Contract, *, version: int | None = None) -> Schema:
        """The contract's schema, as it is or as it was at `version`."""
        at = contract.version if version is None else version
        return cls(version=at, columns=contract.at(at), partition_by=contract.partition_by, key=contract.key)

    @property
    def types(self) -> dict[str, str]:
        """{column: type}, in order."""
        return {column.name: column.type for column in self.columns}

    def as_contract(self, now: Contract) -> Contract:
        """Today's contract as it was when this was written."""
        return replace(now, version=self.version, columns=self.columns, partition_by=self.partition_by, key=self.key)

    def to_mapping(self) -> dict[str, Any]:
        """JSON; columns are a list, since an object's order may be lost and COPY maps by position."""
        return {
            "contract_version": self.version,
            "schema": [asdict(column) for column in self.columns],
            "partition_by": list(self.partition_by),
            "key": list(self.key),
        }

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Schema:
        """What `to_mapping` wrote; KeyError or TypeError where it is no such mapping."""
        return cls(
            version=mapping["contract_version"],
            columns=tuple(Column(**column) for column in mapping["schema"]),
            partition_by=tuple(mapping["partition_by"]),
            key=tuple(mapping["key"]),
        )
