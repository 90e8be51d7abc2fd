"""Served: the metrics that every bundle has, asked of the code that it carries."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from prometheus_client.parser import text_string_to_metric_families

from modelport_serving.metrics import NO_ROUTE, Metrics
from modelport_serving.record import BundleRecord

REQUESTS = "modelport_requests_total"
SECONDS = "modelport_request_seconds"
SECONDS_BUCKET = f"{SECONDS}_bucket"
MODEL_INFO = "modelport_model_info"

NOT_PREDICTIONS = (
    "/",
    "/livez",
    "/readyz",
    "/metrics",
    "/model",
    "/openapi.json",
    "/feedback",
    "/v2/health/live",
    "/v2/health/ready",
    NO_ROUTE,
)
"""Routes that are asked for by others than callers, or for something else than a prediction."""

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric."""

    name: str
    """As it is declared; a counter's series end with `_total`, a histogram's with `_bucket`."""
    kind: Kind
    text: str
    """What it counts, in one sentence."""

    @property
    def series(self) -> tuple[str, ...]:
        """Names of its series."""
        ends = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
        return tuple(f"{self.name}{end}" for end in ends[self.kind])


@cache
def families() -> tuple[Family, ...]:
    """Every metric of a server, in the order in which it writes them."""
    # It names its model only once it is started.
    text = Metrics(BundleRecord.model_construct()).text().decode()
    return tuple(
        Family(found.name, cast("Kind", found.type), found.documentation)
        for found in text_string_to_metric_families(text)
    )


def predictions(labels: str) -> str:
    """A selector's labels, for predictions alone.

    Args:
        labels: Labels of the deployment, e.g. `job="mp-cancer-dev"`.
    """
    routes = "|".join(re.escape(route) for route in NOT_PREDICTIONS).replace("\\", r"\\")
    return f'{labels},route!~"{routes}"'


def in_flight(labels: str, window: str = "1m") -> str:
    """Predictions in flight, the mean over a window, as an expression of Prometheus.

    Seconds that answers took, in one second: by Little's law that is how many were being answered.
    The gauge of requests in flight is looked at once in a while only, and sees the look itself.

    Args:
        labels: Labels of the deployment, or of some of its pods.
        window: Of at least four scrapes.
    """
    return f"sum(rate({SECONDS}_sum{{{predictions(labels)}}}[{window}]))"
