"""Every expression that is told Prometheus or Grafana."""

from collections.abc import Iterator
from typing import Any

from modelport.config import LatencyObjective, Slo
from modelport.observability import Watched, dashboard, rule_groups

JOB = "mp-cancer-dev"
SLO = Slo(availability=99.9, latency=LatencyObjective(percent=99, within="100ms"))


def watched(job: str = JOB, *, sleeps: bool = False) -> Watched:
    """The deployment of the tests."""
    return Watched(job, "cancer", "lab", SLO, sleeps=sleeps)


def rules(made: Watched | None = None) -> list[dict[str, Any]]:
    """Its rules of all groups."""
    return [rule for group in rule_groups(made or watched())["groups"] for rule in group["rules"]]


def alerts(made: Watched | None = None) -> list[dict[str, Any]]:
    """Its alerts."""
    return [rule for rule in rules(made) if "alert" in rule]


def drawn(made: Watched | None = None) -> Iterator[tuple[str, str]]:
    """Title of a panel and expression, for every curve of its dashboard."""
    for panel in dashboard(made or watched())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
