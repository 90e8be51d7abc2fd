"""Openings: which networks and ports let the whole internet in."""

from ipaddress import ip_network

from modelport_policies.values import Read

ADMIN_PORTS = {
    22: "SSH",
    2375: "Docker",
    3389: "RDP",
    5000: "MLflow",
    6443: "Kubernetes",
    8265: "Ray",
    8888: "Jupyter",
    9090: "Prometheus",
}
"""Ports behind which somebody who gets in can do anything, or read all there is."""
_NAMES = frozenset({"*", "any", "internet"})


def is_everywhere(range_: Read) -> bool:
    """Whether a range of addresses holds the whole internet, or half of it."""
    if not isinstance(range_, str):
        return False
    if range_.lower() in _NAMES:
        return True
    try:
        return ip_network(range_.strip(), strict=False).prefixlen <= 1
    except ValueError:
        return False


def admin_ports(low: float, high: float) -> list[str]:
    """The ports of that list from `low` to `high`, with what is behind them."""
    return [f"{port} ({name})" for port, name in ADMIN_PORTS.items() if low <= port <= high]
