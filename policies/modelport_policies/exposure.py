"""Rules about exposure: who can reach an endpoint, and how."""

from collections.abc import Iterator
from ipaddress import ip_address

from modelport_policies.rule import STRICT_IN_PROD, Parameter, Resource, Rule, Settings
from modelport_policies.values import UNKNOWN, number, read, text

_LOCAL = ("modelport:local:Server",)


def _reachable(resource: Resource) -> str | None:
    """The address, when others than this machine reach it; none when they do not, or unknown."""
    host = text(resource.properties, "host")
    if not isinstance(host, str):
        return None
    try:
        return None if ip_address(host).is_loopback else host
    except ValueError:
        return host


def _authentication(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    host = _reachable(resource)
    key = read(resource.properties, "api_key")
    if host is not None and key is not UNKNOWN and not (isinstance(key, str) and key):
        yield f"it listens on {host} and asks nobody who they are"


def _transport(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    host = _reachable(resource)
    if host is not None:
        yield f"it listens on {host} with plain HTTP"


def _bounded(resource: Resource, settings: Settings) -> Iterator[str]:
    for key, unit in (("max_body_bytes", "bytes"), ("max_rows", "rows")):
        value = number(resource.properties, key)
        limit = float(settings[key])
        if value is UNKNOWN:
            continue
        if not isinstance(value, int | float):
            yield f"it has no {key}"
        elif not 0 < value <= limit:
            yield f"its {key} of {value:g} {unit} is not between 1 and {limit:g}"


PUBLIC_NEEDS_AUTHENTICATION = Rule(
    id="endpoint-public-needs-auth",
    title="An endpoint that others can reach asks who calls.",
    severity="critical",
    types=_LOCAL,
    rationale="anybody on the network could use the model, copy it by asking, or run up its cost",
    fix="auth: api_key in the deployment, or host: 127.0.0.1 in its target",
    sources=("OWASP API Security Top 10 2023, API2 Broken Authentication", "CWE-306"),
    check=_authentication,
)

PUBLIC_NEEDS_ENCRYPTION = Rule(
    id="endpoint-public-needs-tls",
    title="An endpoint that others can reach is spoken to over TLS.",
    severity="high",
    types=_LOCAL,
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix="host: 127.0.0.1 in the target, and a proxy that ends TLS before it",
    sources=("CWE-319",),
    levels=STRICT_IN_PROD,
    check=_transport,
)

REQUESTS_BOUNDED = Rule(
    id="endpoint-requests-bounded",
    title="An endpoint bounds the size of a request.",
    severity="medium",
    types=_LOCAL,
    rationale="one large request can take the memory of all others",
    fix="serving: {max_body_bytes: 1048576, max_rows: 10000} in the deployment",
    sources=("OWASP API Security Top 10 2023, API4 Unrestricted Resource Consumption", "CWE-770"),
    parameters={
        "max_body_bytes": Parameter(
            64 * 2**20, "largest accepted limit of a request body, in bytes"
        ),
        "max_rows": Parameter(1_000_000, "largest accepted limit of rows in one request"),
    },
    check=_bounded,
)

EXPOSURE = (PUBLIC_NEEDS_AUTHENTICATION, PUBLIC_NEEDS_ENCRYPTION, REQUESTS_BOUNDED)
