"""Rules about networks of Google Cloud: what the internet reaches, and what ways out cost."""

from collections.abc import Iterator, Mapping

from modelport_policies.demands import is_true
from modelport_policies.openings import admin_ports, is_everywhere
from modelport_policies.relations import at_most
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, items, text

_FIREWALL = "gcp:compute/firewall:Firewall"
_SUBNET = "gcp:compute/subnetwork:Subnetwork"
_NAT = "gcp:compute/routerNat:RouterNat"
_WEB = (80, 443)


def _opened(resource: Resource) -> Iterator[tuple[int, Mapping[str, object]]]:
    """What a firewall lets the whole internet do, with its place in `allows`."""
    ranges = [value for _, value in items(resource.properties, "sourceRanges")]
    if text(resource.properties, "direction") == "EGRESS":
        return
    if not any(is_everywhere(value) for value in ranges):
        return
    for index, allowed in items(resource.properties, "allows"):
        if isinstance(allowed, Mapping):
            yield index, allowed


def _administration(resource: Resource, _: Settings) -> Iterator[str]:
    for index, allowed in _opened(resource):
        protocol = text(allowed, "protocol")
        if protocol == "all":
            yield f"opens every port to the internet in allows[{index}]"
        elif protocol in ("tcp", "6"):
            found = [port for low, high in _ports(allowed) for port in admin_ports(low, high)]
            if found:
                yield f"opens {', '.join(found)} to the internet in allows[{index}]"


def _other_ports(resource: Resource, _: Settings) -> Iterator[str]:
    for index, allowed in _opened(resource):
        if text(allowed, "protocol") not in ("tcp", "6"):
            continue
        for low, high in _ports(allowed):
            if not (low == high and low in _WEB) and not admin_ports(low, high):
                yield f"opens the ports {low:g} to {high:g} to the internet in allows[{index}]"


def _ports(allowed: Mapping[str, object]) -> Iterator[tuple[float, float]]:
    listed = list(items(allowed, "ports"))
    if not listed and text(allowed, "ports") is not UNKNOWN:
        yield 0, 65535  # no list is every port
    for _, port in listed:
        low, _dash, high = str(port).partition("-")
        if low.strip().isdecimal() and (high or low).strip().isdecimal() and len(str(port)) < 12:
            yield float(low), float(high or low)


def _open(*ports: str) -> dict[str, object]:
    return {"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "tcp", "ports": list(ports)}]}


NO_OPEN_ADMINISTRATION = Rule(
    id="gce-firewall-no-open-admin",
    title="The internet reaches no port of administration.",
    severity="critical",
    types=(_FIREWALL,),
    rationale="such ports are found within minutes, and behind some nobody asks for a password",
    fix='source_ranges=["35.235.240.0/20"] for Identity-Aware Proxy, or your own range',
    sources=("CIS GCP 3.6 and 3.7", "CKV_GCP_2", "CKV_GCP_3"),
    reads=(Reads("sourceRanges[]", "passes"),),
    passes=Sample(
        _FIREWALL,
        {"sourceRanges": ["35.235.240.0/20"], "allows": [{"protocol": "tcp", "ports": ["22"]}]},
    ),
    fails=Sample(
        _FIREWALL, {"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "tcp", "ports": ["22"]}]}
    ),
    also_passes=(
        Sample(
            _FIREWALL,
            {"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "tcp", "ports": ["443"]}]},
        ),
        Sample(
            _FIREWALL,
            {
                "direction": "EGRESS",
                "sourceRanges": ["0.0.0.0/0"],
                "allows": [{"protocol": "all"}],
            },
        ),
        Sample(_FIREWALL, {"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "icmp"}]}),
    ),
    also_fails=(
        Sample(_FIREWALL, {"sourceRanges": ["::/0"], "allows": [{"protocol": "all"}]}),
        Sample(_FIREWALL, {"sourceRanges": ["0.0.0.0/0"], "allows": [{"protocol": "tcp"}]}),
        Sample(
            _FIREWALL,
            {
                "sourceRanges": ["10.0.0.0/8", "0.0.0.0/0"],
                "allows": [{"protocol": "6", "ports": ["443", "8000-9000"]}],
            },
        ),
    ),
    check=_administration,
)

ONLY_WEB_OPEN = Rule(
    id="gce-firewall-authorized-ports-only",
    title="The internet reaches ports 80 and 443, and no others.",
    severity="high",
    types=(_FIREWALL,),
    rationale="a model server on a port of its own has no TLS and no balancer before it",
    fix="a load balancer with HTTPS before it, and source_ranges of that balancer",
    sources=("CKV_GCP_106 (analogue)", "AWS Security Hub EC2.18 (analogue)"),
    reads=(Reads("sourceRanges[]", "passes"),),
    passes=Sample(_FIREWALL, _open("80", "443")),
    fails=Sample(_FIREWALL, _open("3000")),
    also_passes=(Sample(_FIREWALL, {**_open("3000"), "sourceRanges": ["35.191.0.0/16"]}),),
    also_fails=(Sample(_FIREWALL, _open("443", "80-443")),),
    check=_other_ports,
)

INSIDE_WITHOUT_NAT = Rule(
    id="cost-gcp-private-google-access",
    title="Machines reach Google's own services without a NAT.",
    severity="low",
    types=(_SUBNET,),
    rationale="image layers and models that go through a Cloud NAT cost 0.045 USD per GB",
    fix="private_ip_google_access=True",
    sources=("CKV_GCP_74", "Cloud NAT pricing"),
    levels=ADVICE,
    passes=Sample(_SUBNET, {"privateIpGoogleAccess": True}),
    fails=Sample(_SUBNET, {"privateIpGoogleAccess": False}),
    also_passes=(Sample(_SUBNET, {"purpose": "REGIONAL_MANAGED_PROXY"}),),
    check=is_true(
        "privateIpGoogleAccess",
        "so pulls of images go through the NAT",
        unless=lambda properties: text(properties, "purpose") not in ("PRIVATE", MISSING),
    ),
    remedies={"privateIpGoogleAccess": True},
)

ONE_NAT_IN_DEV = Rule(
    id="cost-cloud-nat-dev",
    title="In dev one Cloud NAT is enough.",
    severity="low",
    types=(_NAT,),
    rationale="each is paid for by the hour and machine, and by the GB",
    fix="one RouterNat for all subnetworks in dev, with private Google access in them",
    sources=("Cloud NAT pricing", "CKV_GCP_74"),
    levels=ADVICE_IN_DEV,
    parameters={"most": Parameter(1, "largest number of NATs in the stack")},
    passes=Sample(_NAT, {"router": "a"}),
    fails=Sample(_NAT, {"router": "a"}, beside=(Sample(_NAT, {"router": "b"}),)),
    stack_check=at_most(_NAT, "NATs, each paid for by the hour and machine"),
)

SECURITY = (NO_OPEN_ADMINISTRATION, ONLY_WEB_OPEN)
COST = (INSIDE_WITHOUT_NAT, ONE_NAT_IN_DEV)
