"""Rules about logs: kept long enough to look back, not for ever."""

from collections.abc import Iterator

from modelport_policies.rule import STRICT_IN_PROD, Parameter, Resource, Rule, Settings
from modelport_policies.values import UNKNOWN, number

_SERVER = "modelport:local:Server"


def _retention(resource: Resource, settings: Settings) -> Iterator[str]:
    low, high = float(settings["min_days"]), float(settings["max_days"])
    days = number(resource.properties, "retentionInDays")
    if days is UNKNOWN:
        return
    if not isinstance(days, int | float) or days == 0:
        yield "it keeps logs for ever"
    elif not low <= days <= high:
        yield f"it keeps logs for {days:g} days, not {low:g} to {high:g}"


def _rotation(resource: Resource, settings: Settings) -> Iterator[str]:
    limit = float(settings["max_log_bytes"])
    size = number(resource.properties, "max_log_bytes")
    if size is UNKNOWN:
        return
    if not isinstance(size, int | float) or not 0 < size <= limit:
        yield f"its log may grow beyond {limit:g} bytes"


LOGS_RETAINED = Rule(
    id="log-retention-set",
    title="A log group says how long it keeps its logs.",
    severity="low",
    types=("aws:cloudwatch/logGroup:LogGroup",),
    rationale="logs without an end cost more each month, and keep personal data for ever",
    fix="retention_in_days=30 on the log group",
    sources=("CKV_AWS_66", "CKV_AWS_338 (length)", "GDPR, article 5(1)(e) storage limitation"),
    levels=STRICT_IN_PROD,
    parameters={
        "min_days": Parameter(7, "shortest time in days"),
        "max_days": Parameter(400, "longest time in days"),
    },
    check=_retention,
)

LOG_BOUNDED = Rule(
    id="local-log-bounded",
    title="A local server's log has a largest size.",
    severity="medium",
    types=(_SERVER,),
    rationale="a log without an end fills the disk, and a full disk stops everything else",
    fix="target: {log_megabytes: 20} in the deployment",
    sources=("CWE-779",),
    parameters={"max_log_bytes": Parameter(2**30, "largest accepted limit in bytes")},
    check=_rotation,
)

RETENTION = (LOGS_RETAINED, LOG_BOUNDED)
