"""Network: the one that exists already, or one for the deployment alone, in two zones."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account
from modelport.platforms.aws.place import EVERYWHERE, ZONES, Place

_RANGE = "10.64.0.0/20"
_PRIVATE, _PUBLIC = ("10.64.0.0/22", "10.64.4.0/22"), ("10.64.8.0/24", "10.64.9.0/24")
HTTP, TLS = 80, 443


@dataclass(frozen=True, slots=True)
class ServingNetwork:
    """Where a deployment runs."""

    vpc: pulumi.Input[str]
    range: pulumi.Input[str]
    """Addresses of the network."""
    private: list[pulumi.Input[str]]
    """Subnets for what runs the model."""
    public: list[pulumi.Input[str]]
    """Subnets for what the internet reaches; empty where nothing is."""
    storage: pulumi.Output[str] | None
    """Prefix list of S3 where it is reached by an endpoint; none in an existing network."""
    out: bool
    """Whether ways out to the internet may be used."""
    parts: list[pulumi.Resource]
    """What must be there before anything can start in it."""


def serving_network(plan: CloudPlan, where: Account, place: Place) -> ServingNetwork:
    """The network of a deployment."""
    if place.vpc is not None:
        found = aws.ec2.get_vpc_output(
            id=place.vpc,
            opts=where.asked,
        )
        return ServingNetwork(
            vpc=place.vpc,
            range=found.cidr_block,
            private=list(place.private_subnets),
            public=list(place.public_subnets),
            storage=None,
            out=True,
            parts=[],
        )
    return _Own(plan, where, place).make()


@dataclass(frozen=True, slots=True)
class _Own:
    """A network of its own."""

    plan: CloudPlan
    where: Account
    place: Place

    def make(self) -> ServingNetwork:
        """Private subnets with endpoints of what they need, and public ones where asked for."""
        plan, where, place = self.plan, self.where, self.place
        vpc = aws.ec2.Vpc(
            f"{plan.name}-network",
            cidr_block=_RANGE,
            enable_dns_support=True,
            enable_dns_hostnames=True,  # names of private endpoints need both
            tags=self._tags(),
            opts=where.opts,
        )
        # Whatever names no group of its own can do nothing.
        aws.ec2.DefaultSecurityGroup(
            f"{plan.name}-network-default", vpc_id=vpc.id, tags=plan.tags, opts=where.opts
        )
        zones = aws.get_availability_zones_output(
            state="available",
            filters=[
                aws.GetAvailabilityZonesFilterArgs(
                    name="opt-in-status", values=["opt-in-not-required"]
                )
            ],
            opts=where.asked,
        ).names
        private = self._subnets(vpc, zones, "private", _PRIVATE)
        public = self._subnets(vpc, zones, "public", _PUBLIC) if place.public else []
        table = self._routes(vpc, "private", private)
        parts: list[pulumi.Resource] = []
        if public:
            parts += self._internet(vpc, table, public)
        storage = aws.ec2.VpcEndpoint(
            f"{plan.name}-network-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{plan.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id],
            tags=self._tags(),
            opts=where.opts,
        )
        parts += [storage, *self._endpoints(vpc, private)]
        return ServingNetwork(
            vpc=vpc.id,
            range=_RANGE,
            private=[subnet.id for subnet in private],
            public=[subnet.id for subnet in public],
            storage=storage.prefix_list_id,
            out=place.nat,
            parts=parts,
        )

    def _tags(self) -> dict[str, str]:
        return {**self.plan.tags, "Name": self.plan.physical_name}

    def _subnets(
        self,
        vpc: aws.ec2.Vpc,
        zones: pulumi.Output[list[str]],
        which: str,
        ranges: tuple[str, ...],
    ) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self.plan.name}-{which}-{index}",
                vpc_id=vpc.id,
                cidr_block=ranges[index],
                availability_zone=zones[index],
                map_public_ip_on_launch=False,
                tags=self._tags(),
                opts=self.where.opts,
            )
            for index in range(ZONES)
        ]

    def _routes(
        self, vpc: aws.ec2.Vpc, which: str, subnets: list[aws.ec2.Subnet]
    ) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(
            f"{self.plan.name}-{which}-routes",
            vpc_id=vpc.id,
            tags=self._tags(),
            opts=self.where.opts,
        )
        for index, subnet in enumerate(subnets):
            aws.ec2.RouteTableAssociation(
                f"{self.plan.name}-{which}-routes-{index}",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self.where.opts,
            )
        return table

    def _internet(
        self, vpc: aws.ec2.Vpc, private: aws.ec2.RouteTable, public: list[aws.ec2.Subnet]
    ) -> list[pulumi.Resource]:
        """A gateway for what is public, and for what is private a way out where it needs one."""
        plan, where = self.plan, self.where
        gateway = aws.ec2.InternetGateway(
            f"{plan.name}-internet", vpc_id=vpc.id, tags=self._tags(), opts=where.opts
        )
        table = self._routes(vpc, "public", public)
        route = aws.ec2.Route(
            f"{plan.name}-public-route",
            route_table_id=table.id,
            destination_cidr_block=EVERYWHERE,
            gateway_id=gateway.id,
            opts=where.opts,
        )
        if not self.place.nat:
            return [route]
        address = aws.ec2.Eip(
            f"{plan.name}-nat-address", domain="vpc", tags=self._tags(), opts=where.opts
        )
        nat = aws.ec2.NatGateway(
            f"{plan.name}-nat",
            allocation_id=address.id,
            subnet_id=public[0].id,
            tags=self._tags(),
            opts=where.after(route),
        )
        out = aws.ec2.Route(
            f"{plan.name}-private-route",
            route_table_id=private.id,
            destination_cidr_block=EVERYWHERE,
            nat_gateway_id=nat.id,
            opts=where.opts,
        )
        return [route, out]

    def _endpoints(
        self, vpc: aws.ec2.Vpc, private: list[aws.ec2.Subnet]
    ) -> list[aws.ec2.VpcEndpoint]:
        """Private ways to services; a zone without one goes through another's."""
        plan, where, place = self.plan, self.where, self.place
        if not place.services:
            return []
        group = security_group(plan, where, vpc.id, "endpoints", "private endpoints")
        let_in(plan, where, group, "endpoints-in", TLS, range=_RANGE)
        return [
            aws.ec2.VpcEndpoint(
                f"{plan.name}-network-{service.replace('.', '-')}",
                vpc_id=vpc.id,
                service_name=f"com.amazonaws.{plan.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnet.id for subnet in private[: place.endpoint_zones]],
                security_group_ids=[group.id],
                tags=self._tags(),
                opts=where.opts,
            )
            for service in place.services
        ]


def security_group(
    plan: CloudPlan, where: Account, vpc: pulumi.Input[str], suffix: str, what: str
) -> aws.ec2.SecurityGroup:
    """A group that lets nothing in or out until a rule says so."""
    return aws.ec2.SecurityGroup(
        f"{plan.name}-{suffix}",
        description=f"{plan.physical_name}: {what}",
        vpc_id=vpc,
        tags={**plan.tags, "Name": f"{plan.physical_name}-{suffix}"},
        opts=where.opts,
    )


def let_in(
    plan: CloudPlan,
    where: Account,
    group: aws.ec2.SecurityGroup,
    suffix: str,
    port: int,
    *,
    range: pulumi.Input[str] | None = None,  # noqa: A002 - the word of the network
    source: aws.ec2.SecurityGroup | None = None,
) -> aws.vpc.SecurityGroupIngressRule:
    """Let TCP to one port in, from a range of addresses or from the members of another group."""
    return aws.vpc.SecurityGroupIngressRule(
        f"{plan.name}-{suffix}",
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ipv4=range,
        referenced_security_group_id=source.id if source else None,
        tags=plan.tags,
        opts=where.opts,
    )


def let_out(
    plan: CloudPlan,
    where: Account,
    group: aws.ec2.SecurityGroup,
    suffix: str,
    port: int,
    *,
    range: pulumi.Input[str] | None = None,  # noqa: A002 - the word of the network
    target: aws.ec2.SecurityGroup | None = None,
    prefixes: pulumi.Input[str] | None = None,
) -> aws.vpc.SecurityGroupEgressRule:
    """Let TCP to one port out, to a range, to another group, or to a prefix list."""
    return aws.vpc.SecurityGroupEgressRule(
        f"{plan.name}-{suffix}",
        security_group_id=group.id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ipv4=range,
        referenced_security_group_id=target.id if target else None,
        prefix_list_id=prefixes,
        tags=plan.tags,
        opts=where.opts,
    )


def service_group(
    plan: CloudPlan,
    where: Account,
    network: ServingNetwork,
    balancer: aws.ec2.SecurityGroup,
    port: int,
) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
    """The group of what runs the model, and its rules.

    Only the load balancer comes in; TLS goes out to the network, its endpoints and S3, and to the
    internet only where a way out is meant to be used.
    """
    group = security_group(plan, where, network.vpc, "service", "what runs the model")
    rules: list[pulumi.Resource] = [
        let_in(plan, where, group, "service-in", port, source=balancer),
        let_out(plan, where, balancer, "balancer-out", port, target=group),
        let_out(
            plan,
            where,
            group,
            "service-out",
            TLS,
            range=EVERYWHERE if network.out else network.range,
        ),
    ]
    if network.storage is not None:
        rules.append(let_out(plan, where, group, "service-out-s3", TLS, prefixes=network.storage))
    return group, rules
