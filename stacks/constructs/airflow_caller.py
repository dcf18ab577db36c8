"""From where functions call Airflow: anywhere if its web server is public, else the VPC that it stands in.

MWAA reaches a private web server through an interface endpoint in the environment's VPC. Whether InvokeRestApi, a call
of MWAA's own API, also reaches it from outside is documented nowhere; from inside it does in any case, so that is where
the functions stand then. What an account must tell is in local_aws/CHECKED.md.
https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from config.settings import Settings
from stacks.access.grants import Grant, allow
from stacks.constructs.network import PRIVATE

AIRFLOW_ROLE = "User"
"""The least of Airflow's roles that may start a DAG run and see runs and tasks."""
PRIVATE_ONLY = "PRIVATE_ONLY"


class AirflowCallers(Construct):
    """`placement` for a function that calls Airflow, and `members`, the security group of such functions, if any.

    `vpc` is Airflow's.
    """

    def __init__(self, scope: Construct, id: str, *, vpc: ec2.IVpc, settings: Settings) -> None:
        super().__init__(scope, id)
        self._environment = settings.names.airflow_environment
        self.members: ec2.SecurityGroup | None = None
        self.vpc = vpc
        if settings.airflow.web_server_access == PRIVATE_ONLY:
            self.members = ec2.SecurityGroup(
                self, "Members", vpc=vpc, description="Functions that call Airflow", allow_all_outbound=False
            )
            self.members.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Airflow and AWS endpoints")

    @property
    def placement(self) -> dict[str, object]:
        """Arguments of a function."""
        if not self.members:
            return {}
        return {"vpc": self.vpc, "vpc_subnets": PRIVATE, "security_groups": [self.members]}

    def may_stand_there(self, role: iam.Role) -> None:
        """What Lambda does in the role's name for a function in a VPC."""
        if self.members:
            allow(
                role,
                Grant(
                    actions=(
                        "ec2:AssignPrivateIpAddresses",
                        "ec2:CreateNetworkInterface",
                        "ec2:DeleteNetworkInterface",
                        "ec2:DescribeNetworkInterfaces",
                        "ec2:DescribeSubnets",
                        "ec2:UnassignPrivateIpAddresses",
                    ),
                    resources=("*",),
                    reason="Lambda makes and names the interfaces itself (Lambda guide, functions in a VPC)",
                ),
            )

    def may_call(self, role: iam.Role) -> None:
        """Airflow's REST API."""
        arn = cdk.Stack.of(self).format_arn(service="airflow", resource=f"role/{self._environment}/{AIRFLOW_ROLE}")
        allow(role, Grant(actions=("airflow:InvokeRestApi",), resources=(arn,)))
