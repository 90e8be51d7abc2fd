"""Rules about exposure: who can reach an endpoint, and how."""

from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address

from modelport_policies.rule import (
    STRICT_IN_PROD,
    Parameter,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, number, text

_SERVER = "modelport:local:Server"
_SERVERS = (_SERVER, "modelport:docker:Service")


def _reachable(resource: Resource) -> str | None:
    """Where others than this machine reach it; none when they do not, or it is not known yet.

    What is no IP address counts as reachable: nobody knows what a name will mean tomorrow.
    """
    host = text(resource.properties, "host")
    if host is UNKNOWN:
        return None
    if host is MISSING:
        return "an address that it does not name"
    try:
        address = ip_address(host)
    except ValueError:
        return "a host that is no IP address"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return None if address.is_loopback else str(address)


def _authentication(resource: Resource, _: Settings) -> Iterator[str]:
    host = _reachable(resource)
    key = text(resource.properties, "api_key")
    if host is not None and key in ("", MISSING):
        yield f"listens on {host} and asks nobody who they are"


def _transport(resource: Resource, _: Settings) -> Iterator[str]:
    host = _reachable(resource)
    if host is not None:
        yield f"listens on {host} with plain HTTP"


def _bounded(resource: Resource, settings: Settings) -> Iterator[str]:
    for key, unit in (("max_body_bytes", "bytes"), ("max_rows", "rows")):
        value, limit = number(resource.properties, key), float(settings[key])
        if value is MISSING:
            yield f"has no {key}"
        elif isinstance(value, float) and not 0 < value <= limit:
            yield f"has {key} {value:.15g}, not between 1 and {limit:.15g} {unit}"


PUBLIC_NEEDS_AUTHENTICATION = Rule(
    id="endpoint-public-needs-auth",
    title="An endpoint that others can reach asks who calls.",
    severity="critical",
    types=_SERVERS,
    rationale="anybody on the network could use the model, copy it by asking, or run up its cost",
    fix="auth: api_key in the deployment, or host (on Docker bind): 127.0.0.1 in its target",
    sources=("OWASP API Security Top 10 2023, API2 Broken Authentication", "CWE-306"),
    passes=Sample(_SERVER, {"host": "10.0.0.7", "api_key": "(secret)"}),
    fails=Sample(_SERVER, {"host": "10.0.0.7", "api_key": None}),
    check=_authentication,
)

PUBLIC_NEEDS_ENCRYPTION = Rule(
    id="endpoint-public-needs-tls",
    title="An endpoint that others can reach is spoken to over TLS.",
    severity="high",
    types=_SERVERS,
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix="host (on Docker bind): 127.0.0.1 in the target, and a proxy that ends TLS before it",
    sources=("OWASP API Security Top 10 2023, API8 Security Misconfiguration", "CWE-319"),
    levels=STRICT_IN_PROD,
    passes=Sample(_SERVER, {"host": "127.0.0.1"}),
    fails=Sample(_SERVER, {"host": "10.0.0.7"}),
    check=_transport,
)

REQUESTS_BOUNDED = Rule(
    id="endpoint-requests-bounded",
    title="An endpoint bounds the size of a request.",
    severity="medium",
    types=_SERVERS,
    rationale="one large request can take the memory of all others",
    fix="serving: {max_body_bytes: 1048576, max_rows: 10000} in the deployment",
    sources=("OWASP API Security Top 10 2023, API4 Unrestricted Resource Consumption", "CWE-770"),
    parameters={
        "max_body_bytes": Parameter(
            64 * 2**20, "largest accepted limit of a request body, in bytes"
        ),
        "max_rows": Parameter(1_000_000, "largest accepted limit of rows in one request"),
    },
    passes=Sample(_SERVER, {"max_body_bytes": 2**20, "max_rows": 10_000}),
    fails=Sample(_SERVER, {"max_body_bytes": 2**40, "max_rows": 10_000}),
    check=_bounded,
)

EXPOSURE = (PUBLIC_NEEDS_AUTHENTICATION, PUBLIC_NEEDS_ENCRYPTION, REQUESTS_BOUNDED)
