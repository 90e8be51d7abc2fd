"""Alarms: metric alerts on failed and slow requests, and a workbook that shows both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.plan import AzurePlan

_CRITERIA = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a platform measures of an endpoint, in the words of Azure Monitor."""

    namespace: str
    """E.g. `Microsoft.App/containerApps`."""
    requests: str
    """Metric that counts requests."""
    failures: str
    """Metric that counts failed ones, perhaps with `failed`."""
    latency: str
    """Metric of the time that a request takes."""
    latency_per_second: float
    """Units of that metric in one second: 1,000 for milliseconds."""
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Dimensions that tell failed requests from others."""


def watch(plan: AzurePlan, where: Group, metrics: Metrics, resource: pulumi.Input[str]) -> None:
    """Alerts and a workbook, on what the plan says is too much."""
    _alarms(plan, where, metrics, resource)
    _workbook(plan, where, metrics, resource)


def _alarms(plan: AzurePlan, where: Group, metrics: Metrics, resource: pulumi.Input[str]) -> None:
    """Alerts of the last five minutes, looked at every minute."""
    failing = _criterion(metrics, metrics.failures, plan.failures, "Total", metrics.failed)
    said = f"{plan.failures:g} requests or more failed"
    _alert(plan, where, "errors", said, resource, failing)
    if plan.slow_seconds is not None:
        threshold = plan.slow_seconds * metrics.latency_per_second
        slow = _criterion(metrics, metrics.latency, threshold, "Average", {})
        said = f"requests take {plan.slow_seconds:g} s on average"
        _alert(plan, where, "latency", said, resource, slow)


def _workbook(plan: AzurePlan, where: Group, metrics: Metrics, resource: pulumi.Input[str]) -> None:
    """Requests, failures and latency on one page."""
    content = pulumi.Output.from_input(resource).apply(lambda found: _content(metrics, found))
    azure.applicationinsights.Workbook(
        f"{plan.name}-workbook",
        resource_name_=plan.guid("workbook"),
        resource_group_name=where.name,
        location=plan.region,
        display_name=plan.physical_name,
        category="workbook",
        kind="shared",
        serialized_data=content,
        tags=plan.tags,
        opts=where.opts,
    )


def _alert(
    plan: AzurePlan,
    where: Group,
    name: str,
    text: str,
    resource: pulumi.Input[str],
    criterion: azure.monitor.MetricCriteriaArgs,
) -> None:
    azure.monitor.MetricAlert(
        f"{plan.name}-{name}",
        rule_name=f"{plan.physical_name}-{name}",
        resource_group_name=where.name,
        location="global",
        description=f"{plan.physical_name}: {text}",
        enabled=True,
        severity=2,
        scopes=[resource],
        evaluation_frequency="PT1M",
        window_size="PT5M",
        auto_mitigate=True,
        criteria=azure.monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
            odata_type=_CRITERIA, all_of=[criterion]
        ),
        tags=plan.tags,
        opts=where.opts,
    )


def _criterion(
    metrics: Metrics, metric: str, threshold: float, over: str, dimensions: Mapping[str, str]
) -> azure.monitor.MetricCriteriaArgs:
    return azure.monitor.MetricCriteriaArgs(
        name="condition",
        criterion_type="StaticThresholdCriterion",
        metric_namespace=metrics.namespace,
        metric_name=metric,
        operator="GreaterThanOrEqual",
        threshold=threshold,
        time_aggregation=over,
        dimensions=[
            azure.monitor.MetricDimensionArgs(name=name, operator="Include", values=[value])
            for name, value in dimensions.items()
        ],
    )


def _content(metrics: Metrics, resource: str) -> str:
    names = (metrics.requests, metrics.failures, metrics.latency)
    charts = [
        {
            "type": 10,
            "name": name,
            "content": {
                "version": "MetricsItem/2.0",
                "size": 0,
                "chartType": 2,
                "resourceType": metrics.namespace.lower(),
                "metricScope": 0,
                "resourceIds": [resource],
                "timeContext": {"durationMs": 3600000},
                "metrics": [
                    {
                        "namespace": metrics.namespace.lower(),
                        "metric": f"{metrics.namespace.lower()}--{name}",
                    }
                ],
            },
        }
        for name in dict.fromkeys(names)
    ]
    return json.dumps({"version": "Notebook/1.0", "items": charts})
