"""What matters in NF1-Redshift: no way in, no known password, and a COPY that reads committed data only."""

from collections.abc import Callable
from typing import Any

from aws_cdk.assertions import Match, Template

from tests.infrastructure.graph import resources

Templates = Callable[..., dict[str, Any]]


def test_the_workgroup_is_private_in_three_isolated_subnets(template: Templates) -> None:
    [workgroup] = resources(template("NF1-Redshift"), "AWS::RedshiftServerless::Workgroup")
    assert workgroup["WorkgroupName"] == "nf1-dev-warehouse"
    assert workgroup["PubliclyAccessible"] is False
    assert workgroup["EnhancedVpcRouting"] is True
    assert workgroup["BaseCapacity"] == 8
    assert len(workgroup["SubnetIds"]) == 3
    outputs = [subnet["Fn::GetStackOutput"]["OutputName"] for subnet in workgroup["SubnetIds"]]
    assert all("solated" in name for name in outputs), outputs


def test_nothing_may_connect_to_it(template: Templates) -> None:
    [group] = resources(template("NF1-Redshift"), "AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    Template.from_json(template("NF1-Redshift")).resource_count_is("AWS::EC2::SecurityGroupIngress", 0)


def test_secrets_manager_holds_the_only_password(template: Templates) -> None:
    Template.from_json(template("NF1-Redshift")).has_resource_properties(
        "AWS::RedshiftServerless::Namespace",
        {
            "ManageAdminPassword": True,
            "AdminUserPassword": Match.absent(),
            "AdminPasswordSecretKmsKeyId": Match.any_value(),
            "KmsKeyId": Match.any_value(),
            "DbName": "warehouse",
        },
    )


def test_copy_reads_committed_data_and_manifests_only(template: Templates) -> None:
    [policy] = resources(template("NF1-Redshift"), "AWS::IAM::Policy")
    bucket = "arn:aws:s3:::nf1-dev-data-123456789012-us-east-1"
    by_action = {str(statement["Action"]): statement["Resource"] for statement in policy["PolicyDocument"]["Statement"]}
    assert set(by_action) == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}
    assert by_action["s3:GetObject"] == [f"{bucket}/aggregates/*", f"{bucket}/curated/*", f"{bucket}/loads/*"]
