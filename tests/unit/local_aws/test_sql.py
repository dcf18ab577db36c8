"""The allow-list of SQL."""

from __future__ import annotations

import pytest

from local_aws.services.redshift.dialect import Command, Copy, Query, StatementRefused, parsed


def test_a_copy_is_taken_apart() -> None:
    statement = parsed(
        'COPY "s"."t" FROM \'s3://bucket/loads/x.manifest\' '
        "IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS PARQUET MANIFEST;"
    )
    assert statement == Copy(
        table='"s"."t"',
        manifest="s3://bucket/loads/x.manifest",
        role="arn:aws:iam::123456789012:role/copy",
    )


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE SCHEMA IF NOT EXISTS "s"',
        'CREATE TABLE IF NOT EXISTS "s"."t" ("a" bigint, "b" varchar(65535), "m" decimal(8,2), "d" double precision)',
        "CREATE TABLE t (a date, b timestamp, c boolean NOT NULL)",
        'DROP TABLE IF EXISTS "s"."t"',
        'ALTER TABLE "s"."t" ADD COLUMN "d" decimal(8,2)',
        "ALTER TABLE s.t ADD d double precision",
        "DELETE FROM s.t",
        "DELETE FROM s.t WHERE batch_id IN (SELECT batch_id FROM s.new)",
        "UPDATE s.t SET a = 1 WHERE a IS NULL",
        "INSERT INTO s.t (a) SELECT 1 UNION ALL SELECT 2",
        "INSERT INTO s.t (a) VALUES ('a;b')",
    ],
)
def test_a_command_is_known(sql: str) -> None:
    statement = parsed(sql)
    assert (type(statement), statement.sql) == (Command, sql)


@pytest.mark.parametrize("sql", ["SELECT 1", "WITH x AS (SELECT 1) SELECT * FROM x", "select count(*) from s.t;"])
def test_a_query_is_known(sql: str) -> None:
    assert isinstance(parsed(sql), Query)


@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE TABLE s.t",
        "DROP TABLE s.t",
        "DROP SCHEMA s",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a hugeint)",
        "CREATE TABLE t (a bigint PRIMARY KEY)",
        "COPY t FROM 's3://b/k' IAM_ROLE 'r' FORMAT AS PARQUET",
        "COPY t (a, b) FROM 's3://b/k' IAM_ROLE 'r' FORMAT AS PARQUET MANIFEST",
        "COPY t TO 'x'",
        "ALTER TABLE s.t ADD COLUMN a bigint, ADD COLUMN b bigint",
        "ALTER TABLE s.t ADD COLUMN a bigint NOT NULL",
        "ALTER TABLE s.t ADD COLUMN a bigint DEFAULT 1",
        "ALTER TABLE s.t ADD COLUMN IF NOT EXISTS a bigint",
        "ALTER TABLE s.t ADD COLUMN a hugeint",
        "ALTER TABLE s.t DROP COLUMN a",
        "ALTER TABLE s.t RENAME TO u",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_parquet('x')",
        "",
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(StatementRefused):
        parsed(sql)
