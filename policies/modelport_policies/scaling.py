"""Rules that a service of machines has something that counts them by its load, on every cloud."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from modelport_policies.conditions import declared_fixed
from modelport_policies.relations import of_type, without_partner
from modelport_policies.rule import (
    ADVICE_IN_DEV,
    STRICT_IN_PROD,
    Levels,
    Resource,
    Rule,
    Sample,
    Settings,
    StackCheck,
)
from modelport_policies.values import UNKNOWN, text

_TARGET = "aws:appautoscaling/target:Target"
_SERVICE = "aws:ecs/service:Service"
_GROUP = "aws:autoscaling/group:Group"
_SCHEDULE = "aws:autoscaling/schedule:Schedule"
_SETTING = "azure-native:monitor:AutoscaleSetting"
_DEPLOYMENT = "azure-native:machinelearningservices:OnlineDeployment"
_SET = "azure-native:compute:VirtualMachineScaleSet"
_FIX = 'replicas: {min: 1, max: 4} in the target, or the tag "scaling": "fixed"'
_COUNTS = "machines for the busiest hour are otherwise paid for in every other one"


def _scaled(
    owner: str,
    scaler: str,
    by: str,
    name: str,
    says: str,
    excused: Callable[[Resource], bool],
) -> StackCheck:
    """A check that each owner is named by a scaler, or excused."""

    def check(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
        owners = [item for item in of_type(resources, owner) if not excused(item)]
        for item in without_partner(owners, of_type(resources, scaler), (by,), (name,)):
            yield item, says

    return check


def _everywhere_once(resource: Resource) -> bool:
    """Whether a service has one task on each machine, which nothing counts."""
    kind = text(resource.properties, "schedulingStrategy")
    return kind in ("DAEMON", UNKNOWN) or declared_fixed(resource.properties)


def _rule(
    *,
    rule_id: str,
    title: str,
    owner: str,
    scaler: str,
    by: str,
    path: str,
    name: str,
    says: str,
    fix: str,
    source: str,
    excused: Callable[[Resource], bool] = lambda resource: declared_fixed(resource.properties),
    rationale: str = _COUNTS,
    levels: Levels = STRICT_IN_PROD,
    also_passes: tuple[Sample, ...] = (),
) -> Rule:
    def sample(called: str, **more: Any) -> Sample:
        return Sample(owner, {name: f"{rule_id}-{called}", **more})

    def scales(called: str) -> Sample:
        return Sample(scaler, {by: f"{path}{rule_id}-{called}"})

    def beside(called: str, other: str) -> Sample:
        return Sample(owner, sample(called).properties, beside=(scales(other),))

    return Rule(
        id=rule_id,
        title=title,
        severity="medium",
        types=(owner, scaler),
        rationale=rationale,
        fix=fix,
        sources=(source,),
        levels=levels,
        passes=beside("grows", "grows"),
        fails=sample("stays"),
        also_passes=(sample("meant", tags={"scaling": "fixed"}), *also_passes),
        also_fails=(beside("a", "b"),),
        stack_check=_scaled(owner, scaler, by, name, says, excused),
    )


TASKS_COUNTED = _rule(
    rule_id="cost-ecs-autoscaling",
    title="An ECS service's tasks are counted by its load.",
    owner=_SERVICE,
    scaler=_TARGET,
    by="resourceId",
    path="service/models/",
    name="name",
    says="has no appautoscaling Target, so at night it costs what it does at noon",
    excused=_everywhere_once,
    fix=f"appautoscaling.Target and Policy on ecs:service:DesiredCount, {_FIX}",
    source="steampipe-mod-aws-thrifty, 'ECS service should use autoscaling policy'",
    also_passes=(Sample(_SERVICE, {"name": "daemon", "schedulingStrategy": "DAEMON"}),),
)

NIGHTS_OFF_IN_DEV = _rule(
    rule_id="cost-asg-dev-schedule",
    title="In dev a group of machines is put to sleep at night.",
    owner=_GROUP,
    scaler=_SCHEDULE,
    by="autoscalingGroupName",
    path="",
    name="name",
    says="has no Schedule, so in dev it is paid for at night as well",
    rationale="in dev two hours of three are nights and weekends",
    fix='autoscaling.Schedule(autoscaling_group_name=group.name, recurrence="0 19 * * *", …)',
    source="cloud-custodian, off-hours policies",
    levels=ADVICE_IN_DEV,
)

DEPLOYMENTS_COUNTED = _rule(
    rule_id="cost-aml-autoscale",
    title="An online deployment's instances are counted by its load.",
    owner=_DEPLOYMENT,
    scaler=_SETTING,
    by="targetResourceUri",
    path="/subscriptions/1/onlineEndpoints/e/deployments/",
    name="deploymentName",
    says="has no AutoscaleSetting, so at night it costs what it does at noon",
    fix=f"monitor.AutoscaleSetting(target_resource_uri=deployment.id, …), {_FIX}",
    source="Azure Machine Learning, 'Autoscale online endpoints'",
)

SETS_COUNTED = _rule(
    rule_id="cost-azvmss-autoscale",
    title="A scale set's machines are counted by their load.",
    owner=_SET,
    scaler=_SETTING,
    by="targetResourceUri",
    path="/subscriptions/1/virtualMachineScaleSets/",
    name="vmScaleSetName",
    says="has no AutoscaleSetting, so at night it costs what it does at noon",
    fix=f"monitor.AutoscaleSetting(target_resource_uri=machines.id, …), {_FIX}",
    source="Azure Monitor, 'Overview of autoscale'",
)

SCALING = (TASKS_COUNTED, NIGHTS_OFF_IN_DEV, DEPLOYMENTS_COUNTED, SETS_COUNTED)
