"""Every call that a role made in a real run of the three orchestrators is one that its policies allow on AWS.

The local AWS lets every caller do everything; this is where that kindness ends.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from lab.control import Control
from pipeline.steps import LANES
from tests.local_pipeline import Stage
from tests.role_reach import Call, allows


def documents_of(iam: Any, role: str) -> list[dict[str, Any]]:
    """Inline and attached policies of a deployed role."""
    inline = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    attached = []
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        shown = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        attached.append(shown["PolicyVersion"]["Document"])
    return [json.loads(one) if isinstance(one, str) else one for one in (*inline, *attached)]


def test_what_roles_called_is_what_they_may_call(stage: Stage) -> None:
    for lane in LANES:
        assert stage.first_run(lane).code == 0
    iam, by_role = stage.target.client("iam"), {}
    workgroups = stage.target.client("redshift-serverless").list_workgroups()["workgroups"]
    # Calls name a workgroup, policies its ARN, which ends in its id.
    ids = {one["workgroupName"]: one["workgroupArn"] for one in workgroups}
    for one in Control(endpoint=str(stage.home.endpoint())).calls(since=0.0):
        named = [ids.get(name, name) for name in one["resources"]] if one["service"] == "redshift-data" else None
        call = Call(
            service=one["service"],
            operation=one["operation"],
            resources=tuple(named or one["resources"]),
            is_missing=one["status"] == 404,
        )
        by_role.setdefault(one["role"], Counter())[call] += 1
    ours = {arn: counts for arn, counts in by_role.items() if ":role/" in arn}
    assert len(ours) >= 8, f"jobs, crawlers and orchestrators call under roles of their own: {sorted(by_role)}"
    refused = [
        f"{arn.rsplit('/', 1)[-1]}: {call} ({times} times)"
        for arn, counts in sorted(ours.items())
        for documents in [documents_of(iam, arn.rsplit("/", 1)[-1])]
        for call, times in counts.items()
        if not allows(documents, call)
    ]
    assert refused == []


def test_the_comparison_refuses_what_no_statement_allows() -> None:
    documents = [
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": ["arn:aws:s3:::b/ledger/*", "arn:aws:s3:::b/aggregates/*"],
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:ListBucket",
                    "Resource": "arn:aws:s3:::b",
                    "Condition": {"StringLike": {"s3:prefix": ["ledger/*"]}},
                },
                {"Effect": "Allow", "Action": "glue:StartJobRun", "Resource": "arn:aws:glue:r:1:job/nf1-dev-convert"},
            ]
        }
    ]

    def may(service: str, operation: str, *resources: str, is_missing: bool = False) -> bool:
        return allows(documents, Call(service=service, operation=operation, resources=resources, is_missing=is_missing))

    assert may("s3", "HeadObject", "b", "ledger/x")
    assert not may("s3", "GetObject", "b", "curated/x")
    assert may("s3", "GetObject", "b", "ledger/x", is_missing=True)
    assert may("s3", "GetObject", "b", "aggregates/x")
    assert not may("s3", "GetObject", "b", "aggregates/x", is_missing=True), (
        "AWS answers 403, and not that it is missing"
    )
    assert not may("s3", "PutObject", "b", "ledger/x")
    assert may("s3", "ListObjectsV2", "b", "ledger/glue/")
    assert not may("s3", "ListObjectsV2", "b", "curated/")
    assert not may("s3", "ListObjectsV2", "b")
    assert may("glue", "StartJobRun", "nf1-dev-convert")
    assert not may("glue", "StartJobRun", "nf1-dev-verify")
    assert not may("glue", "GetJobRun", "nf1-dev-convert")
