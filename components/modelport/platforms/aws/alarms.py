"""Alarms: what ends a rollout and wakes somebody, and a dashboard, from the platform's metrics."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account

PERIOD_SECONDS = 60
_UNSERVED = (
    "IF(FILL(requests, 0) + FILL(unserved, 0) > 0, "
    "(FILL(errors, 0) + FILL(unserved, 0)) / (FILL(requests, 0) + FILL(unserved, 0)), 0)"
)
"""Share of failed requests where what never arrived is counted apart, and nothing is no number."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a platform measures of an endpoint, in the words of CloudWatch."""

    namespace: str
    """E.g. `AWS/SageMaker`."""
    dimensions: Mapping[str, pulumi.Input[str]]
    """What tells this endpoint from others."""
    requests: str
    """Metric that counts requests."""
    errors: str
    """Metric that counts failed ones."""
    latency: str
    """Metric of the time that a request takes."""
    latency_per_second: float
    """Units of that metric in one second: 1 for seconds, 1e6 for microseconds."""
    unserved: str = ""
    """Metric that counts failed requests that no instance ever got; `requests` has none of them."""


def watch(
    plan: CloudPlan, account: Account, metrics: Metrics, *, accepted: float, slow: float | None
) -> list[aws.cloudwatch.MetricAlarm]:
    """Alarms and a dashboard.

    Args:
        plan: The deployment.
        account: Where.
        metrics: What the platform measures of it.
        accepted: Share of failed requests, of 1, from which the first alarm rings.
        slow: Seconds of p99 from which the second one rings; without them there is none.
    """
    alarms = [_error_alarm(plan, account, metrics, accepted)]
    if slow is not None:
        alarms.append(_latency_alarm(plan, account, metrics, slow))
    _dashboard(plan, account, metrics)
    return alarms


def _error_alarm(
    plan: CloudPlan, account: Account, metrics: Metrics, accepted: float
) -> aws.cloudwatch.MetricAlarm:
    """An alarm when more than a share of the requests of a minute fails, twice in three minutes."""
    rate = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id="rate",
        expression=_UNSERVED if metrics.unserved else "IF(requests > 0, errors / requests, 0)",
        label="share of failed requests",
        return_data=True,
    )
    return aws.cloudwatch.MetricAlarm(
        f"{plan.name}-errors",
        name=f"{plan.physical_name}-errors",
        alarm_description=f"More than {accepted:.2%} of the requests to {plan.physical_name} fail",
        comparison_operator="GreaterThanThreshold",
        threshold=accepted,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data="notBreaching",
        metric_queries=[
            rate,
            _counted("errors", metrics.errors, metrics),
            _counted("requests", metrics.requests, metrics),
            *([_counted("unserved", metrics.unserved, metrics)] if metrics.unserved else []),
        ],
        tags=plan.tags,
        opts=account.opts,
    )


def _latency_alarm(
    plan: CloudPlan, account: Account, metrics: Metrics, seconds: float
) -> aws.cloudwatch.MetricAlarm:
    """An alarm when the slowest hundredth takes longer than `seconds`, twice in three minutes."""
    return aws.cloudwatch.MetricAlarm(
        f"{plan.name}-latency",
        name=f"{plan.physical_name}-latency",
        alarm_description=f"p99 of {plan.physical_name} is over {seconds:g} s",
        namespace=metrics.namespace,
        metric_name=metrics.latency,
        dimensions=dict(metrics.dimensions),
        extended_statistic="p99",
        period=PERIOD_SECONDS,
        comparison_operator="GreaterThanThreshold",
        threshold=seconds * metrics.latency_per_second,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data="notBreaching",
        tags=plan.tags,
        opts=account.opts,
    )


def _dashboard(plan: CloudPlan, account: Account, metrics: Metrics) -> None:
    """Requests, failures and latency on one page."""
    found: pulumi.Output[dict[str, str]] = pulumi.Output.all(**metrics.dimensions)
    body = found.apply(lambda dimensions: json.dumps(_page(plan, metrics, dimensions)))
    aws.cloudwatch.Dashboard(
        f"{plan.name}-dashboard",
        dashboard_name=plan.physical_name,
        dashboard_body=body,
        opts=account.opts,
    )


def _page(plan: CloudPlan, metrics: Metrics, dimensions: Mapping[str, str]) -> dict[str, object]:
    where = [item for pair in dimensions.items() for item in pair]

    def graph(title: str, column: int, lines: list[tuple[str, str]]) -> dict[str, object]:
        return {
            "type": "metric",
            "x": column * 12,
            "y": 0,
            "width": 12,
            "height": 6,
            "properties": {
                "title": title,
                "region": plan.region,
                "period": PERIOD_SECONDS,
                "metrics": [
                    [metrics.namespace, metric, *where, {"stat": stat}] for metric, stat in lines
                ],
            },
        }

    counted = [metrics.requests, metrics.errors, *([metrics.unserved] if metrics.unserved else [])]
    return {
        "widgets": [
            graph("requests and failures", 0, [(metric, "Sum") for metric in counted]),
            graph("latency", 1, [(metrics.latency, "p50"), (metrics.latency, "p99")]),
        ]
    }


def _counted(name: str, metric: str, metrics: Metrics) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=name,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=metrics.namespace,
            metric_name=metric,
            dimensions=dict(metrics.dimensions),
            period=PERIOD_SECONDS,
            stat="Sum",
        ),
        return_data=False,
    )
