"""Watching: what counts as a bad rollout, where a platform's alarms say it."""

from modelport.config import Canary, CanaryRollout, Deployment
from modelport.config.rollout import Rollout

USUAL_ERROR_RATE = 0.05
"""Share of failed requests that is too much where no canary says another one."""


def error_rate(rollout: Rollout) -> float:
    """Share of failed requests that ends a rollout, and wakes somebody later."""
    watched = isinstance(rollout, CanaryRollout)
    return rollout.canary.max_error_rate if watched else USUAL_ERROR_RATE


def slow_seconds(config: Deployment) -> float | None:
    """p99 in seconds that is too slow; none where the model's own is not known."""
    p99 = config.workload.p99_seconds
    if p99 is None:
        return None
    canary = config.rollout.canary if isinstance(config.rollout, CanaryRollout) else Canary()
    return round(p99 * canary.max_p99_ratio, 3)
