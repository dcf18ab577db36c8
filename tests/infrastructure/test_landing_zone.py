"""What matters in NF1-LandingZone: three kinds of subnets, no bucket in the clear, a trail that can't be altered."""

import json
from collections.abc import Callable
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from config.loading import load_settings
from stacks.app import make_app
from tests.infrastructure.graph import resources


@pytest.fixture
def zone(template: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return template("NF1-LandingZone")


def test_two_zones_have_public_private_and_isolated_subnets_and_a_third_is_isolated(zone: dict[str, Any]) -> None:
    subnets = resources(zone, "AWS::EC2::Subnet")
    groups = {
        kind: sorted(
            subnet["AvailabilityZone"]
            for subnet in subnets
            if {"Key": "aws-cdk:subnet-name", "Value": kind} in subnet["Tags"]
        )
        for kind in ("public", "private", "isolated")
    }
    assert groups == {kind: ["us-east-1a", "us-east-1b"] for kind in groups}
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    blocks = [IPv4Network(subnet["CidrBlock"]) for subnet in subnets]
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))


def test_only_private_subnets_have_a_way_out_through_nat(zone: dict[str, Any]) -> None:
    template = Template.from_json(zone)
    template.resource_count_is("AWS::EC2::NatGateway", 1)
    routed = [route["RouteTableId"]["Ref"] for route in resources(zone, "AWS::EC2::Route") if "NatGatewayId" in route]
    assert len(routed) == 2
    assert all("private" in table for table in routed)


def test_with_endpoints_there_is_no_nat_and_no_private_route_out(tmp_path: Any) -> None:
    settings = load_settings(environment="dev", environ={})
    network = settings.network.model_copy(update={"egress": "endpoints"})
    make_app(settings.model_copy(update={"network": network}), outdir=tmp_path, validate=False).synth()
    template = Template.from_json(json.loads((tmp_path / "NF1-LandingZone.template.json").read_text()))
    template.resource_count_is("AWS::EC2::NatGateway", 0)
    template.resource_count_is("AWS::EC2::VPCEndpoint", 12)


def test_the_s3_endpoint_serves_every_private_and_isolated_subnet(zone: dict[str, Any]) -> None:
    [endpoint] = resources(zone, "AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert len(endpoint["RouteTableIds"]) == 5


def test_the_logging_bucket_is_private_versioned_and_tls_only(zone: dict[str, Any]) -> None:
    template = Template.from_json(zone)
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": "nf1-dev-logs-123456789012-us-east-1",
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            # Server access logs can't be delivered to a bucket with a customer key.
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        },
    )
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})]
                )
            }
        },
    )


def test_the_trail_covers_all_regions_and_is_validated_and_encrypted(zone: dict[str, Any]) -> None:
    Template.from_json(zone).has_resource_properties(
        "AWS::CloudTrail::Trail",
        {
            "TrailName": "nf1-dev-trail-us-east-1",
            "IsMultiRegionTrail": True,
            "EnableLogFileValidation": True,
            "KMSKeyId": Match.any_value(),
            "IsLogging": True,
        },
    )


def test_the_key_rotates_and_no_service_may_use_it_for_others(zone: dict[str, Any]) -> None:
    [key] = resources(zone, "AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    for statement in key["KeyPolicy"]["Statement"]:
        assert "AWS" in statement["Principal"] or "Condition" in statement, statement


def test_flow_logs_are_kept_for_the_configured_days(zone: dict[str, Any]) -> None:
    template = Template.from_json(zone)
    template.has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "ALL"})
    template.has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 14, "KmsKeyId": Match.any_value()})
