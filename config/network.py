"""Settings of the VPC: its address block, its zones and its way out."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from config.plain import Pattern
from config.section import Section

LARGEST_PREFIX, SMALLEST_PREFIX = 16, 24
"""AWS takes blocks of /16 to /28; seven subnets with room for MWAA and Redshift need at least a /24."""


def address_block(value: str) -> str:
    """An IPv4 network without host bits; raises ValueError with the remedy."""
    try:
        IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no IPv4 block ({error}); give one like 10.42.0.0/16") from None
    return value


def vpc_block(value: str) -> str:
    """A private block of a size that AWS takes and seven subnets fit in."""
    block = IPv4Network(value)
    if not LARGEST_PREFIX <= block.prefixlen <= SMALLEST_PREFIX:
        raise ValueError(f"{value!r} is a /{block.prefixlen}; give a block of /{LARGEST_PREFIX} to /{SMALLEST_PREFIX}")
    if not block.is_private:
        raise ValueError(f"{value!r} is public address space; give a block of 10/8, 172.16/12 or 192.168/16")
    return value


BLOCK: dict[str, Any] = {
    "pattern": r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$",
    "patternErrorMessage": "give a block like 10.42.0.0/16",
}
"""What an address block looks like, for editors."""
Block = Annotated[str, AfterValidator(address_block), Field(json_schema_extra=BLOCK)]
Zone = Annotated[str, Pattern("[a-f]", "the letter of an availability zone, a to f")]


class NetworkSettings(Section):
    """Two zones with a public, a private and an isolated subnet each, and one more for the warehouse."""

    cidr: Annotated[Block, AfterValidator(vpc_block)]
    reserved_cidrs: tuple[Block, ...] = ()
    """Blocks of peers and offices, which the VPC must not overlap."""
    zones: tuple[Zone, Zone] = ("a", "b")
    """Letters of the two availability zones; named, because a look-up would need an account at synth."""
    zones_of_region: tuple[Zone, ...] = ()
    """The letters that there are, where every account has the same (config/regions/); empty: not known at synth."""
    warehouse_zone: Zone = "c"
    """A third zone, with an isolated subnet only: Redshift Serverless takes no fewer than three."""
    egress: Literal["nat", "endpoints"]
    """How private subnets reach AWS: one NAT gateway, or interface endpoints and no internet at all."""

    @model_validator(mode="after")
    def _disjoint(self) -> NetworkSettings:
        own = IPv4Network(self.cidr)
        overlapping = [block for block in self.reserved_cidrs if own.overlaps(IPv4Network(block))]
        if overlapping:
            raise ValueError(f"cidr {self.cidr} overlaps reserved_cidrs {', '.join(overlapping)}; choose a free block")
        zones = (*self.zones, self.warehouse_zone)
        if len(set(zones)) < len(zones):
            raise ValueError(
                f"zones and warehouse_zone are {', '.join(zones)}; name three different ones, e.g. a, b, c"
            )
        if self.zones_of_region and (absent := [zone for zone in zones if zone not in self.zones_of_region]):
            raise ValueError(
                f"zones and warehouse_zone are {', '.join(zones)}, and the region has "
                f"{', '.join(self.zones_of_region)} and no {', '.join(absent)}; name three that it has"
            )
        return self
