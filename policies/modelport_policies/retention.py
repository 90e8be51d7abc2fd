"""Rules about logs: kept long enough to look back, not for ever."""

from collections.abc import Iterator

from modelport_policies.rule import (
    STRICT_IN_PROD,
    Parameter,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, number

_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_SERVER = "modelport:local:Server"
_SERVERS = (_SERVER, "modelport:docker:Service")


def _retention(resource: Resource, settings: Settings) -> Iterator[str]:
    low, high = float(settings["min_days"]), float(settings["max_days"])
    days = number(resource.properties, "retentionInDays")
    if days in (MISSING, 0):  # the service takes both as for ever
        yield "sets no retentionInDays, so it keeps logs for ever"
    elif isinstance(days, float) and not low <= days <= high:
        yield f"has retentionInDays {days:g}, not between {low:g} and {high:g}"


def _rotation(resource: Resource, settings: Settings) -> Iterator[str]:
    limit = float(settings["max_log_bytes"])
    size = number(resource.properties, "log_bytes")
    if size is MISSING:
        yield "has no log_bytes, so its log grows without an end"
    elif size is not UNKNOWN and not 0 < size <= limit:
        yield f"has log_bytes {size:.15g}, not between 1 and {limit:.15g}"


LOGS_RETAINED = Rule(
    id="log-retention-set",
    title="A log group says how long it keeps its logs.",
    severity="low",
    types=(_LOG_GROUP,),
    rationale="logs without an end cost more each month, and keep personal data for ever",
    fix="retention_in_days=30 on the log group",
    sources=("CKV_AWS_66", "CKV_AWS_338 (length)", "GDPR, article 5(1)(e) storage limitation"),
    levels=STRICT_IN_PROD,
    parameters={
        "min_days": Parameter(7, "shortest time in days"),
        "max_days": Parameter(400, "longest time in days"),
    },
    passes=Sample(_LOG_GROUP, {"retentionInDays": 30}),
    fails=Sample(_LOG_GROUP, {"retentionInDays": 0}),
    check=_retention,
)

LOG_BOUNDED = Rule(
    id="local-log-bounded",
    title="The log of a server of ours has a largest size.",
    severity="medium",
    types=_SERVERS,
    rationale="a log without an end fills the disk, and a full disk stops everything else",
    fix="target: {log_megabytes: 20}, on Docker {log_mib: 10}, in the deployment",
    sources=("CWE-400 (uncontrolled resource consumption)", "CWE-779"),
    parameters={"max_log_bytes": Parameter(2**30, "largest accepted limit in bytes")},
    passes=Sample(_SERVER, {"log_bytes": 20 * 2**20}),
    fails=Sample(_SERVER, {"log_bytes": 0}),
    check=_rotation,
)

RETENTION = (LOGS_RETAINED, LOG_BOUNDED)
