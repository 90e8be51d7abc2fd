"""Network: the one that exists already, or one for the deployment alone, with a way out by NAT."""

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.plan import AzurePlan
from modelport.platforms.container import PORT

_RANGE, _MACHINES, _GATEWAY = "10.70.0.0/16", "10.70.1.0/24", "10.70.0.0/24"


@dataclass(frozen=True, slots=True)
class ServingNetwork:
    """Where machines and their gateway are."""

    machines: pulumi.Input[str]
    gateway: pulumi.Input[str]
    guard: azure.network.NetworkSecurityGroup
    """What may reach a machine."""


def serving_network(
    plan: AzurePlan, where: Group, machines: str | None, gateway: str | None
) -> ServingNetwork:
    """The given subnets, or a network of its own."""
    guard = _guard(plan, where)
    if machines is not None and gateway is not None:
        return ServingNetwork(machines, gateway, guard)
    way_out = _nat(plan, where)
    network = azure.network.VirtualNetwork(
        f"{plan.name}-network",
        virtual_network_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        address_space=azure.network.AddressSpaceArgs(address_prefixes=[_RANGE]),
        tags=plan.tags,
        opts=where.opts,
    )
    own = azure.network.Subnet(
        f"{plan.name}-machines",
        subnet_name="machines",
        resource_group_name=where.name,
        virtual_network_name=network.name,
        address_prefix=_MACHINES,
        default_outbound_access=False,
        nat_gateway=azure.network.SubResourceArgs(id=way_out.id),
        network_security_group=azure.network.NetworkSecurityGroupArgs(id=guard.id),
        opts=where.opts,
    )
    front = azure.network.Subnet(
        f"{plan.name}-front",
        subnet_name="gateway",
        resource_group_name=where.name,
        virtual_network_name=network.name,
        address_prefix=_GATEWAY,
        opts=where.after(own),  # Azure changes one subnet of a network at a time
    )
    return ServingNetwork(own.id, front.id, guard)


def public_address(plan: AzurePlan, where: Group, what: str) -> azure.network.PublicIPAddress:
    """An address of the internet, for what must have one."""
    return azure.network.PublicIPAddress(
        f"{plan.name}-{what}-address",
        public_ip_address_name=f"{plan.physical_name}-{what}",
        resource_group_name=where.name,
        location=plan.region,
        public_ip_allocation_method="Static",
        sku=azure.network.PublicIPAddressSkuArgs(name="Standard"),
        tags=plan.tags,
        opts=where.opts,
    )


def _nat(plan: AzurePlan, where: Group) -> azure.network.NatGateway:
    return azure.network.NatGateway(
        f"{plan.name}-nat",
        nat_gateway_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        sku=azure.network.NatGatewaySkuArgs(name="Standard"),
        public_ip_addresses=[
            azure.network.SubResourceArgs(id=public_address(plan, where, "nat").id)
        ],
        tags=plan.tags,
        opts=where.opts,
    )


def _guard(plan: AzurePlan, where: Group) -> azure.network.NetworkSecurityGroup:
    """Only the model's port from inside the network, and no shell."""
    rule = azure.network.SecurityRuleArgs
    return azure.network.NetworkSecurityGroup(
        f"{plan.name}-guard",
        network_security_group_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        security_rules=[
            rule(
                name="model",
                priority=100,
                direction="Inbound",
                access="Allow",
                protocol="Tcp",
                source_address_prefix="VirtualNetwork",
                source_port_range="*",
                destination_address_prefix="VirtualNetwork",
                destination_port_range=str(PORT),
            ),
            rule(
                name="nothing-else",
                priority=4000,
                direction="Inbound",
                access="Deny",
                protocol="*",
                source_address_prefix="*",
                source_port_range="*",
                destination_address_prefix="*",
                destination_port_range="*",
            ),
        ],
        tags=plan.tags,
        opts=where.opts,
    )
