"""What a deployed role lets a recorded call do: a small evaluator of the project's own kind of policies.

Flows in: policy documents of a role (Allow statements; StringLike on s3:prefix is the one condition that is looked at)
and a call as the local AWS records it. Flows out: whether it is allowed. A statement of any other kind is an error
here, so that the evaluator can't be kinder than IAM without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

PREFIXES = {"stepfunctions": "states", "sfn": "states", "mwaa": "airflow", "lambda": "lambda"}
# Service Authorization Reference: operations that are allowed by an action of another name, any of which will do here.
ACTIONS = {
    "s3:GetObject": ("s3:GetObject", "s3:GetObjectVersion"),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:CreateMultipartUpload": ("s3:PutObject",),
    "s3:UploadPart": ("s3:PutObject",),
    "s3:CompleteMultipartUpload": ("s3:PutObject",),
    "lambda:Invoke": ("lambda:InvokeFunction",),
}
READS = ("s3:GetObject", "s3:HeadObject")
LISTS = ("s3:ListBucket", "s3:ListBucketVersions")
NOT_ASKED = ("sts:GetCallerIdentity",)
"""Allowed to every caller, whatever the policies say."""
OTHER_CONDITIONS = ("cloudwatch:namespace", "redshift-data:statement-owner-iam-userid")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One of `calls.jsonl`."""

    service: str
    operation: str
    resources: tuple[str, ...]
    is_missing: bool = False
    """Whether the object was not there: S3 says so only to who may list its key, and refuses everybody else."""

    def __str__(self) -> str:
        missing = ", which is not there" if self.is_missing else ""
        return f"{self.service}:{self.operation} on {' '.join(self.resources) or 'nothing named'}{missing}"


def allows(documents: list[dict[str, Any]], call: Call) -> bool:
    """Whether some statement allows the call."""
    plain = f"{PREFIXES.get(call.service, call.service)}:{call.operation}"
    if plain in NOT_ASKED:
        return True
    if plain in READS and call.is_missing and not allows(documents, replace(call, operation="ListObjectsV2")):
        return False
    return any(
        _matches(statement, action, call)
        for action in ACTIONS.get(plain, (plain,))
        for document in documents
        for statement in _as_list(document["Statement"])
    )


def _matches(statement: dict[str, Any], action: str, call: Call) -> bool:
    assert statement["Effect"] == "Allow", "only Allow statements are understood"
    if not any(_like(one, action) for one in _as_list(statement["Action"])):
        return False
    prefixes = list(_prefixes(statement.get("Condition", {})))
    if action in LISTS:
        bucket, prefix = call.resources[0], call.resources[1] if len(call.resources) > 1 else ""
        listed = any(_like(one, prefix) for one in prefixes) if prefixes else True
        return listed and _reaches(statement, f"arn:aws:s3:::{bucket}")
    if action.startswith("s3:"):
        bucket, key = call.resources[0], call.resources[1] if len(call.resources) > 1 else None
        if key is None:  # DeleteObjects names its keys where they are not recorded
            return any(f":::{bucket}/" in one for one in _as_list(statement["Resource"]))
        return _reaches(statement, f"arn:aws:s3:::{bucket}/{key}")
    # Elsewhere the name of what is called stands at the end of its ARN.
    named = [one for one in _as_list(statement["Resource"]) if one == "*" or _ends(one, call.resources)]
    return bool(named)


def _ends(arn: str, resources: tuple[str, ...]) -> bool:
    if not resources:
        return True
    last = re.split(r"[:/]", arn)[-1]
    return any(_like(last, re.split(r"[:/]", one)[-1]) or _like(arn, one) for one in resources) or arn.endswith(
        ("/catalog", ":catalog", "/User")
    )


def _reaches(statement: dict[str, Any], arn: str) -> bool:
    return any(_like(one, arn) for one in _as_list(statement["Resource"]))


def _prefixes(condition: dict[str, Any]) -> Iterator[str]:
    for operator, keys in condition.items():
        for key, values in keys.items():
            if (operator, key) == ("StringLike", "s3:prefix"):
                yield from _as_list(values)
            else:
                assert key in OTHER_CONDITIONS, f"a condition that is not understood: {operator} {key}"


def _like(pattern: str, text: str) -> bool:
    parts = [{"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern)]
    return re.fullmatch("".join(parts), text, re.S) is not None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
