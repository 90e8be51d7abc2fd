"""Place: the network and the name of a deployment, decided; no Pulumi."""

from dataclasses import dataclass
from typing import Literal

from modelport.config import Deployment
from modelport.config.targets.aws.balanced import Balanced, Named
from modelport.config.targets.base import Scaled
from modelport.plan import PlanContext
from modelport.prices import Case, Parts
from modelport.prices.around import egress, load_balancer, nat, private_endpoints

ZONES = 2
"""Zones of a network of its own; a load balancer wants two."""
IMAGE_SERVICES = ("ecr.api", "ecr.dkr", "logs")
"""What a container needs to start and to log, beside S3, which holds the layers and costs nothing:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html."""
EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Place:
    """The network of one deployment."""

    vpc: str | None
    """An existing network; none for one of its own."""
    private_subnets: tuple[str, ...]
    public_subnets: tuple[str, ...]
    internet_facing: bool
    """Whether a load balancer has public addresses."""
    callers: tuple[str, ...]
    """Ranges that may call; empty for the network's own."""
    services: tuple[str, ...]
    """Services of AWS that are reached by private endpoints of its own network, e.g. `ecr.api`."""
    endpoint_zones: int
    """Zones that have a private endpoint of each service; the others go through these."""
    nat: bool
    """Whether its own network has a way out to the internet."""

    @property
    def own(self) -> bool:
        """Whether the network is made with the deployment."""
        return self.vpc is None

    @property
    def public(self) -> bool:
        """Whether its own network has public subnets."""
        return self.internet_facing or self.nat


@dataclass(frozen=True, slots=True)
class Naming:
    """The name of an endpoint and what proves it; everything is none without a domain."""

    domain: str | None
    hosted_zone: str | None
    certificate: str | None


def place_of(
    config: Deployment,
    target: Balanced,
    context: PlanContext,
    *services: str,
    nat: bool = False,
) -> Place:
    """The network of a deployment behind a load balancer.

    Args:
        config: The deployment.
        target: Its target.
        context: The stack; production has private endpoints in every zone.
        services: Services of AWS that what runs there needs, S3 excepted.
        nat: Whether what runs there needs the internet.
    """
    network = target.network
    public = config.exposure == "public"
    return Place(
        vpc=network.vpc if network else None,
        private_subnets=network.subnets if network else (),
        public_subnets=network.public_subnets if network else (),
        internet_facing=public,
        callers=target.callers or ((EVERYWHERE,) if public else ()),
        services=() if network else services,
        endpoint_zones=ZONES if context.environment == "prod" else 1,
        nat=nat and network is None,
    )


def naming_of(config: Deployment, target: Named) -> Naming:
    """The name of a deployment."""
    if config.domain is None:
        return Naming(None, None, None)
    return Naming(config.domain, target.hosted_zone, target.certificate)


def reach(place: Place, naming: Naming) -> Literal["everywhere", "perhaps"]:
    """From where it is reached: inside a network, or by a name set by hand, perhaps from here."""
    return "everywhere" if place.internet_facing and naming.hosted_zone else "perhaps"


def naming_refusals(config: Deployment, target: Named) -> list[str]:
    """Why a domain cannot be had, or what belongs to one is there without it."""
    if config.domain is None:
        return [
            f"{field}: there is no domain that it is for; write domain, or leave it out"
            for field in ("hosted_zone", "certificate")
            if getattr(target, field) is not None
        ]
    if target.hosted_zone is None and target.certificate is None:
        reason = (
            f"domain {config.domain}: needs a certificate; write target.hosted_zone, the Route 53 "
            "zone in which it can be validated, or target.certificate, one of ACM"
        )
        return [reason]
    region = target.certificate.split(":")[3] if target.certificate else target.region
    if region != target.region:
        return [f"certificate: is of {region}, must be of {target.region}, where the endpoint is"]
    return []


def balanced_refusals(config: Deployment, target: Balanced) -> list[str]:
    """Why a load balancer cannot stand before it."""
    found = naming_refusals(config, target)
    public = config.exposure == "public"
    if public and config.domain is None:
        found.append(
            "exposure: public needs a domain: a load balancer has no certificate for the name that "
            "AWS gives it, and nothing public is spoken to without TLS; write domain"
        )
    if not public and EVERYWHERE in target.callers:
        found.append(
            f"callers {EVERYWHERE}: lets everyone in; write exposure: public, or narrower ranges"
        )
    network = target.network
    if network is None:
        return found
    balancing = network.public_subnets if public else network.subnets
    if len(balancing) < ZONES:
        field = "public_subnets" if public else "subnets"
        found.append(
            f"network.{field}: a load balancer needs {ZONES}, in different zones; "
            f"there are {len(balancing)}"
        )
    return found


def balanced_notes(config: Deployment, target: Balanced) -> list[str]:
    """What a reader should know about its network and its name."""
    found: list[str] = []
    if config.domain is None and config.exposure == "private":
        found.append(
            "requests travel inside the private network as plain HTTP; a domain brings TLS"
        )
    if target.network is None and config.exposure == "private":
        found.append(
            "nobody is in a private network of its own: peer yours with it, or write network"
        )
    if config.domain and target.hosted_zone is None:
        found.append(f"{config.domain} must be pointed at the load balancer by hand")
    return found


def empty_refusals(target: Scaled, what: str) -> list[str]:
    """Why `what`, e.g. `a group`, may not go down to nothing: no request starts it again."""
    if target.replicas.min > 0:
        return []
    reason = (
        f"replicas.min: {what} at zero does not start on a request; write 1, "
        "or target aws.lambda, which scales to zero"
    )
    return [reason]


def timeout_refusals(config: Deployment, timeout: int) -> list[str]:
    """Why an answer that takes as long as is expected would be cut after `timeout` seconds."""
    p99 = config.workload.p99_seconds
    if p99 is None or p99 <= timeout:
        return []
    return [f"timeout {timeout}: is shorter than workload.p99 ({p99:g} s)"]


def place_price(case: Case, place: Place) -> Parts:
    """A load balancer with its network."""
    parts = load_balancer(case)
    if place.services:
        parts += private_endpoints(case, len(place.services) * place.endpoint_zones)
    if place.nat:
        parts += nat(case)
    if place.internet_facing:
        parts += egress(case)
    return parts
