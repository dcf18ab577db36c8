"""Types that the deployer passes over, each with its reason: what runs locally does not need them.

A resource of these types still gets an id and attributes, so that others can refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from local_aws.deployer.assembly.resource import Created, Place, generated_name

_NETWORK = "everything runs on one machine; there is no network to shape"

NOT_EMULATED: dict[str, str] = {
    "AWS::EC2::VPC": _NETWORK,
    "AWS::EC2::Subnet": _NETWORK,
    "AWS::EC2::RouteTable": _NETWORK,
    "AWS::EC2::Route": _NETWORK,
    "AWS::EC2::SubnetRouteTableAssociation": _NETWORK,
    "AWS::EC2::InternetGateway": _NETWORK,
    "AWS::EC2::VPCGatewayAttachment": _NETWORK,
    "AWS::EC2::NatGateway": _NETWORK,
    "AWS::EC2::EIP": _NETWORK,
    "AWS::EC2::VPCEndpoint": _NETWORK,
    "AWS::EC2::SecurityGroup": _NETWORK,
    "AWS::EC2::SecurityGroupIngress": _NETWORK,
    "AWS::EC2::SecurityGroupEgress": _NETWORK,
    "AWS::EC2::FlowLog": "there is no traffic to log",
    "AWS::CloudTrail::Trail": "the gateway records every call itself",
    "AWS::CloudWatch::Alarm": "no metrics are kept",
    "AWS::CloudWatch::Dashboard": "no metrics are kept",
    "AWS::Athena::WorkGroup": "there is no query engine over the catalog",
    "AWS::Athena::NamedQuery": "there is no query engine over the catalog",
    "AWS::Scheduler::Schedule": "nothing starts by the clock on a laptop",
    "AWS::Scheduler::ScheduleGroup": "nothing starts by the clock on a laptop",
    "AWS::Lambda::LayerVersion": "functions run with the packages of the project's own environment",
    "AWS::S3::BucketPolicy": "moto denies without reading conditions, so a TLS-only policy would close the bucket",
    "AWS::CDK::Metadata": "says which constructs were used, and to AWS only",
    "Custom::VpcRestrictDefaultSG": _NETWORK,
}

_PREFIXES = {
    "AWS::EC2::VPC": "vpc",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::SecurityGroup": "sg",
    "AWS::EC2::RouteTable": "rtb",
    "AWS::EC2::InternetGateway": "igw",
    "AWS::EC2::NatGateway": "nat",
    "AWS::EC2::EIP": "eipalloc",
    "AWS::EC2::VPCEndpoint": "vpce",
}


class _AnyAttribute(Mapping[str, str]):
    """Attributes of something that is not there: ids are its id, ARNs look like ARNs, the rest is named."""

    def __init__(self, ref: str, arn: str) -> None:
        self._ref, self._arn = ref, arn

    def __getitem__(self, name: str) -> str:
        if name.endswith("Arn"):
            return self._arn
        return self._ref if name.endswith("Id") else f"{self._ref}.{name}"

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def stand_in(*, stack: str, logical_id: str, kind: str, place: Place, generation: str = "") -> Created:
    """What others see of a resource that is not emulated."""
    name = generated_name(stack, logical_id, generation=generation)
    ref = f"{_PREFIXES[kind]}-{name[-12:].lower()}" if kind in _PREFIXES else name
    service = kind.split("::")[1].lower()
    return Created(ref=ref, attributes=_AnyAttribute(ref, place.arn(service, f"not-emulated/{ref}")))
