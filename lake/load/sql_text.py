"""SQL spelled from validated parts only: names, types and literals.

Flows in: names and values from contracts and ledger entries. Flows out: fragments of Redshift SQL.
Nothing reaches a statement without passing here; it never connects to anything.
"""

from __future__ import annotations

import re

from pipeline.errors import LoadFailed

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,126}")
_PLAIN_TEXT = re.compile(r"[^\\\x00-\x1f\x7f]{0,1024}")
_S3_KEY = re.compile(r"[A-Za-z0-9!_.*()=/%+@:,& -]{1,1024}")
_ARN = re.compile(r"arn:aws(-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s?(\d{1,2})\)")
_TYPES = {
    "string": "varchar(65535)",
    "bigint": "bigint",
    "double": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


def name(text: str) -> str:
    """A quoted identifier in lower case, as Redshift folds it; raises LoadFailed for anything exotic."""
    folded = text.lower()
    if not _NAME.fullmatch(folded):
        raise LoadFailed(f"{text!r} is no name for SQL; use letters, digits and _, at most 127 characters")
    return f'"{folded}"'


def names(texts: tuple[str, ...]) -> str:
    """Quoted identifiers, comma-separated."""
    return ", ".join(name(text) for text in texts)


def table(schema: str, text: str) -> str:
    """`"schema"."table"`."""
    return f"{name(schema)}.{name(text)}"


def text(value: str) -> str:
    """A string literal. Redshift reads backslashes in literals as escapes, so those are refused."""
    if not _PLAIN_TEXT.fullmatch(value):
        raise LoadFailed("a value with a backslash or a control character has no safe SQL literal; change it")
    return "'" + value.replace("'", "''") + "'"


def s3_url(bucket: str, key: str) -> str:
    """A literal `'s3://bucket/key'`."""
    if not _S3_KEY.fullmatch(key):
        raise LoadFailed(f"the key {key!r} can't stand in a COPY statement; rename the object")
    return text(f"s3://{bucket}/{key}")


def role(arn: str) -> str:
    """A literal of an IAM role's ARN."""
    if not _ARN.fullmatch(arn):
        raise LoadFailed(f"{arn!r} is no IAM role ARN; check the job's --copy_role_arn")
    return text(arn)


def redshift_type(contract_type: str) -> str:
    """The Redshift type that holds every value of a contract's type."""
    if contract_type in _TYPES:
        return _TYPES[contract_type]
    if match := _DECIMAL.fullmatch(contract_type):
        return f"decimal({int(match[1])},{int(match[2])})"
    raise LoadFailed(f"no Redshift type for {contract_type!r}; there are {', '.join(_TYPES)}, decimal(p,s)")


def literal(value: str, contract_type: str) -> str:
    """A typed literal of a Hive partition value (text from an object key)."""
    return f"CAST({text(value)} AS {redshift_type(contract_type)})"
