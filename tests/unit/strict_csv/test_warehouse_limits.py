"""The documented limits of the warehouse, of the catalog and of our own tables there, one by one: each is a contract's
problem before anything is converted, and none with `warehouse: false`, which stays in the lake.

limit                                       documented in
varchar of 65,535 bytes                     Redshift guide, "Character types"
1,600 columns of a table                    Redshift guide, "CREATE TABLE", Limits and quotas
a row of 4 MB                               Redshift guide, "COPY", Usage notes: the largest row from any source
37 digits behind the point                  Database Migration Service guide, Redshift as a target: NUMERIC, scale to 37
names of 127 bytes, case folded             Redshift guide, "Names and identifiers"
100 kB of a statement                       Redshift management guide, "Using the Data API", Considerations
system columns (oid, xmin, ctid ...)        PostgreSQL, "System columns", which Redshift's tables keep
batch_id, loaded_batches, delays, stage_    ours: lake/load/plan.py, lake/aggregate/delays.py

Whether the warehouse refuses too what is beyond them: test_warehouse_limits_twice.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from lake.aggregate import delays
from lake.load.plan import LOADED, LoadPlan, Staged
from lake.load.sources import Batch, Part, Table, dataset_table
from strict_csv.contract import MAX_RECORD_BYTES, Contract
from strict_csv.errors import ContractInvalid
from strict_csv.warehouse_limits import (
    MAX_COLUMNS,
    MAX_NAMES_BYTES,
    MAX_ROW_BYTES,
    MAX_STATEMENT_BYTES,
    MAX_STRING_BYTES,
    OWN_TABLES,
    STAGING,
    SYSTEM_COLUMNS,
)


def contract(columns: list[dict[str, Any]] | None = None, **rules: Any) -> Contract:
    return Contract.from_mapping({"dataset": "trips", "columns": columns or [column("a")], **rules})


def column(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def many(count: int) -> list[dict[str, Any]]:
    return [column(f"c{number}", "bigint") for number in range(count)]


BEYOND = [
    (
        {"columns": [column("a", max_bytes=65_536)]},
        "columns[0].max_bytes: 65536, the warehouse holds texts of 65535 bytes",
    ),
    ({"columns": many(1_600)}, "columns: 1600, a table of the warehouse holds 1599 and our batch_id"),
    (
        {"columns": [column(f"c{number}".ljust(121, "_")) for number in range(393)]},
        "columns: the names of 393 columns have 49125 bytes together",
    ),
    ({"max_record_bytes": 4 * 1024 * 1024 + 1}, "COPY takes rows of at most 4194304 bytes"),
    ({"columns": [column("a", "decimal(38,38)")]}, "columns[0].type: decimal(38,38), the warehouse holds 37 digits"),
    *(({"columns": [column(name)]}, f"columns[0].name: {name!r}") for name in ("batch_id", "BATCH_ID", "Batch_Id")),
    *(({"columns": [column(name)]}, "is a system column") for name in (*SYSTEM_COLUMNS, "OID", "Ctid")),
    *(({"dataset": name}, f"dataset: {name!r} is a table of the pipeline's own") for name in OWN_TABLES),
    ({"dataset": "stage_202611202049x1_trips"}, "begins with stage_"),
    ({"dataset": "pg_class"}, "begins with pg_"),
]


@pytest.mark.parametrize(("rules", "said"), BEYOND)
def test_what_the_warehouse_cannot_hold_is_a_problem_with_both_ways_out(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractInvalid) as refused:
        contract(**rules)
    assert said in str(refused.value)
    assert "or say warehouse: false (it then stays in the lake)" in str(refused.value)


@pytest.mark.parametrize(("rules", "_said"), BEYOND)
def test_what_stays_in_the_lake_is_not_bound_by_it(rules: dict[str, Any], _said: str) -> None:
    assert contract(**rules, warehouse=False).warehouse is False


@pytest.mark.parametrize(
    "rules",
    [
        {"columns": [column("a", max_bytes=65_535)]},
        {"columns": [column("a", max_bytes=1)]},
        {"columns": many(1_599)},
        {"columns": [column(f"c{number}".ljust(121, "_")) for number in range(392)]},
        {"max_record_bytes": 4 * 1024 * 1024},
        {"columns": [column("a", "decimal(38,37)")]},
        {"columns": [column("a" * 122)]},
        {"columns": [column("batch_ids"), column("oid_"), column("select"), column("user"), column("tag")]},
        {"dataset": "delays_of_trips"},
        {"dataset": "order"},
    ],
)
def test_what_is_just_within_is_taken_and_can_be_said_in_sql(rules: dict[str, Any]) -> None:
    """A reserved word is quoted wherever it stands in a statement."""
    found = contract(**rules)
    plan = LoadPlan(schema="lane", bucket="b", copy_role_arn="arn:aws:iam::123456789012:role/copy", attempt="x")
    texts = [statement.sql for statement in plan.prepare((dataset_table(found, ()),))]
    assert f'"{found.dataset}"' in texts[-1]
    assert all(f'"{one.name.lower()}"' in texts[-1] for one in found.columns)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([column("fare"), column("FARE")], "'FARE' repeats 'fare' (case does not count)"),
        ([column("a" * 128)], "at most 127"),
        ([column("a", "bigint", max_bytes=9)], "bigint has no length"),
        ([column("a", max_bytes=0)], "columns[0].max_bytes: 0, write whole bytes"),
        ([column("a", max_bytes=True)], "columns[0].max_bytes: True"),
    ],
)
def test_what_no_reader_could_tell_apart_is_refused_in_the_lake_too(columns: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ContractInvalid) as refused:
        contract(columns, warehouse=False)
    assert said in str(refused.value)


def test_limits_are_those_of_the_tables_that_are_made() -> None:
    assert set(OWN_TABLES) == {LOADED, delays.TABLE}
    plan = LoadPlan(schema="lane", bucket="b", copy_role_arn="r", attempt="202611202049x1")
    assert plan.stage_name("trips").startswith(STAGING)
    assert (MAX_STRING_BYTES, MAX_COLUMNS + 1, MAX_ROW_BYTES) == (65_535, 1_600, 4_194_304)
    assert MAX_RECORD_BYTES <= MAX_ROW_BYTES, "the default is within it"


@pytest.mark.parametrize("columns", [392, 1_599])
def test_longest_names_fit_into_every_statement_of_a_load(columns: int) -> None:
    """The longest schema, dataset and attempt that config, contract and load allow; few long names, or many."""
    length = MAX_NAMES_BYTES // columns - len('"", ')
    names = tuple((f"c{number}".ljust(length, "_"), "string") for number in range(columns))
    part = Part(columns=names, outputs=())
    batch = Batch(batch_id="b" * 64, rows=1, parts=(part,))
    table = Table(table="t" * 63, columns=names, batches=(batch,), dataset="t" * 63)
    role = f"arn:aws:iam::123456789012:role/{'r' * 64}"
    plan = LoadPlan(schema="s" * 54, bucket="b" * 63, copy_role_arn=role, attempt="x" * 25)
    staged = (Staged(table=table, batches=((batch, ((part, "k" * 900),)),)),)
    texts = [one.sql for one in (*plan.prepare((table,)), *plan.stage(staged), *plan.commit(staged))]
    assert 70_000 < max(len(text) for text in texts) <= MAX_STATEMENT_BYTES


@pytest.mark.parametrize(
    ("tolerance", "said"),
    [
        ({"files_refused": -1}, "tolerance.files_refused: -1"),
        ({"files_refused": 0.5}, "tolerance.files_refused: 0.5"),
        ({"files_refused": True}, "tolerance.files_refused: True"),
        ({"rows_quarantined": 2}, "tolerance.rows_quarantined: 2, write a share of a batch's rows from 0 to 1"),
        ({"rows_quarantined": "1%"}, "tolerance.rows_quarantined: '1%'"),
        ({"rows": 1}, "tolerance.rows: unknown key"),
        ([], "tolerance: [], write {files_refused: 0, rows_quarantined: 0.01}"),
    ],
)
def test_tolerance_is_a_number_of_files_and_a_share_of_rows(tolerance: Any, said: str) -> None:
    with pytest.raises(ContractInvalid) as refused:
        contract(tolerance=tolerance)
    assert said in str(refused.value)
    assert vars(contract().tolerance) == {"files_refused": 0, "rows_quarantined": 0.01}
