"""Upkeep: what every deployment on AWS has around it, by the month."""

from modelport.plan import IMAGE_GB
from modelport.prices import Case, Parts
from modelport.prices.around import encryption_keys, logs, monitoring, registry


def upkeep_price(case: Case, *, log_bytes: int, slow_seconds: float | None) -> Parts:
    """Registry, log, key, alarms and a dashboard.

    Args:
        case: What is priced.
        log_bytes: Bytes that a request leaves in the log.
        slow_seconds: The p99 that an alarm watches beside failures; none: nothing watches it.
    """
    return (
        registry(case, IMAGE_GB)
        + logs(case, log_bytes)
        + encryption_keys(case)
        + monitoring(case, alarms=1 if slow_seconds is None else 2, dashboards=1)
    )
