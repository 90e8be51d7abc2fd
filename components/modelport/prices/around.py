"""What stands around machines and functions: traffic, logs, images, keys, alarms."""

from dataclasses import dataclass

from modelport.prices.book import Price
from modelport.prices.estimate import GB, HOURS, Case, Parts, requested, stands, unpriced


@dataclass(frozen=True, slots=True)
class _Balancer:
    """How a provider bills a load balancer: for each hour, and for what it works."""

    service: str
    hour: str
    work: str
    connections: float
    """New connections that one unit of work holds, beside 1 GB; 0 when they do not count."""


_BALANCERS = {
    "aws": _Balancer("alb", "load balancer-hour", "LCU-hour", 25 * 3600),
    "gcp": _Balancer("load-balancer", "rule-hour", "GB processed", 0),
    "azure": _Balancer("application-gateway", "gateway-hour", "CU-hour", 0),
}
_LOGS = {
    "aws": ("cloudwatch-logs", "GB ingested"),
    "gcp": ("cloud-logging", "GB ingested"),
    "azure": ("log-analytics", "GB ingested"),
}
_REGISTRIES = {
    "aws": ("ecr", "GB-month storage"),
    "gcp": ("artifact-registry", "GB-month"),
}
_KEYS = {"aws": ("kms", "key-month"), "gcp": ("kms", "key-version-month")}
_SECRETS = {"aws": ("secrets-manager", "secret-month"), "gcp": ("secret-manager", "version-month")}
_PRIVATE = {
    "aws": ("vpc-endpoint", "interface endpoint ENI-hour"),
    "azure": ("private-link", "endpoint-hour"),
}
_ADDRESSES = {
    "aws": ("nat-gateway", "gateway-hour"),
    "gcp": ("cloud-nat", "VM-hour"),
    "azure": ("nat-gateway", "gateway-hour"),
}


def load_balancer(case: Case) -> Parts:
    """One load balancer with requests and answers through it, each on a connection of its own.

    A unit of work is 1 GB, or as many new connections as the provider counts for one.
    """
    if case.provider not in _BALANCERS:
        return unpriced("load balancer")
    kind = _BALANCERS[case.provider]
    each = (case.workload.request_bytes + case.workload.response_bytes) / GB
    if kind.connections:
        each = max(each, 1 / kind.connections)
    return stands(
        f"{kind.service} {kind.hour}", _price(case, kind.service, kind.hour), HOURS
    ) + requested(case, f"{kind.service} {kind.work}", _price(case, kind.service, kind.work), each)


def egress(case: Case) -> Parts:
    """Answers that leave for the internet."""
    if case.provider == "heroku":  # its dynos have no price for traffic
        return Parts()
    price = _price(case, "internet-egress", "GB")
    return requested(case, "internet-egress GB", price, case.workload.response_bytes / GB)


def logs(case: Case, bytes_per_request: float) -> Parts:
    """What every request writes to the log, without what its retention costs later."""
    if case.provider not in _LOGS:
        return unpriced("logs")
    service, unit = _LOGS[case.provider]
    return requested(case, f"{service} {unit}", _price(case, service, unit), bytes_per_request / GB)


def registry(case: Case, gigabytes: float, *, tier: str = "Basic") -> Parts:
    """Images of `gigabytes`; on Azure a registry of a `tier`, `Basic` or `Premium`."""
    if case.provider == "azure":
        unit = f"{tier} registry-hour"
        price = _price(case, "container-registry", unit)
        return stands(f"container-registry {unit}", price, HOURS)
    return _monthly(case, _REGISTRIES, "image registry", gigabytes)


def encryption_keys(case: Case, count: int = 1) -> Parts:
    """Keys of one's own, without their operations."""
    return _monthly(case, _KEYS, "encryption key", count)


def secrets(case: Case, count: int = 1) -> Parts:
    """Secrets that are kept, without being read."""
    return _monthly(case, _SECRETS, "secrets", count)


def monitoring(case: Case, *, alarms: int = 0, dashboards: int = 0) -> Parts:
    """Alarms on one metric each, and dashboards."""
    parts = Parts()
    for unit, count in (("alarm", alarms), ("dashboard", dashboards)):
        if count:
            kinds = {"aws": ("cloudwatch", f"{unit}-month")}
            parts += _monthly(case, kinds, f"{unit}s", count)
    return parts


def nat(case: Case, *, gateways: int = 1, bytes_per_request: float = 0) -> Parts:
    """Ways out of a private network; on Google Cloud billed for each instance that uses them."""
    if case.provider not in _ADDRESSES:
        return unpriced("nat gateway")
    service, unit = _ADDRESSES[case.provider]
    price = _price(case, service, unit)
    if unit == "VM-hour":
        counts = (case.standing, case.scale.minimum, case.scale.maximum)
    else:
        counts = (gateways, gateways, gateways)
    now, idle, most = (count * HOURS for count in counts)
    parts = stands(f"{service} {unit}", price, now, idle=idle, most=most)
    if bytes_per_request:
        what, price = f"{service} GB processed", _price(case, service, "GB processed")
        parts += requested(case, what, price, bytes_per_request / GB)
    return parts


def private_endpoints(case: Case, count: int) -> Parts:
    """Private ways to services, on AWS one for each and zone, without their traffic."""
    if case.provider not in _PRIVATE:
        return unpriced("private endpoints")
    return stands("private endpoints", _price(case, *_PRIVATE[case.provider]), count * HOURS)


def _monthly(case: Case, kinds: dict[str, tuple[str, str]], what: str, count: float) -> Parts:
    if case.provider not in kinds:
        return unpriced(what)
    service, unit = kinds[case.provider]
    return stands(f"{service} {unit}", _price(case, service, unit), count)


def _price(case: Case, service: str, unit: str) -> Price | None:
    return case.book.unit(case.provider, service, unit, case.region)
