"""The VPC: public, private and isolated subnets in two zones, its way out, and its flow log.

Subnets are chosen by group name, never by type: with endpoints instead of NAT, "private" has no route out either.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from ipaddress import IPv4Network

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from config.network import NetworkSettings
from stacks.constructs.service_role import ServiceRole
from stacks.guards.acknowledgement import BUILT_IN, acknowledge

PRIVATE = ec2.SubnetSelection(subnet_group_name="private")
SUBNET_BITS = 3
"""Eight blocks: two zones by three groups, one for the third isolated subnet, one free."""
ENDPOINTS = {
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Monitoring": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Sns": ec2.InterfaceVpcEndpointAwsService.SNS,
    "Glue": ec2.InterfaceVpcEndpointAwsService.GLUE,
    "Lambda": ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
    "AirflowApi": ec2.InterfaceVpcEndpointAwsService("airflow.api"),
    "AirflowEnv": ec2.InterfaceVpcEndpointAwsService("airflow.env"),
    "AirflowOps": ec2.InterfaceVpcEndpointAwsService("airflow.ops"),
}
"""What MWAA needs without internet (MWAA User Guide, "Private routing"), and what the DAG calls."""


class Network(Construct):
    """`vpc`, and `warehouse_subnets` in three zones."""

    def __init__(self, scope: Construct, id: str, *, network: NetworkSettings, flow_log: logs.ILogGroup) -> None:
        super().__init__(scope, id)
        acknowledge(
            self, "W3010", by=BUILT_IN, reason="Zones are a setting: a look-up would need an account and AWS at synth"
        )
        region = cdk.Stack.of(self).region
        role = ServiceRole(self, "FlowLogRole", services=("vpc-flow-logs",), description="VPC flow log")
        nat = network.egress == "nat"
        mask = IPv4Network(network.cidr).prefixlen + SUBNET_BITS
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.cidr),
            availability_zones=[f"{region}{zone}" for zone in network.zones],
            nat_gateways=1 if nat else 0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", cidr_mask=mask, subnet_type=ec2.SubnetType.PUBLIC),
                ec2.SubnetConfiguration(
                    name="private",
                    cidr_mask=mask,
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS if nat else ec2.SubnetType.PRIVATE_ISOLATED,
                ),
                ec2.SubnetConfiguration(name="isolated", cidr_mask=mask, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            ],
            flow_logs={
                "All": ec2.FlowLogOptions(destination=ec2.FlowLogDestination.to_cloud_watch_logs(flow_log, role))
            },
        )
        third = ec2.Subnet(
            self,
            "ThirdIsolatedSubnet",
            vpc_id=self.vpc.vpc_id,
            availability_zone=f"{region}{network.warehouse_zone}",
            cidr_block=str(list(IPv4Network(network.cidr).subnets(prefixlen_diff=SUBNET_BITS))[6]),
            map_public_ip_on_launch=False,
        )
        self.warehouse_subnets = [*self.vpc.select_subnets(subnet_group_name="isolated").subnets, third]
        self.vpc.add_gateway_endpoint(
            "S3",
            service=ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[ec2.SubnetSelection(subnets=[*self.vpc.private_subnets, *self.vpc.isolated_subnets, third])],
        )
        if not nat:
            for name, service in ENDPOINTS.items():
                self.vpc.add_interface_endpoint(name, service=service, subnets=PRIVATE)
