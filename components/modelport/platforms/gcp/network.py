"""Network: the one that exists already, or one for the deployment alone, with a way out by NAT."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.gcp.project import Project

_MACHINES, _PROXIES = "10.60.0.0/24", "10.60.1.0/24"
HEALTH_CHECKERS = ("35.191.0.0/16", "130.211.0.0/22")
"""Where Google's health checks and its load balancers' probes come from:
https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges."""


@dataclass(frozen=True, slots=True)
class ServingNetwork:
    """Where machines and load balancers are."""

    network: pulumi.Input[str]
    subnetwork: pulumi.Input[str]
    proxies: str
    """Range of the load balancer's proxies."""


def serving_network(
    plan: GooglePlan, where: Project, network: str | None, subnetwork: str | None
) -> ServingNetwork:
    """The given network, which must have a proxy-only subnetwork, or one of its own.

    https://cloud.google.com/load-balancing/docs/proxy-only-subnets
    """
    if network is not None and subnetwork is not None:
        return ServingNetwork(network, subnetwork, "10.0.0.0/8")
    own = gcp.compute.Network(
        f"{plan.name}-network",
        name=plan.physical_name,
        auto_create_subnetworks=False,
        opts=where.opts,
    )
    machines = gcp.compute.Subnetwork(
        f"{plan.name}-machines",
        name=f"{plan.physical_name}-machines",
        network=own.id,
        region=plan.region,
        ip_cidr_range=_MACHINES,
        private_ip_google_access=True,
        opts=where.opts,
    )
    gcp.compute.Subnetwork(
        f"{plan.name}-proxies",
        name=f"{plan.physical_name}-proxies",
        network=own.id,
        region=plan.region,
        ip_cidr_range=_PROXIES,
        purpose="REGIONAL_MANAGED_PROXY",
        role="ACTIVE",
        opts=where.opts,
    )
    router = gcp.compute.Router(
        f"{plan.name}-router",
        name=plan.physical_name,
        network=own.id,
        region=plan.region,
        opts=where.opts,
    )
    gcp.compute.RouterNat(
        f"{plan.name}-nat",
        name=plan.physical_name,
        router=router.name,
        region=plan.region,
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
        log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
        opts=where.opts,
    )
    return ServingNetwork(own.id, machines.id, _PROXIES)
