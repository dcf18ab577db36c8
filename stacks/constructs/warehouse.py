"""Redshift Serverless in isolated subnets, reached through the Data API only."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as redshift
from constructs import Construct

from config.settings import Settings
from stacks.constructs.network import Network
from stacks.constructs.protection import Protection

ADMIN = "admin"


class Warehouse(Construct):
    """`workgroup_arn`, and `admin_secret` with the pattern of its ARN.

    No password is known to anyone: Redshift has Secrets Manager make and rotate it. CloudFormation cannot tell the
    secret's ARN (Fn::GetAtt lacks it), but its name is fixed, and the Data API takes a name as well.

    The namespace holds the data and may outlive its stack; the workgroup is compute in subnets that go, and goes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        network: Network,
        copy_role: iam.IRole,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id)
        name, key = settings.names.warehouse, protection.key
        namespace = redshift.CfnNamespace(
            self,
            "Namespace",
            namespace_name=name,
            db_name=settings.redshift.database,
            admin_username=ADMIN,
            manage_admin_password=True,
            admin_password_secret_kms_key_id=key.key_arn,
            kms_key_id=key.key_arn,
            iam_roles=[copy_role.role_arn],
            log_exports=["userlog", "connectionlog", "useractivitylog"],
        )
        namespace.apply_removal_policy(protection.removal)
        # No inbound rule at all: the Data API does not come through the VPC.
        closed = ec2.SecurityGroup(
            self,
            "Closed",
            vpc=network.vpc,
            description="No way in; the way out is S3 and AWS",
            allow_all_outbound=False,
        )
        closed.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS endpoints")
        workgroup = redshift.CfnWorkgroup(
            self,
            "Workgroup",
            workgroup_name=name,
            namespace_name=namespace.namespace_name,
            base_capacity=settings.redshift.base_capacity_rpu,
            enhanced_vpc_routing=True,
            publicly_accessible=False,
            subnet_ids=[subnet.subnet_id for subnet in network.warehouse_subnets],
            security_group_ids=[closed.security_group_id],
            config_parameters=[
                redshift.CfnWorkgroup.ConfigParameterProperty(parameter_key="require_ssl", parameter_value="true")
            ],
        )
        workgroup.add_resource_dependency(namespace)
        self.workgroup_arn = workgroup.attr_workgroup_workgroup_arn
        self.admin_secret = f"redshift!{name}-{ADMIN}"
        # Secrets Manager ends each ARN with six characters of its own.
        self.admin_secret_arns = cdk.Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{self.admin_secret}-??????",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
