"""SLO: how good a service promises to be, over 30 days."""

from typing import Annotated

from pydantic import AfterValidator, Field

from modelport.config.base import Model
from modelport.config.workload import ShortDuration, duration_seconds


def _bound(text: str) -> str:
    """Seconds are counted in buckets; between two bounds nobody knows how many there were."""
    from modelport_serving.metrics import BUCKETS

    wanted = duration_seconds(text)
    if wanted not in BUCKETS:
        nearest = min(BUCKETS, key=lambda bound: abs(bound - wanted))
        known = ", ".join(_written(bound) for bound in BUCKETS)
        message = f"is none that the server counts: {known}; write {_written(nearest)}"
        raise ValueError(message)
    return text


def _written(seconds: float) -> str:
    return f"{seconds:g}s" if seconds >= 1 else f"{seconds * 1000:g}ms"


class LatencyObjective(Model):
    """How many predictions are fast enough."""

    percent: Annotated[float, Field(ge=95, le=99.99)] = 99
    """Predictions that are answered in time, 95 to 99.99 %."""
    within: Annotated[ShortDuration, AfterValidator(_bound)] = "250ms"
    """The time, from a request's headers to the end of its answer; one of the bounds that the
    server counts by, e.g. `100ms`, `250ms`, `1s`."""

    @property
    def seconds(self) -> float:
        """`within` in seconds."""
        return duration_seconds(self.within)


class Slo(Model):
    """Objectives, over 30 days; alerts say how fast the rest, the error budget, is used up.

    Below 95 % an alert at 14.4 times the budget could hardly ever fire.
    """

    availability: Annotated[float, Field(ge=95, le=99.999)] = 99.9
    """Predictions that are not answered with a server error, 95 to 99.999 %."""
    latency: LatencyObjective = LatencyObjective()
    """How many of them are fast enough."""
