"""Each role allows what its code calls and what the service calls for it, and nothing else; and only this account.

The code's calls are read from its syntax (`called`), the services' stand in rows with their sources
(`service_calls`), the state machine's are its definition's. What is compared is actions; which resources they reach
is compared with a real run's calls in tests/behaviour.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from pipeline.steps import PIPELINE, Kind
from stacks.constructs.service_role import DOCUMENTED
from tests.infrastructure import service_calls
from tests.infrastructure.called import actions_called_by
from tests.infrastructure.conftest import STACKS
from tests.infrastructure.graph import definition_of
from tests.infrastructure.roles import Role, as_list, roles_of
from tests.infrastructure.service_calls import ServiceCalls

Templates = Callable[..., dict[str, Any]]

BESIDE_ITS_SCRIPT = {
    "verify": service_calls.MISSING_KEYS,
    "aggregate": service_calls.SPARK,
    "load_warehouse": service_calls.SECRETS,
}
"""What is called for a job that its script's syntax does not show, and not for every job."""
JOBS = {
    f"Job nf1-dev-{step.name}": (
        f"glue_scripts/{step.name}.py",
        (*service_calls.JOB, *BESIDE_ITS_SCRIPT.get(step.name, ())),
    )
    for step in PIPELINE.of(Kind.JOB)
}
PUBLISHER = (*service_calls.FUNCTION, *service_calls.PUBLISHER)
FUNCTIONS = {
    **{
        f"Function nf1-dev-publish_outcome-{lane}": (f"lambdas/publish_outcome/{lane}.py", PUBLISHER)
        for lane in ("glue", "stepfunctions", "airflow")
    },
    "Function nf1-dev-start_workflow": (
        "lambdas/start_workflow/handler.py",
        (*service_calls.FUNCTION, *service_calls.FROM_QUEUE),
    ),
    "Function nf1-dev-start_dag": ("lambdas/start_dag/handler.py", service_calls.FUNCTION),
}
SERVICES = {
    "Crawls into nf1_dev_raw": service_calls.CRAWLER,
    "Crawls into nf1_dev_curated_glue": service_calls.CRAWLER,
    "Crawls into nf1_dev_curated_stepfunctions": service_calls.CRAWLER,
    "Crawls into nf1_dev_curated_airflow": service_calls.CRAWLER,
    "COPY from the curated lake": service_calls.COPY,
    "VPC flow log": service_calls.FLOW_LOG,
    "MWAA environment nf1-dev-airflow": service_calls.ENVIRONMENT,
    "Starts the state machine": (
        ServiceCalls(
            actions=("states:StartExecution",),
            source=f"{service_calls.GUIDE}/eventbridge/latest/userguide/eb-use-identity-based.html",
        ),
    ),
}
MACHINE = "State machine nf1-dev-csv_to_parquet"


def all_roles(template: Templates) -> dict[str, Role]:
    found = [role for stack in STACKS for role in roles_of(stack, template(stack))]
    named = {role.description: role for role in found}
    assert len(named) == len(found), "roles are told apart by their descriptions"
    return named


def actions_of(rows: Iterable[ServiceCalls]) -> set[str]:
    return {action for row in rows for action in row.actions}


def by_integrations(template: Templates) -> set[str]:
    text = json.dumps(definition_of(template("NF1-StepFunctions-Lab")))
    used = {part.split('"')[0].split(":::")[1] for part in text.split('"Resource": "')[1:]}
    return actions_of(service_calls.INTEGRATIONS[name] for name in used)


def expected(template: Templates) -> dict[str, set[str]]:
    coded = {name: actions_called_by(entry) | actions_of(rows) for name, (entry, rows) in (JOBS | FUNCTIONS).items()}
    served = {name: actions_of(rows) for name, rows in SERVICES.items()}
    return coded | served | {MACHINE: by_integrations(template) | actions_of(service_calls.MACHINE)}


def test_each_role_allows_what_is_called_and_nothing_else(template: Templates) -> None:
    roles, wanted = all_roles(template), expected(template)
    assert set(roles) == set(wanted), "a role without a row here, or a row without its role"
    for name, role in roles.items():
        assert (sorted(role.actions - wanted[name]), sorted(wanted[name] - role.actions)) == ([], []), name


def test_the_comparison_sees_a_call_that_is_not_allowed_and_a_grant_that_nobody_calls(tmp_path: Path) -> None:
    entry = tmp_path / "entry.py"
    entry.write_text("import boto3\ns3 = boto3.client('s3')\ns3.get_object(Bucket='b', Key='k')\nself.put_object()\n")
    assert actions_called_by(str(entry)) == {"s3:GetObject"}
    entry.write_text("import boto3\ns3 = boto3.client('s3')\nevery(s3.put_object, 'Items')\n")
    assert actions_called_by(str(entry)) == {"s3:PutObject"}, "whoever calls it"
    assert "redshift-data:CancelStatement" in actions_called_by("glue_scripts/load_warehouse.py"), "a rare path counts"
    assert "s3:AbortMultipartUpload" not in actions_called_by("glue_scripts/load_warehouse.py")


def test_every_action_is_spelled_as_an_operation_or_known_not_to_be_one(template: Templates) -> None:
    """A misspelt action allows nothing, and IAM takes it without a word."""
    services: Any = botocore.session.get_session()
    names = {"states": "stepfunctions", "airflow": "mwaa"}
    # Service Authorization Reference: permissions whose names are no operations of the SDK.
    others = {
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:GetObjectVersion",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetEncryptionConfiguration",
        "lambda:InvokeFunction",
        "logs:GetLogGroupFields",
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "glue:NotifyEvent",
    }
    for role in all_roles(template).values():
        for action in role.actions - others:
            prefix, name = action.split(":")
            assert name in services.get_service_model(names.get(prefix, prefix)).operation_names, action


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_services_assume_a_role_for_this_account_only(template: Templates, region: str) -> None:
    for stack in STACKS:
        for role in roles_of(stack, template(stack, region)):
            for statement in role.trust:
                for service in as_list(statement["Principal"]["Service"]):
                    said = "StringEquals" if str(service).split(".")[0] in DOCUMENTED else "StringEqualsIfExists"
                    [account] = statement["Condition"][said].values()
                    assert (statement["Action"], account) == ("sts:AssumeRole", "123456789012"), role.description


def test_metrics_go_to_glues_namespace_and_statements_are_ones_own(template: Templates) -> None:
    for name in JOBS:
        [metrics] = [one for one in all_roles(template)[name].statements if "cloudwatch:PutMetricData" in one["Action"]]
        assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Glue"}}


def test_every_row_of_what_services_call_has_its_source() -> None:
    rows = [row for group in vars(service_calls).values() if isinstance(group, tuple) for row in group]
    assert rows
    for row in rows:
        assert isinstance(row, ServiceCalls)
        assert row.source.startswith((service_calls.GUIDE, service_calls.AIRFLOW, service_calls.ASSUMED)), row
