"""Rules: recording rules, and alerts on the error budget of a deployment's objectives.

The alerts are those of "The Site Reliability Workbook", chapter 5, "Alerting on SLOs", section 6,
"Multiwindow, Multi-Burn-Rate Alerts" (https://sre.google/workbook/alerting-on-slos/): the budget
of 30 days is burnt so many times too fast, over a long window and still over one of a twelfth.
"""

from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client.utils import floatToGoString

from modelport.config import Slo
from modelport.observability.served import REQUESTS, SECONDS, SECONDS_BUCKET, predictions


@dataclass(frozen=True, slots=True)
class Watched:
    """A deployment as Prometheus knows it."""

    job: str
    """Label `job` of its metrics: its name on its platform."""
    deployment: str
    owner: str
    slo: Slo
    sleeps: bool = False
    """Whether it may have no instance at all."""

    @property
    def labels(self) -> str:
        """What selects its metrics."""
        return f'job="{self.job}"'


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast a budget may be used up over two windows before somebody is told."""

    factor: float
    """Times as fast as would use up all of it in 30 days."""
    long: str
    short: str
    severity: Literal["page", "ticket"]


BURNS = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6, "6h", "30m", "page"),
    Burn(3, "1d", "2h", "ticket"),
    Burn(1, "3d", "6h", "ticket"),
)
"""2 % of the budget in an hour, 5 % in six, 10 % in a day and in three."""
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""Every window of the above, shortest first."""
ERRORS, SLOW = "job:modelport_errors:ratio_rate", "job:modelport_slow:ratio_rate"
"""Recorded shares of predictions that failed, or were slow; a window follows."""
_GONE_FOR = "5m"


def rule_groups(watched: Watched) -> dict[str, Any]:
    """Everything, as a file of rules and the `spec` of a PrometheusRule hold it."""
    alerts = [*_burns(watched), *([] if watched.sleeps else [_gone(watched)])]
    return {
        "groups": [
            {"name": f"{watched.job}-recorded", "rules": list(_recorded(watched))},
            {"name": f"{watched.job}-alerts", "rules": alerts},
        ]
    }


def budget(percent: float) -> float:
    """Share that an objective of so many percent leaves, e.g. 0.001 of 99.9 %."""
    return round(1 - percent / 100, 9)


def _recorded(watched: Watched) -> list[dict[str, Any]]:
    selected = predictions(watched.labels)
    bound = floatToGoString(watched.slo.latency.seconds)
    found: list[dict[str, Any]] = []
    for window in WINDOWS:
        everything = f"sum by (job) (rate({REQUESTS}{{{selected}}}[{window}]))"
        failed = f'sum by (job) (rate({REQUESTS}{{{selected},status=~"5.."}}[{window}]))'
        timed = f"sum by (job) (rate({SECONDS}_count{{{selected}}}[{window}]))"
        fast = f'sum by (job) (rate({SECONDS_BUCKET}{{{selected},le="{bound}"}}[{window}]))'
        found += [
            # There are no series of errors before the first one.
            {
                "record": f"{ERRORS}{window}",
                "expr": f"({failed} or 0 * {everything}) / {everything}",
            },
            {"record": f"{SLOW}{window}", "expr": f"1 - {fast} / {timed}"},
        ]
    return found


def _burns(watched: Watched) -> list[dict[str, Any]]:
    slo = watched.slo
    latency = f"{slo.latency.percent:g} % of predictions answered within {slo.latency.within}"
    objectives = (
        ("ModelportAvailabilityBurn", ERRORS, slo.availability, "fail",
         f"{slo.availability:g} % of predictions without a server error"),
        ("ModelportLatencyBurn", SLOW, slo.latency.percent, "are slow", latency),
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    for name, recorded, percent, what, promise in objectives:
        for burn in BURNS:
            over = f"{burn.factor:g} * {budget(percent):g}"
            both = [
                f"{recorded}{window}{{{watched.labels}}} > {over}"
                for window in (burn.long, burn.short)
            ]
            told = (
                f"{watched.deployment}: {{{{ $value | humanizePercentage }}}} of predictions {what}"
            )
            why = (
                f"Over {burn.long}, and still over {burn.short}, {burn.factor:g} times as many as "
                f"the objective leaves over 30 days: {promise}."
            )
            labels = {"severity": burn.severity, "long": burn.long, "short": burn.short}
            found.append(
                _alert(watched, name, " and ".join(both), labels, summary=told, description=why)
            )
    return found


def _gone(watched: Watched) -> dict[str, Any]:
    return _alert(
        watched,
        "ModelportGone",
        f"absent(up{{{watched.labels}}} == 1)",
        {"severity": "page"},
        summary=f"{watched.deployment}: no instance answers Prometheus",
        description=f"For {_GONE_FOR} none could be scraped: none runs, or its key is another.",
    ) | {"for": _GONE_FOR}


def _alert(
    watched: Watched, name: str, expression: str, labels: dict[str, str], **annotations: str
) -> dict[str, Any]:
    known = {"job": watched.job, "deployment": watched.deployment, "owner": watched.owner}
    return {
        "alert": name,
        "expr": expression,
        "labels": {**known, **labels},
        "annotations": annotations,
    }
