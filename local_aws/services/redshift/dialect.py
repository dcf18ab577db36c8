"""The allow-list of SQL: what Redshift and DuckDB both understand the same way, by the statement's first words.

In: one SQL text. Out: `Query`, `Command` or `Copy`; anything else is refused by name. TRUNCATE is refused because it
commits the transaction in Redshift and would not here. Column types are limited to those whose values are the same;
what is beyond a limit of Redshift is refused too (limits.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from local_aws.services.redshift.limits import check_columns, check_names

_NAME = r'(?:"[^"]+"|[A-Za-z_]\w*)'
_TABLE = rf"(?:{_NAME}\.)?{_NAME}"
_COMMANDS = {
    "CREATE SCHEMA": re.compile(rf"CREATE\s+SCHEMA\s+IF\s+NOT\s+EXISTS\s+{_NAME}", re.I),
    "CREATE TABLE": re.compile(rf"CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?{_TABLE}\s*\((?P<columns>.+)\)", re.I | re.S),
    "ALTER TABLE ... ADD COLUMN": re.compile(
        rf"ALTER\s+TABLE\s+(?P<table>{_TABLE})\s+ADD\s+(COLUMN\s+)?(?P<column>{_NAME}\s.+)", re.I | re.S
    ),
    "DROP TABLE": re.compile(rf"DROP\s+TABLE\s+IF\s+EXISTS\s+{_TABLE}", re.I),
    "DELETE": re.compile(rf"DELETE\s+FROM\s+{_TABLE}(\s+(USING|WHERE)\s.+)?", re.I | re.S),
    "UPDATE": re.compile(rf"UPDATE\s+{_TABLE}\s+SET\s.+", re.I | re.S),
    "INSERT": re.compile(rf"INSERT\s+INTO\s+{_TABLE}\s*(\([^)]*\))?\s*\(?\s*(SELECT|VALUES)\b.+", re.I | re.S),
}
_SELECT = re.compile(r"(SELECT|WITH)\b.+", re.I | re.S)
_COPY = re.compile(
    rf"COPY\s+(?P<table>{_TABLE})\s*(?:\((?P<columns>[^)]*)\))?\s*FROM\s+'(?P<source>s3://[^']+)'\s+"
    r"IAM_ROLE\s+'(?P<role>[^']+)'\s+FORMAT(?:\s+AS)?\s+PARQUET\s+MANIFEST",
    re.I,
)
_COLUMN = re.compile(
    rf"(?P<name>{_NAME})\s+(?P<type>varchar(\(\d+\))?|bigint|integer|int|smallint|double\s+precision|"
    r"decimal\(\d+,\s*\d+\)|boolean|date|timestamp)(?P<not_null>\s+NOT\s+NULL)?",
    re.I,
)
_IDENTIFIER = re.compile(_NAME)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
# What only DuckDB has and a reader might reach for: files, settings, its own catalog.
_DUCKDB_ONLY = re.compile(
    r"\b(read_\w+|glob|getenv|duckdb_\w+|pragma_\w+|parquet_\w+|sniff_\w+|query_table|from_substrait)\s*\(", re.I
)


class StatementRefused(ValueError):
    """The SQL is not on the allow-list; the text says which statement and what there is."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A SELECT: has a result set."""

    sql: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """Changes something; no result set. `widened` is the table that gains a column."""

    sql: str
    widened: str | None = None


@dataclass(frozen=True, kw_only=True)
class Copy:
    """COPY of the Parquet files in a manifest, into the table's columns in their order."""

    table: str
    manifest: str
    role: str


Parsed = Query | Command | Copy


def parsed(sql: str) -> Parsed:
    """Raises StatementRefused, or BeyondLimit."""
    text = sql.strip().rstrip(";").strip()
    bare = _LITERAL.sub("''", text)
    if ";" in bare:
        raise StatementRefused("one statement per text; use BatchExecuteStatement for several")
    if _DUCKDB_ONLY.search(bare):
        raise StatementRefused("the statement calls a function that Redshift does not have")
    check_names(name.strip('"') for name in _IDENTIFIER.findall(bare))
    if found := _COPY.fullmatch(text):
        if found["columns"] is not None:
            raise StatementRefused(
                "COPY ... FORMAT PARQUET with a column list: column mapping is not among the parameters that AWS "
                "documents for columnar formats; copy into a table of exactly the files' columns"
            )
        return Copy(table=found["table"], manifest=found["source"], role=found["role"])
    if _SELECT.fullmatch(text):
        return Query(sql=text)
    for kind, shape in _COMMANDS.items():
        if found := shape.fullmatch(text):
            if kind == "CREATE TABLE":
                _check_columns(found["columns"])
            if kind == "ALTER TABLE ... ADD COLUMN":
                _check_added(found["column"])
                return Command(sql=text, widened=found["table"])
            return Command(sql=text)
    first = " ".join(text.split()[:3])
    there = ", ".join([*_COMMANDS, "SELECT", "COPY ... FORMAT PARQUET MANIFEST"])
    raise StatementRefused(f"the local Redshift does not run {first!r}...; it runs {there}")


def _check_columns(text: str) -> None:
    columns = []
    for column in re.split(r",(?![^(]*\))", text):
        found = _COLUMN.fullmatch(column.strip())
        if not found:
            raise StatementRefused(f"CREATE TABLE: column {column.strip()!r} is not `name type` with a known type")
        columns.append((found["name"].strip('"'), found["type"]))
    check_columns(columns)


def _check_added(text: str) -> None:
    found = _COLUMN.fullmatch(text.strip())
    if not found or found["not_null"]:
        raise StatementRefused(
            f"ALTER TABLE: {text.strip()!r} is not one nullable column `name type` with a known type; Redshift adds "
            "one at a time, and demands a default for NOT NULL"
        )
    check_columns([(found["name"].strip('"'), found["type"])])
