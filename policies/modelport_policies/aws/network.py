"""Rules about networks on AWS: which ports the internet reaches, and what the way out costs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelport_policies.openings import admin_ports, is_everywhere
from modelport_policies.relations import at_most, of_type, refers, without_partner
from modelport_policies.rule import (
    ADVICE,
    DEV_ONLY,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, items, number, read, text

_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_NAT = "aws:ec2/natGateway:NatGateway"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_ADDRESS = "aws:ec2/eip:Eip"
_ASSOCIATION = "aws:ec2/eipAssociation:EipAssociation"
_WEB = (80.0, 443.0)
_RANGES = ("cidrBlocks", "ipv6CidrBlocks")
_ALL_PROTOCOLS = ("-1", "all")


def _open_ranges(resource: Resource) -> Iterator[tuple[str, float, float]]:
    """Words for the place, and the ports that every address reaches."""
    if resource.type == _GROUP:
        for index, found in items(resource.properties, "ingress"):
            if isinstance(found, Mapping):
                yield from _listed(found, f"ingress[{index}].")
    elif resource.type == _RULE:
        if text(resource.properties, "type") == "ingress":
            yield from _listed(resource.properties, "")
    else:
        for key in ("cidrIpv4", "cidrIpv6"):
            if is_everywhere(read(resource.properties, key)):
                yield (key, *_ports(resource.properties, "ipProtocol"))


def _listed(found: Mapping[str, Any], place: str) -> Iterator[tuple[str, float, float]]:
    for key in _RANGES:
        for index, range_ in items(found, key):
            if is_everywhere(range_):
                yield (f"{place}{key}[{index}]", *_ports(found, "protocol"))


def _ports(found: Mapping[str, Any], protocol: str) -> tuple[float, float]:
    """First and last port; none at all while one is unknown."""
    if text(found, protocol) in _ALL_PROTOCOLS:
        return 0, 65535
    low, high = number(found, "fromPort"), number(found, "toPort")
    if UNKNOWN in (low, high):
        return 1, 0
    low = low if isinstance(low, float) else 0
    return low, high if isinstance(high, float) else 65535


def _administration(resource: Resource, _: Settings) -> Iterator[str]:
    for place, low, high in _open_ranges(resource):
        ports = admin_ports(low, high)
        if ports:
            yield f"opens {', '.join(ports)} to the internet in {place}"


def _other_ports(resource: Resource, _: Settings) -> Iterator[str]:
    for place, low, high in _open_ranges(resource):
        if low <= high and not (low == high and low in _WEB) and not admin_ports(low, high):
            yield f"opens the ports {low:g} to {high:g} to the internet in {place}"


def _free_way(resources: Sequence[Resource], _: Settings) -> Iterator[str]:
    if not of_type(resources, _NAT):
        return
    names = [text(item.properties, "serviceName") for item in of_type(resources, _ENDPOINT)]
    if not any(name is UNKNOWN or str(name).endswith(".s3") for name in names):
        yield "has a NAT gateway, but no gateway endpoint of S3: models are pulled through the NAT"


def _held(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    addresses = [
        item
        for item in of_type(resources, _ADDRESS)
        if read(item.properties, "instance") is MISSING
        and read(item.properties, "networkInterface") is MISSING
    ]
    users = [item for item in resources if item.type in (_NAT, _ASSOCIATION)]
    for address in without_partner(addresses, users, ("allocationId",), ("id",)):
        if not any(refers(item, address, ("publicIp",), ("publicIp",)) for item in users):
            yield address, "is attached to nothing of the stack, and is paid for by the hour"


def _group(**changes: object) -> dict[str, object]:
    whole = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}
    return {"ingress": [whole | changes]}


def _rule(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "ipProtocol": "tcp",
        "fromPort": 22,
        "toPort": 22,
        "cidrIpv4": "10.0.0.0/8",
    }
    return whole | changes


_TWINS = (_GROUP, _RULE, _INGRESS)
_READ = (
    Reads("ingress[].cidrBlocks[]", "passes"),
    Reads("ingress[].ipv6CidrBlocks[]", "passes"),
    Reads("cidrBlocks[]", "passes"),
    Reads("ipv6CidrBlocks[]", "passes"),
    Reads("cidrIpv4", "passes"),
    Reads("cidrIpv6", "passes"),
)
_EVERYWHERE = "0.0.0.0/0"

NO_OPEN_ADMINISTRATION = Rule(
    id="ec2-sg-no-open-admin-ports",
    title="The internet reaches no port of administration.",
    severity="critical",
    types=_TWINS,
    rationale="such ports are found within minutes, and behind some nobody asks for a password",
    fix='cidr_blocks=["10.0.0.0/8"], or AWS Systems Manager in place of SSH',
    sources=("AWS Security Hub EC2.19", "CIS AWS 6.0 6.3", "CKV_AWS_24", "CKV_AWS_25"),
    reads=_READ,
    passes=Sample(_GROUP, _group()),
    fails=Sample(_GROUP, _group(fromPort=22, toPort=22, cidrBlocks=[_EVERYWHERE])),
    also_passes=(
        Sample(_GROUP, _group(cidrBlocks=[_EVERYWHERE])),
        Sample(_INGRESS, _rule()),
        Sample(_INGRESS, _rule(fromPort=23, toPort=2374, cidrIpv4=_EVERYWHERE)),
        Sample(_RULE, {"type": "egress", "protocol": "-1", "cidrBlocks": [_EVERYWHERE]}),
    ),
    also_fails=(
        Sample(_GROUP, _group(protocol="-1", fromPort=0, toPort=0, ipv6CidrBlocks=["::/0"])),
        Sample(_GROUP, _group(fromPort=8000, toPort=9000, cidrBlocks=["10.0.0.0/8", "0.0.0.0/1"])),
        Sample(
            _RULE,
            {
                "type": "ingress",
                "protocol": "tcp",
                "fromPort": 22,
                "toPort": 22,
                "cidrBlocks": [_EVERYWHERE],
            },
        ),
        *(
            Sample(_INGRESS, _rule(fromPort=port, toPort=port, cidrIpv4=_EVERYWHERE))
            for port in (22, 2375, 3389, 5000, 6443, 8265, 8888, 9090)
        ),
        Sample(_INGRESS, _rule(cidrIpv4=None, cidrIpv6="::/0")),
        Sample(_INGRESS, {"ipProtocol": "-1", "cidrIpv4": _EVERYWHERE}),
    ),
    check=_administration,
)

ONLY_WEB_OPEN = Rule(
    id="ec2-sg-authorized-ports-only",
    title="The internet reaches ports 80 and 443, and no others.",
    severity="high",
    types=_TWINS,
    rationale="a model server on a port of its own has no TLS and no balancer before it",
    fix="a load balancer with HTTPS before it, and source_security_group_id of that balancer",
    sources=("AWS Security Hub EC2.18", "CKV_AWS_260"),
    reads=_READ,
    passes=Sample(_GROUP, _group(fromPort=3000, toPort=3000)),
    fails=Sample(_GROUP, _group(fromPort=8080, toPort=8080, cidrBlocks=[_EVERYWHERE])),
    also_passes=(
        Sample(_GROUP, _group(fromPort=80, toPort=80, cidrBlocks=[_EVERYWHERE])),
        Sample(_GROUP, _group(cidrBlocks=[_EVERYWHERE])),
    ),
    also_fails=(
        Sample(_GROUP, _group(fromPort=80, toPort=443, cidrBlocks=[_EVERYWHERE])),
        Sample(_INGRESS, _rule(fromPort=3000, toPort=3000, cidrIpv4=_EVERYWHERE)),
    ),
    check=_other_ports,
)

ONE_NAT_IN_DEV = Rule(
    id="cost-single-nat-dev",
    title="In dev one NAT gateway is enough.",
    severity="medium",
    types=(_NAT,),
    rationale="each costs about 33 USD a month before a byte goes through",
    fix="one NatGateway for all subnets in dev, or VPC endpoints and none",
    sources=("Amazon VPC pricing, 'NAT Gateway'", "cleancloud nat_gateway_idle"),
    levels=DEV_ONLY,
    parameters={"most": Parameter(1, "largest number of NAT gateways in the stack")},
    passes=Sample(_NAT, {"subnetId": "subnet-1"}),
    fails=Sample(_NAT, {"subnetId": "subnet-1"}, beside=(Sample(_NAT, {"subnetId": "subnet-2"}),)),
    stack_check=at_most(_NAT, "NAT gateways; each costs about 33 USD a month"),
)

S3_WITHOUT_NAT = Rule(
    id="cost-s3-gateway-endpoint",
    title="Beside a NAT gateway S3 has its free endpoint.",
    severity="medium",
    types=(_NAT, _ENDPOINT),
    rationale="every image layer and model that is pulled costs 0.045 USD per GB through the NAT",
    fix='aws.ec2.VpcEndpoint(…, service_name="com.amazonaws.<region>.s3", route_table_ids=[…])',
    sources=("AWS Security Hub EC2.10 (analogue)", "Amazon VPC pricing, 'NAT Gateway'"),
    levels=ADVICE,
    passes=Sample(
        _NAT,
        {"subnetId": "subnet-1"},
        beside=(Sample(_ENDPOINT, {"serviceName": "com.amazonaws.eu-west-1.s3"}),),
    ),
    fails=Sample(_NAT, {"subnetId": "subnet-1"}),
    also_passes=(Sample(_ENDPOINT, {"serviceName": "com.amazonaws.eu-west-1.ecr.api"}),),
    also_fails=(
        Sample(
            _NAT,
            {"subnetId": "subnet-1"},
            beside=(Sample(_ENDPOINT, {"serviceName": "com.amazonaws.eu-west-1.ecr.api"}),),
        ),
    ),
    stack_check=_free_way,
)

ADDRESS_USED = Rule(
    id="cost-public-ipv4",
    title="A public address is attached to something.",
    severity="low",
    types=(_ADDRESS, _NAT, _ASSOCIATION),
    rationale="an address costs 0.005 USD an hour, used or not",
    fix="allocation_id=address.id where it is used, or no Eip",
    sources=("Amazon VPC pricing, 'Public IPv4 Address'",),
    levels=ADVICE,
    passes=Sample(_ADDRESS, {"instance": "i-1"}),
    fails=Sample(_ADDRESS, {"domain": "vpc"}),
    also_passes=(
        Sample(_ADDRESS, {"networkInterface": "eni-1"}),
        Sample(_NAT, {"subnetId": "subnet-1"}),
    ),
    stack_check=_held,
)

SECURITY = (NO_OPEN_ADMINISTRATION, ONLY_WEB_OPEN)
COST = (ONE_NAT_IN_DEV, S3_WITHOUT_NAT, ADDRESS_USED)
