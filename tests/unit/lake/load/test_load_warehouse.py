"""load_warehouse against a small Redshift of DuckDB: exactly the ledger's rows, once, or nothing."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.ledger.entry import FileEntry, LedgerEntry, Output
from lake.load.load import attempt_id, load
from lake.load.manifests import ManifestShelf
from lake.load.plan import LoadPlan
from lake.load.sources import Table, dataset_table, partition_values
from lake.load.statements import Statement, StatementRunner
from pipeline.errors import LoadFailed, LoadTimedOut, RowsNotConserved
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping(
    {
        "dataset": "trips",
        "partition_by": ["month"],
        "columns": [
            {"name": "month", "type": "bigint", "nullable": False},
            {"name": "ID", "type": "bigint", "nullable": False},
            {"name": "place", "type": "string"},
            {"name": "fare", "type": "decimal(8,2)"},
        ],
    }
)
ROLE = "arn:aws:iam::123456789012:role/copy"
INTO = 'INSERT INTO "nf1_glue"."'
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COPY = re.compile(r"COPY (\S+) FROM 's3://bucket/(.+)' IAM_ROLE '(.+)' FORMAT AS PARQUET MANIFEST")


class DuckRedshift:
    """The Data API's five calls on DuckDB; `broken` is a piece of SQL that fails, `never_ends` a purpose."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.database = duckdb.connect()
        self.answers: dict[str, dict[str, Any]] = {}
        self.results: dict[str, list[tuple]] = {}
        self.tokens: dict[str, str] = {}
        self.sizes: list[int] = []
        self.broken = ""
        self.never_ends = ""
        self.cancelled: list[str] = []

    def batch_execute_statement(self, *, Sqls: list[str], **request: Any) -> dict[str, str]:
        return self._submit(Sqls, request)

    def execute_statement(self, *, Sql: str, **request: Any) -> dict[str, str]:
        return self._submit([Sql], request)

    def describe_statement(self, *, Id: str) -> dict[str, Any]:
        answer = self.answers[Id]
        if answer["polls"] > 0:
            answer["polls"] -= 1
            return {"Status": "STARTED"}
        return answer

    def get_statement_result(self, *, Id: str, NextToken: str = "0") -> dict[str, Any]:
        at, rows = int(NextToken), self.results[Id]
        page = {"Records": [[cell(value) for value in row] for row in rows[at : at + 2]]}
        return page | ({"NextToken": str(at + 2)} if at + 2 < len(rows) else {})

    def cancel_statement(self, *, Id: str) -> None:
        self.cancelled.append(Id)

    def _submit(self, sqls: list[str], request: dict[str, Any]) -> dict[str, str]:
        if request["ClientToken"] in self.tokens:
            return {"Id": self.tokens[request["ClientToken"]]}
        assert len(request["ClientToken"]) <= 64
        self.sizes.append(len(sqls))
        identity = f"statement-{len(self.answers)}"
        self.tokens[request["ClientToken"]] = identity
        polls = 10**9 if request["StatementName"] == self.never_ends else 1
        parts: list[dict[str, str]] = []
        self.answers[identity] = {"Status": "FINISHED", "SubStatements": parts, "polls": polls}
        self.database.execute("BEGIN")
        for sql in sqls:
            try:
                if self.broken and self.broken in sql:
                    raise duckdb.Error("it is\nbroken")
                self.results[identity] = self._run(sql)
                parts.append({"Status": "FINISHED"})
            except duckdb.Error as error:
                parts.append({"Status": "FAILED", "Error": str(error)})
                self.answers[identity] |= {"Status": "FAILED", "Error": "a statement of the batch failed"}
                self.database.execute("ROLLBACK")
                return {"Id": identity}
        self.database.execute("COMMIT")
        return {"Id": identity}

    def _run(self, sql: str) -> list[tuple]:
        if not (copy := COPY.fullmatch(sql)):
            return self.database.execute(sql).fetchall()
        table, manifest, role = copy.groups()
        width = len(self.database.execute(f"DESCRIBE {table}").fetchall())
        assert role == ROLE
        for entry in json.loads(self.objects[manifest])["entries"]:
            body = self.objects[entry["url"].removeprefix("s3://bucket/")]
            assert entry["meta"]["content_length"] == len(body)
            rows = pq.read_table(pa.BufferReader(body))
            assert rows.num_columns == width
            self.database.register("rows_of_file", rows)
            self.database.execute(f"INSERT INTO {table} SELECT * FROM rows_of_file")
        return []

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        assert (Bucket, ContentType) == ("bucket", "application/json")
        self.objects[Key] = Body


def cell(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    return {"longValue": value} if isinstance(value, int) else {"stringValue": str(value)}


class Laboratory:
    """A bucket, a warehouse and one table's worth of batches."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.redshift = DuckRedshift(self.objects)
        self.entries: list[LedgerEntry] = []
        self.seconds = 0.0

    def add_batch(self, letter: str, rows: dict[int, list[tuple]], *, older: bool = False) -> None:
        """`older`: as files were written before partition columns stood in them."""
        outputs = []
        for month, part in rows.items():
            sink = pa.BufferOutputStream()
            names = ("month", "ID", "place", "fare")
            kinds = (pa.int64(), pa.int64(), pa.string(), pa.decimal128(8, 2))
            schema = pa.schema(list(zip(names, kinds, strict=True)))
            table = pa.table([[month] * len(part), *([row[i] for row in part] for i in range(3))], names=names)
            table = table.cast(schema)
            pq.write_table(table.drop_columns(["month"]) if older else table, sink)
            key = f"curated/glue/trips/{'month' if older else 'month_part'}={month}/{letter}.parquet"
            self.objects[key] = sink.getvalue().to_pybytes()
            outputs.append(Output(key=key, rows=len(part), bytes=len(self.objects[key])))
        count = sum(output.rows for output in outputs)
        file = FileEntry(
            key=f"landing/trips/{letter}.csv",
            version="v",
            bytes=0,
            status="converted",
            rows_read=count,
            rows_curated=count,
        )
        self.entries.append(LedgerEntry(batch_id=letter * 64, dataset="trips", files=(file,), outputs=tuple(outputs)))

    def tables(self) -> tuple[Table, ...]:
        return (dataset_table(CONTRACT, tuple(self.entries)),)

    def load(self, *, job_run_id: str = "jr_1", now: datetime = NOW, tables: tuple[Table, ...] | None = None) -> Any:
        attempt = attempt_id(now=now, job_run_id=job_run_id)
        return load(
            tables=tables or self.tables(),
            warehouse=self.warehouse(attempt),
            plan=LoadPlan(schema="nf1_glue", bucket="bucket", copy_role_arn=ROLE, attempt=attempt),
            shelf=ManifestShelf(s3=self.redshift, bucket="bucket", lane="glue"),
            now=now,
        )

    def warehouse(self, attempt: str = "a1") -> StatementRunner:
        return StatementRunner(
            client=self.redshift,
            workgroup="wg1",
            database="warehouse",
            secret_arn="secret",
            attempt=attempt,
            clock=lambda: self.seconds,
            sleep=self.wait,
        )

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def rows(self) -> list[tuple]:
        return self.redshift.database.execute(
            "SELECT month, id, place, CAST(fare AS varchar), left(batch_id, 1) FROM nf1_glue.trips ORDER BY ALL"
        ).fetchall()

    def staging(self) -> list[tuple]:
        return self.redshift.database.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'stage_%'"
        ).fetchall()


@pytest.fixture
def laboratory() -> Laboratory:
    made = Laboratory()
    made.add_batch("a", {1: [(1, "x", "1.50"), (2, None, None)], 2: [(3, "y", "2.00")]})
    return made


A_ROWS = [(1, 1, "x", "1.50", "a"), (1, 2, None, None, "a"), (2, 3, "y", "2.00", "a")]


def test_rows_arrive_with_partition_and_batch_and_staging_goes(laboratory: Laboratory) -> None:
    loaded = laboratory.load()
    assert laboratory.rows() == A_ROWS
    assert (loaded.batches, loaded.rows_loaded, loaded.rows) == (1, 3, {"trips": 3})
    assert laboratory.staging() == []
    assert max(laboratory.redshift.sizes) <= 40


def test_a_second_load_changes_nothing(laboratory: Laboratory) -> None:
    laboratory.load()
    again = laboratory.load(job_run_id="jr_2")
    assert (again.batches, again.rows_loaded, again.rows) == (0, 0, {"trips": 3})
    assert laboratory.rows() == A_ROWS


def test_only_new_batches_are_loaded_and_empty_ones_recorded(laboratory: Laboratory) -> None:
    laboratory.load()
    laboratory.add_batch("b", {1: [(9, "z", "0.10")]})
    laboratory.add_batch("c", {})
    loaded = laboratory.load(job_run_id="jr_2")
    assert (loaded.batches, loaded.rows_loaded) == (2, 1)
    assert laboratory.rows() == sorted([*A_ROWS, (1, 9, "z", "0.10", "b")], key=lambda row: (row[0], row[1]))
    assert laboratory.load(job_run_id="jr_3").batches == 0


def test_a_lost_record_is_loaded_again_without_a_row_twice(laboratory: Laboratory) -> None:
    laboratory.load()
    laboratory.redshift.database.execute("DELETE FROM nf1_glue.loaded_batches")
    assert laboratory.load(job_run_id="jr_2").batches == 1
    assert laboratory.rows() == A_ROWS


def test_partitions_of_a_batch_are_one_copy(laboratory: Laboratory) -> None:
    laboratory.add_batch("d", {month: [(100 + month, "d", "1.00")] for month in range(1, 31)})
    assert laboratory.load().rows == {"trips": 33}
    assert [key for key in laboratory.objects if key.endswith(".manifest") and "d" * 64 in key] == [
        f"loads/glue/trips/{'d' * 64}/00000.manifest"
    ]


def test_many_batches_take_more_than_one_transaction(laboratory: Laboratory) -> None:
    for letter in "bcdefghijklmnop":
        laboratory.add_batch(letter, {1: [(ord(letter), letter, "1.00")]})
    assert laboratory.load().rows == {"trips": 18}
    assert max(laboratory.redshift.sizes) == 40


def test_batches_of_the_older_layout_are_loaded_beside_newer_ones(laboratory: Laboratory) -> None:
    """Their month stands in folders alone."""
    laboratory.add_batch("b", {1: [(4, "z", "3.00")], 7: [(5, None, None), (6, "o'", "4.00")]}, older=True)
    assert laboratory.load().rows == {"trips": 6}
    assert laboratory.rows() == sorted(
        [*A_ROWS, (1, 4, "z", "3.00", "b"), (7, 5, None, None, "b"), (7, 6, "o'", "4.00", "b")]
    )


@pytest.mark.parametrize(
    "broken", ["COPY", 'INSERT INTO "nf1_glue"."trips"', 'INSERT INTO "nf1_glue"."loaded_batches"']
)
def test_a_failing_statement_loads_nothing_and_the_next_attempt_everything(laboratory: Laboratory, broken: str) -> None:
    laboratory.redshift.broken = broken
    with pytest.raises(LoadFailed, match=r"(trips|loaded_batches): statement statement-\d+ ended FAILED: it is broken"):
        laboratory.load()
    assert laboratory.rows() == []
    laboratory.redshift.broken = ""
    assert laboratory.load(job_run_id="jr_2").rows == {"trips": 3}


def test_rows_missing_in_staging_load_nothing(laboratory: Laboratory) -> None:
    output = laboratory.entries[0].outputs[0]
    sink = pa.BufferOutputStream()
    pq.write_table(pq.read_table(pa.BufferReader(laboratory.objects[output.key])).slice(1), sink)
    laboratory.objects[output.key] = sink.getvalue().to_pybytes()
    size = len(laboratory.objects[output.key])
    lying = Output(key=output.key, rows=output.rows, bytes=size)
    entry = laboratory.entries[0]
    laboratory.entries[0] = LedgerEntry(
        batch_id=entry.batch_id, dataset="trips", files=entry.files, outputs=(lying, *entry.outputs[1:])
    )
    with pytest.raises(RowsNotConserved, match="staging, so nothing was loaded: trips batch aaaa"):
        laboratory.load()
    assert laboratory.rows() == []


def test_rows_that_no_ledger_entry_covers_are_noticed(laboratory: Laboratory) -> None:
    laboratory.load()
    laboratory.redshift.database.execute(
        "INSERT INTO nf1_glue.trips SELECT * REPLACE ('stray' AS batch_id) FROM nf1_glue.trips LIMIT 1"
    )
    with pytest.raises(RowsNotConserved, match="trips batch stray: ledger 0 rows, counted 1"):
        laboratory.load(job_run_id="jr_2")


def test_a_replaced_table_holds_its_last_batch_only(laboratory: Laboratory) -> None:
    first = replace(laboratory.tables()[0], replaced=True)
    laboratory.load(tables=(first,))
    laboratory.entries.clear()
    laboratory.add_batch("e", {5: [(5, "e", "5.00")]})
    second = replace(laboratory.tables()[0], replaced=True)
    assert laboratory.load(job_run_id="jr_2", tables=(second,)).rows == {"trips": 1}
    assert laboratory.rows() == [(5, 5, "e", "5.00", "e")]
    assert laboratory.load(job_run_id="jr_3", tables=(second,)).batches == 0


def test_staging_of_dead_attempts_goes_after_a_day_and_not_before(laboratory: Laboratory) -> None:
    laboratory.redshift.broken = f"{INTO}trips"
    with pytest.raises(LoadFailed):
        laboratory.load()
    left = laboratory.staging()
    assert len(left) == 2
    laboratory.redshift.broken = ""
    laboratory.load(job_run_id="jr_2", now=NOW + timedelta(hours=23))
    assert laboratory.staging() == left
    laboratory.load(job_run_id="jr_3", now=NOW + timedelta(hours=25))
    assert laboratory.staging() == []


def test_a_statement_that_never_ends_is_cancelled_and_named(laboratory: Laboratory) -> None:
    laboratory.redshift.never_ends = "stage"
    with pytest.raises(LoadTimedOut, match=r"stage: statement statement-\d+ was STARTED after 900 s"):
        laboratory.load()
    assert len(laboratory.redshift.cancelled) == 1
    assert 900 <= laboratory.seconds < 910


def test_a_repeated_submit_of_one_attempt_runs_once_and_a_new_attempt_again(laboratory: Laboratory) -> None:
    statements = [Statement(subject="t", sql="SELECT 1")]
    laboratory.warehouse("a1").transact(statements, purpose="p")
    laboratory.warehouse("a1").transact(statements, purpose="p")
    assert len(laboratory.redshift.answers) == 1
    laboratory.warehouse("a2").transact(statements, purpose="p")
    assert len(laboratory.redshift.answers) == 2


def test_too_many_statements_for_one_transaction_are_refused(laboratory: Laboratory) -> None:
    with pytest.raises(LoadFailed, match="commit needs 41 statements"):
        laboratory.warehouse().transact([Statement(subject="t", sql="SELECT 1")] * 41, purpose="commit")
    assert laboratory.redshift.answers == {}


def test_a_key_without_its_partition_folder_is_refused() -> None:
    assert partition_values("curated/glue/trips/month=1/day=a%2Fb/x.parquet", ("day", "month")) == ("a/b", "1")
    with pytest.raises(LoadFailed, match="no month= folder"):
        partition_values("curated/glue/trips/x.parquet", ("month",))


def test_two_attempts_at_once_load_each_row_once(laboratory: Laboratory) -> None:
    """Both see the batch as new: staging tables are apart, the second commit replaces the first's rows."""
    other = Laboratory()
    other.objects, other.redshift, other.entries = laboratory.objects, laboratory.redshift, laboratory.entries
    attempt = attempt_id(now=NOW, job_run_id="jr_9")
    plan = LoadPlan(schema="nf1_glue", bucket="bucket", copy_role_arn=ROLE, attempt=attempt)
    real_commit, order = plan.commit, []

    class Overtaken(LoadPlan):
        def commit(self, staged):  # type: ignore[no-untyped-def]
            order.append(laboratory.load(job_run_id="jr_8").batches)
            return real_commit(staged)

    loaded = load(
        tables=other.tables(),
        warehouse=other.warehouse(attempt),
        plan=Overtaken(schema="nf1_glue", bucket="bucket", copy_role_arn=ROLE, attempt=attempt),
        shelf=ManifestShelf(s3=other.redshift, bucket="bucket", lane="glue"),
        now=NOW,
    )
    assert (order, loaded.rows, laboratory.rows()) == ([1], {"trips": 3}, A_ROWS)
