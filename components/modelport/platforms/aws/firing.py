"""Firing: which alarms of a deployment fire now, asked through AWS's API; no Pulumi."""

from modelport.cloud import aws

ALARMS = ("errors", "latency")
"""Ends of the names of a deployment's alarms, see `modelport.platforms.aws.alarms`."""


def firing_alarms(region: str, physical_name: str) -> tuple[str, ...]:
    """Names of the alarms that fire now.

    Raises:
        ServiceError: AWS refuses to say.
    """
    found = aws.asked(
        f"to read the alarms of {physical_name}",
        lambda: aws.client("cloudwatch", region).describe_alarms(
            AlarmNames=[f"{physical_name}-{end}" for end in ALARMS], StateValue="ALARM"
        ),
    )
    alarms = (found or {}).get("MetricAlarms", [])
    return tuple(sorted(str(alarm["AlarmName"]) for alarm in alarms))
