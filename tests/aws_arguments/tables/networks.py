"""Networks of EC2."""

from typing import Any

from aws_arguments.documents import resource_policy
from aws_arguments.rules import (
    Call,
    Members,
    Rule,
    To,
    each,
    pairs,
    prefixed,
    rule,
    spelt,
    tag_specification,
)

_TEXT = spelt(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_NAME = spelt(r"(?!sg-)[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html; the text of
a rule has the same signs."""
_GROUP = {"GroupId": "sg-0123456789abcdef0"}


def _value(member: str) -> To:
    """An attribute that EC2 takes as a structure with one value."""
    return To(member, lambda value: {"Value": value})


def _each(target: str, member: str) -> To:
    """A list of texts as a list of structures."""
    return To(target, each(lambda value: {member: value}))


def _tags(kind: str) -> dict[str, To]:
    return {"tags": tag_specification(kind)}


def _sources(path: str) -> Members:
    """Ports and sources of rules that stand in lists."""
    return {
        f"{path}protocol": "IpProtocol",
        f"{path}cidrBlocks": _each("IpRanges", "CidrIp"),
        f"{path}ipv6CidrBlocks": _each("Ipv6Ranges", "CidrIpv6"),
        f"{path}prefixListIds": _each("PrefixListIds", "PrefixListId"),
    }


def _inline_sources(path: str) -> Members:
    return {**_sources(path), f"{path}securityGroups": _each("UserIdGroupPairs", "GroupId")}


_INLINE = (
    Call(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {"ingress": "IpPermissions", **_inline_sources("ingress.")},
        _GROUP,
    ),
    Call(
        "ec2",
        "AuthorizeSecurityGroupEgress",
        {"egress": "IpPermissions", **_inline_sources("egress.")},
        _GROUP,
    ),
)
_INLINE_OWN = "revokeRulesOnDelete ingress.self ingress.description egress.self egress.description"


def _one_rule(direction: str) -> Rule:
    return rule(
        Call(
            "ec2",
            f"AuthorizeSecurityGroup{direction}",
            {
                "securityGroupId": "/GroupId",
                "tags": To("/TagSpecifications", tag_specification("security-group-rule").convert),
                "cidrIpv4": "IpRanges.CidrIp",
                "cidrIpv6": "Ipv6Ranges.CidrIpv6",
                "description": "IpRanges.Description",
                "prefixListId": "PrefixListIds.PrefixListId",
                "referencedSecurityGroupId": "UserIdGroupPairs.GroupId",
            },
            at="IpPermissions",
        ),
        checks={"description": _TEXT},
    )


def _filter(name: str) -> To:
    def convert(value: Any) -> Any:
        return [{"Name": name, "Values": [value]}]

    return To("Filters", convert)


NETWORKS: dict[str, Rule] = {
    "aws:ec2/vpc:Vpc": rule(
        Call(
            "ec2",
            "CreateVpc",
            {**_tags("vpc"), "assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        ),
        Call(
            "ec2",
            "ModifyVpcAttribute",
            {
                "enableDnsHostnames": _value("EnableDnsHostnames"),
                "enableDnsSupport": _value("EnableDnsSupport"),
                "enableNetworkAddressUsageMetrics": _value("EnableNetworkAddressUsageMetrics"),
            },
            {"VpcId": "vpc-0123456789abcdef0"},
        ),
    ),
    "aws:ec2/subnet:Subnet": rule(
        Call("ec2", "CreateSubnet", _tags("subnet")),
        Call(
            "ec2",
            "ModifySubnetAttribute",
            {
                "assignIpv6AddressOnCreation": _value("AssignIpv6AddressOnCreation"),
                "enableDns64": _value("EnableDns64"),
                "mapPublicIpOnLaunch": _value("MapPublicIpOnLaunch"),
                "privateDnsHostnameTypeOnLaunch": "PrivateDnsHostnameTypeOnLaunch",
            },
            {"SubnetId": "subnet-0123456789abcdef0"},
        ),
    ),
    "aws:ec2/routeTable:RouteTable": rule(Call("ec2", "CreateRouteTable", _tags("route-table"))),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": rule(Call("ec2", "AssociateRouteTable")),
    "aws:ec2/route:Route": rule(
        Call("ec2", "CreateRoute", {"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"})
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": rule(
        Call("ec2", "CreateVpcEndpoint", {**_tags("vpc-endpoint"), "policy": "PolicyDocument"}),
        own="autoAccept",
        checks={"policy": resource_policy},
    ),
    "aws:ec2/internetGateway:InternetGateway": rule(
        Call("ec2", "CreateInternetGateway", _tags("internet-gateway")),
        Call(
            "ec2",
            "AttachInternetGateway",
            {"vpcId": "VpcId"},
            {"InternetGatewayId": "igw-0123456789abcdef0"},
        ),
    ),
    "aws:ec2/natGateway:NatGateway": rule(
        Call("ec2", "CreateNatGateway", {**_tags("natgateway"), "privateIp": "PrivateIpAddress"})
    ),
    "aws:ec2/eip:Eip": rule(
        Call("ec2", "AllocateAddress", _tags("elastic-ip")),
        Call(
            "ec2",
            "AssociateAddress",
            {
                "instance": "InstanceId",
                "networkInterface": "NetworkInterfaceId",
                "associateWithPrivateIp": "PrivateIpAddress",
            },
        ),
    ),
    "aws:ec2/securityGroup:SecurityGroup": rule(
        Call(
            "ec2",
            "CreateSecurityGroup",
            {
                **_tags("security-group"),
                "name": "GroupName",
                "namePrefix": prefixed("GroupName"),
            },
            {"Description": "Managed by Pulumi"},
        ),
        *_INLINE,
        own=_INLINE_OWN,
        checks={"name": _NAME, "description": _TEXT},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": rule(
        Call("ec2", "DescribeSecurityGroups", {"vpcId": _filter("vpc-id")}),
        Call(
            "ec2",
            "CreateTags",
            {"tags": To("Tags", pairs("Key", "Value"))},
            {"Resources": ["sg-0123456789abcdef0"]},
        ),
        *_INLINE,
        own=_INLINE_OWN,
    ),
    "aws:ec2/securityGroupRule:SecurityGroupRule": rule(
        Call(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {
                "securityGroupId": "/GroupId",
                "description": "IpRanges.Description",
                "sourceSecurityGroupId": "UserIdGroupPairs.GroupId",
                **_sources(""),
            },
            at="IpPermissions",
        ),
        own="type self",
        checks={"description": _TEXT},
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _one_rule("Ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _one_rule("Egress"),
}
