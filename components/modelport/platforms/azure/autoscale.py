"""Autoscale: instances by the use of their processors."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.plan import AzurePlan

_COOL_DOWN = "PT5M"
_monitor = azure.monitor


def autoscale(
    plan: AzurePlan,
    where: Group,
    resource_name: str,
    name: str,
    target: pulumi.Input[str],
    *,
    metric: str,
    percent: float,
) -> azure.monitor.AutoscaleSetting:
    """One more above a use of processors, one less below half of it.

    Args:
        plan: The deployment; its replicas are the bounds.
        where: Its group.
        resource_name: Name of the resource in the program.
        name: Name of the setting.
        target: Id of what is scaled, whose metric is looked at.
        metric: The metric, in percent.
        percent: Use over which an instance is added.
    """
    up, down = azure.monitor.ScaleDirection.INCREASE, azure.monitor.ScaleDirection.DECREASE
    more = azure.monitor.ComparisonOperationType.GREATER_THAN
    less = azure.monitor.ComparisonOperationType.LESS_THAN
    profile = azure.monitor.AutoscaleProfileArgs(
        name="load",
        capacity=azure.monitor.ScaleCapacityArgs(
            minimum=str(plan.replicas_min),
            maximum=str(plan.replicas_max),
            default=str(plan.replicas_min),
        ),
        rules=[
            _rule(target, metric, more, percent, up),
            # An idle endpoint must shrink: this direction is easily written wrong.
            _rule(target, metric, less, percent / 2, down),
        ],
    )
    return azure.monitor.AutoscaleSetting(
        resource_name,
        autoscale_setting_name=name,
        name=name,
        resource_group_name=where.name,
        location=plan.region,
        enabled=True,
        target_resource_uri=target,
        profiles=[profile],
        tags=plan.tags,
        opts=where.opts,
    )


def _rule(
    target: pulumi.Input[str],
    metric: str,
    operator: azure.monitor.ComparisonOperationType,
    percent: float,
    direction: azure.monitor.ScaleDirection,
) -> azure.monitor.ScaleRuleArgs:
    return azure.monitor.ScaleRuleArgs(
        metric_trigger=azure.monitor.MetricTriggerArgs(
            metric_name=metric,
            metric_resource_uri=target,
            operator=operator,
            statistic=_monitor.MetricStatisticType.AVERAGE,
            time_aggregation=_monitor.TimeAggregationType.AVERAGE,
            time_grain="PT1M",
            time_window="PT5M",
            threshold=percent,
        ),
        scale_action=azure.monitor.ScaleActionArgs(
            direction=direction,
            type=_monitor.ScaleType.CHANGE_COUNT,
            value="1",
            cooldown=_COOL_DOWN,
        ),
    )
