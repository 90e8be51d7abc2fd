"""Autoscale: instances of a deployment by the use of their processors."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.ml.plan import AzureMlPlan

_COOL_DOWN = "PT5M"
_monitor = azure.monitor
_UP, _DOWN = _monitor.ScaleDirection.INCREASE, _monitor.ScaleDirection.DECREASE


def autoscale(
    plan: AzureMlPlan,
    where: Group,
    deployment: azure.machinelearningservices.OnlineDeployment,
) -> list[pulumi.Resource]:
    """One more above the target, one less below half of it; nothing where the count is fixed."""
    if plan.replicas_min == plan.replicas_max:
        return []
    profile = azure.monitor.AutoscaleProfileArgs(
        name="load",
        capacity=azure.monitor.ScaleCapacityArgs(
            minimum=str(plan.replicas_min),
            maximum=str(plan.replicas_max),
            default=str(plan.replicas_min),
        ),
        rules=[
            _rule(deployment, _monitor.ComparisonOperationType.GREATER_THAN, plan.cpu_target, _UP),
            # An idle endpoint must shrink: this direction is easily written wrong.
            _rule(
                deployment, _monitor.ComparisonOperationType.LESS_THAN, plan.cpu_target / 2, _DOWN
            ),
        ],
    )
    setting = azure.monitor.AutoscaleSetting(
        f"{plan.name}-{plan.revision}-scale",
        autoscale_setting_name=f"{plan.physical_name}-{plan.revision}",
        name=f"{plan.physical_name}-{plan.revision}",
        resource_group_name=where.name,
        location=plan.region,
        enabled=True,
        target_resource_uri=deployment.id,
        profiles=[profile],
        tags=plan.tags,
        opts=where.opts,
    )
    return [setting]


def _rule(
    deployment: azure.machinelearningservices.OnlineDeployment,
    operator: azure.monitor.ComparisonOperationType,
    percent: float,
    direction: azure.monitor.ScaleDirection,
) -> azure.monitor.ScaleRuleArgs:
    return azure.monitor.ScaleRuleArgs(
        metric_trigger=azure.monitor.MetricTriggerArgs(
            metric_name="CpuUtilizationPercentage",
            metric_resource_uri=deployment.id,
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
