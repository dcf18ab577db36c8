"""Which contracts may follow which, said with the difference and the way out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.ledger.entry import LedgerEntry, Output, merge
from lake.ledger.evolution import check_contract, check_entry, differences, schema_of, widest_schema
from lake.ledger.schema import Schema
from pipeline.errors import ContractChanged
from strict_csv.contract import Contract

DAY = {"name": "day", "type": "date", "nullable": False}
ID = {"name": "id", "type": "bigint", "nullable": False}
TIP = {"name": "tip", "type": "decimal(10,2)"}
NOTE = {"name": "note", "type": "string", "since": 2}
FLAG = {"name": "flag", "type": "boolean", "since": 3}


def contract(*columns: dict[str, Any], version: int = 1, **more: Any) -> Contract:
    mapping = {"dataset": "trips", "version": version, "partition_by": ["day"], "key": ["id"], "columns": list(columns)}
    return Contract.from_mapping(mapping | more)


FIRST = contract(DAY, ID, TIP)
SECOND = contract(DAY, ID, TIP, NOTE, version=2)
THIRD = contract(DAY, ID, TIP, NOTE, FLAG, version=3)


def entry(written_with: Contract, *, rows: int = 1) -> LedgerEntry:
    outputs = (Output(key="day=2026-01-01/a.parquet", rows=rows, bytes=1),) if rows else ()
    return LedgerEntry(
        batch_id="b" * 32, dataset="trips", files=(), outputs=outputs, written_as=Schema.of(written_with)
    )


def refusal(now: Contract, committed: Contract) -> str:
    with pytest.raises(ContractChanged) as failure:
        check_contract(now, [entry(committed)])
    return str(failure.value)


@pytest.mark.parametrize(
    ("committed", "now"),
    [
        (FIRST, FIRST),
        (FIRST, SECOND),
        (FIRST, THIRD),
        (SECOND, THIRD),
        (FIRST, contract(DAY, ID, TIP, version=2)),
        (FIRST, contract(DAY, ID | {"nullable": True}, TIP)),
        (FIRST, contract(DAY, ID, TIP, null_values=["NA"], newlines="allowed")),
    ],
)
def test_what_may_follow(committed: Contract, now: Contract) -> None:
    check_contract(now, [entry(committed)])
    assert differences(committed=Schema.of(committed), now=Schema.of(now)) == []


GRATUITY = {"name": "gratuity", "type": "decimal(10,2)"}
REFUSED = {
    "removed": (contract(DAY, ID), FIRST, ["- tip decimal(10,2)"]),
    "renamed": (
        contract(DAY, ID, GRATUITY),
        FIRST,
        ["- tip decimal(10,2)", "+ gratuity decimal(10,2) (renamed? it has the same place and type)"],
    ),
    "renamed in a new version": (
        contract(DAY, ID, GRATUITY | {"since": 2}, version=2),
        FIRST,
        ["- tip decimal(10,2)", "+ gratuity decimal(10,2) (renamed? it has the same place and type)"],
    ),
    "renamed in letters' case": (
        contract(DAY, ID, TIP | {"name": "Tip"}),
        FIRST,
        ["- tip decimal(10,2)", "+ Tip decimal(10,2) (renamed? it has the same place and type)"],
    ),
    "another type": (
        contract(DAY, ID, TIP | {"type": "decimal(12,2)"}),
        FIRST,
        ["- tip decimal(10,2)", "+ tip decimal(12,2)"],
    ),
    "never null any more": (
        contract(DAY, ID, TIP | {"nullable": False}),
        FIRST,
        ["- tip decimal(10,2)", "+ tip decimal(10,2) not null"],
    ),
    "added without a version": (contract(DAY, ID, TIP, NOTE | {"since": 1}), FIRST, ["+ note string"]),
    "added to a version that is committed": (
        contract(DAY, ID, TIP, NOTE, FLAG | {"since": 2}, version=2),
        SECOND,
        ["+ flag boolean"],
    ),
    "another order": (contract(ID, DAY, TIP), FIRST, ["- order day, id, tip", "+ order id, day, tip"]),
    "an older version": (FIRST, SECOND, ["- note string", "- version 2", "+ version 1"]),
    "other partitions": (contract(DAY, ID, TIP, partition_by=[]), FIRST, ["- partition_by [day]", "+ partition_by []"]),
    "another dataset in the same place": (
        contract(DAY, ID, TIP, dataset="journeys"),
        FIRST,
        ["- dataset trips", "+ dataset journeys"],
    ),
    "another key": (contract(DAY, ID, TIP, key=["day", "id"]), FIRST, ["- key [id]", "+ key [day, id]"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_not_follow_is_shown_with_the_way_out(case: str) -> None:
    now, committed, lines = REFUSED[case]
    said = refusal(now, committed)
    assert [line.strip() for line in said.splitlines() if line.startswith("  ")] == lines
    assert said.startswith(
        f"ContractChanged: {now.dataset}: the contract (version {now.version}) no longer fits batch bbbb"
    )
    assert "batch bbbbbbbbbbbb" in said
    assert f"since: {committed.version + 1} and version: {committed.version + 1}" in said
    assert "dataset name and a place of its own" in said


def test_a_batch_without_curated_rows_binds_nobody() -> None:
    """All of its files were refused, perhaps because that contract was wrong."""
    check_contract(contract(DAY, ID, GRATUITY), [entry(FIRST, rows=0)])
    assert "- tip" in refusal(contract(DAY, ID, GRATUITY), FIRST)


def test_a_run_that_started_with_another_contract_does_not_commit() -> None:
    other = contract(DAY, ID, TIP, FLAG | {"since": 2}, version=2)
    check_entry(entry(SECOND), [entry(FIRST)])
    check_entry(entry(FIRST), [entry(SECOND)])
    check_entry(entry(SECOND, rows=0), [entry(other)])
    with pytest.raises(ContractChanged, match="- flag boolean"):
        check_entry(entry(SECOND), [entry(other)])


def test_the_schema_survives_the_ledgers_json_in_order() -> None:
    said = entry(THIRD)
    back = LedgerEntry.from_mapping(json.loads(json.dumps(said.to_mapping(), sort_keys=True)))
    assert back == said
    assert list(back.schema.items()) == [(c.name, c.type) for c in THIRD.columns]
    assert back.contract_version == 3


def test_an_entry_from_before_versions_is_of_version_one() -> None:
    before = replace(entry(FIRST), written_as=None)
    assert LedgerEntry.from_mapping(before.to_mapping()) == before
    assert (before.schema, before.contract_version) == ({}, 1)
    assert schema_of(before, SECOND) == Schema.of(FIRST)


def test_the_widest_schema_is_the_newest_that_wrote_rows() -> None:
    assert widest_schema(THIRD, [entry(FIRST), entry(SECOND), entry(THIRD, rows=0)]) == Schema.of(SECOND)
    assert widest_schema(THIRD, []) == Schema.of(FIRST)


def test_a_merged_entry_keeps_the_schema_that_wrote_rows() -> None:
    first, second, nothing = entry(FIRST), entry(SECOND), entry(THIRD, rows=0)
    assert merge(earlier=first, later=second).written_as == Schema.of(SECOND)
    assert merge(earlier=second, later=nothing).written_as == Schema.of(SECOND)
    assert merge(earlier=nothing, later=nothing).written_as == Schema.of(THIRD)


def test_a_version_that_changed_nothing_is_no_shape() -> None:
    raised = contract(DAY, ID, TIP, FLAG, version=4)
    assert {version: len(columns) for version, columns in raised.shapes.items()} == {1: 3, 3: 4}


NAMES = st.sampled_from("abcde")
TYPES = st.sampled_from(["bigint", "string", "decimal(8,2)"])


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    since = sorted(draw(st.lists(st.integers(1, 3), min_size=len(names), max_size=len(names))))
    columns = [
        {"name": name, "type": draw(TYPES), "nullable": draw(st.booleans()) or born > 1, "since": born}
        for name, born in zip(names, [1, *since[1:]], strict=True)
    ]
    return Schema.of(Contract.from_mapping({"dataset": "t", "version": 3, "columns": columns}))


@given(committed=schemas(), at=st.integers(1, 3), now=schemas())
def test_a_contract_follows_if_and_only_if_it_begins_with_the_committed_columns(
    committed: Schema, at: int, now: Schema
) -> None:
    was = replace(committed, version=at, columns=tuple(c for c in committed.columns if c.since <= at))
    same = len(now.columns) >= len(was.columns) and all(
        (old.name, old.type) == (new.name, new.type) and new.nullable >= old.nullable and new.since <= at
        for old, new in zip(was.columns, now.columns, strict=False)
    )
    later = all(column.since > at for column in now.columns[len(was.columns) :])
    assert (differences(committed=was, now=now) == []) == (same and later)


@given(schema=schemas())
def test_every_version_of_a_contract_is_followed_by_the_contract(schema: Schema) -> None:
    for at in (1, 2, 3):
        was = replace(schema, version=at, columns=tuple(c for c in schema.columns if c.since <= at))
        assert differences(committed=was, now=schema) == []
