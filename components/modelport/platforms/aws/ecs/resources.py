"""The resources of kind `aws.ecs`: cluster, task definitions, service, and what is before it.

The service always knows two target groups and the rule between them, whatever its present
strategy: a rollout may change from one update to the next, and ECS keeps to the group that has the
traffic (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-bluegreen-to-rolling.html).
"""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account, account
from modelport.platforms.aws.alarms import watch
from modelport.platforms.aws.balancer import (
    Balancer,
    balancer,
    balancer_metrics,
    forward,
    target_group,
)
from modelport.platforms.aws.ecs.plan import EcsPlan
from modelport.platforms.aws.ecs.roles import balancing_role
from modelport.platforms.aws.ecs.task import CONTAINER, task_definition
from modelport.platforms.aws.encryption import encryption_key
from modelport.platforms.aws.image import model_image
from modelport.platforms.aws.logs import log_group, tail_command
from modelport.platforms.aws.network import ServingNetwork, service_group, serving_network
from modelport.platforms.aws.place import reach
from modelport.platforms.container import PORT, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import prove

_HELD = ["desiredCount"]
"""Load decides the count: what it has become since must not be set back."""
_COOL_DOWN = 120
"""Seconds between two scalings in one direction."""
_START_SECONDS = 120
"""Seconds in which a task may be unready after its start."""


def build(plan: EcsPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; the service itself never changes its name."""
    where = account(plan, parent)
    key = encryption_key(plan, where)
    images = model_image(plan, where, key, architecture=plan.architecture)
    callers = caller_key(plan, where.opts)
    logs_name = f"/aws/ecs/{plan.physical_name}"
    group = log_group(plan, where, key, logs_name)
    network = serving_network(plan, where, plan.place)
    entry = balancer(plan, where, network, plan.place, plan.naming, idle_seconds=plan.timeout)
    metrics = balancer_metrics(entry)
    alarms = watch(plan, where, metrics, accepted=plan.error_rate, slow=plan.slow_seconds)
    task, granted = task_definition(plan, where, images, group, container_variables(plan, callers))
    cluster = _cluster(plan, where)
    service = _service(plan, where, network, entry, cluster, task, alarms, granted)
    scaling = _autoscaling(plan, where, service)
    names: dict[str, pulumi.Input[str]] = {
        "region": plan.region,
        "service": plan.physical_name,
        "url": entry.url,
        "reach": reach(plan.place, plan.naming),
    }
    return prove(
        plan,
        names=names,
        url=entry.url,
        log=tail_command(plan, logs_name),
        digest=images.digest,
        key=callers.value,
        replicas_min=plan.replicas_min,
        opts=where.after(service, *scaling, *entry.parts),
    )


def _cluster(plan: EcsPlan, where: Account) -> aws.ecs.ClusterCapacityProviders:
    """A cluster that costs nothing by itself; production measures every task."""
    cluster = aws.ecs.Cluster(
        f"{plan.name}-cluster",
        name=plan.physical_name,
        settings=[
            aws.ecs.ClusterSettingArgs(
                name="containerInsights",
                value="enabled" if plan.environment == "prod" else "disabled",
            )
        ],
        tags=plan.tags,
        opts=where.opts,
    )
    return aws.ecs.ClusterCapacityProviders(
        f"{plan.name}-capacity",
        cluster_name=cluster.name,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        opts=where.opts,
    )


def _service(
    plan: EcsPlan,
    where: Account,
    network: ServingNetwork,
    entry: Balancer,
    cluster: aws.ecs.ClusterCapacityProviders,
    task: aws.ecs.TaskDefinition,
    alarms: list[aws.cloudwatch.MetricAlarm],
    granted: list[pulumi.Resource],
) -> aws.ecs.Service:
    blue, green = (target_group(plan, where, network, colour) for colour in ("blue", "green"))
    rule = forward(plan, where, entry, [(blue, 100), (green, 0)], held=True)
    role, balancing = balancing_role(plan, where, entry.listener, rule, [blue, green])
    members, rules = service_group(plan, where, network, entry.group, PORT)
    update = f"{plan.update_minutes}m"
    return aws.ecs.Service(
        f"{plan.name}-service",
        name=plan.physical_name,
        cluster=cluster.cluster_name,
        task_definition=task.arn,
        desired_count=plan.replicas_min,
        capacity_provider_strategies=_capacity(plan),
        force_new_deployment=True,  # a change of capacity would replace the service otherwise
        network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
            subnets=network.private, security_groups=[members.id], assign_public_ip=False
        ),
        load_balancers=[
            aws.ecs.ServiceLoadBalancerArgs(
                target_group_arn=blue.arn,
                container_name=CONTAINER,
                container_port=PORT,
                advanced_configuration=aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgs(
                    alternate_target_group_arn=green.arn,
                    production_listener_rule=rule.arn,
                    role_arn=role.arn,
                ),
            )
        ],
        health_check_grace_period_seconds=_START_SECONDS,
        deployment_minimum_healthy_percent=100,
        deployment_maximum_percent=plan.most_percent,
        deployment_configuration=_deployment(plan),
        deployment_circuit_breaker=_circuit_breaker(plan),
        alarms=aws.ecs.ServiceAlarmsArgs(
            alarm_names=[alarm.name for alarm in alarms], enable=True, rollback=True
        ),
        enable_execute_command=False,
        enable_ecs_managed_tags=True,
        propagate_tags="SERVICE",
        wait_for_steady_state=True,
        tags={**plan.tags, "model-version": plan.version},
        opts=pulumi.ResourceOptions.merge(
            where.after(rule, *rules, *granted, *balancing, *network.parts),
            pulumi.ResourceOptions(
                ignore_changes=_HELD,
                custom_timeouts=pulumi.CustomTimeouts(create=update, update=update),
            ),
        ),
    )


def _capacity(plan: EcsPlan) -> list[aws.ecs.ServiceCapacityProviderStrategyArgs]:
    """Tasks on demand; with spot, only those that must always be there."""
    strategy = aws.ecs.ServiceCapacityProviderStrategyArgs
    if not plan.spot:
        return [strategy(capacity_provider="FARGATE", weight=1)]
    return [
        strategy(capacity_provider="FARGATE", base=plan.replicas_min, weight=0),
        strategy(capacity_provider="FARGATE_SPOT", weight=1),
    ]


def _deployment(plan: EcsPlan) -> aws.ecs.ServiceDeploymentConfigurationArgs:
    if plan.strategy == "ROLLING":
        return aws.ecs.ServiceDeploymentConfigurationArgs(strategy="ROLLING")
    canary = aws.ecs.ServiceDeploymentConfigurationCanaryConfigurationArgs(
        canary_percent=plan.step_percent, canary_bake_time_in_minutes=str(plan.step_minutes)
    )
    linear = aws.ecs.ServiceDeploymentConfigurationLinearConfigurationArgs(
        step_percent=plan.step_percent, step_bake_time_in_minutes=str(plan.step_minutes)
    )
    return aws.ecs.ServiceDeploymentConfigurationArgs(
        strategy=plan.strategy,
        bake_time_in_minutes=str(plan.after_minutes),
        canary_configuration=canary if plan.strategy == "CANARY" else None,
        linear_configuration=linear if plan.strategy == "LINEAR" else None,
    )


def _circuit_breaker(
    plan: EcsPlan,
) -> aws.ecs.ServiceDeploymentCircuitBreakerArgs | None:
    """ECS takes it for rolling updates alone; the other strategies go back by themselves.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html
    """
    if plan.strategy != "ROLLING":
        return None
    return aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True)


def _autoscaling(plan: EcsPlan, where: Account, service: aws.ecs.Service) -> list[pulumi.Resource]:
    """Tasks by the use of their processors.

    Requests for each target would be those of one target group, and the traffic changes groups.
    The bounds hold where the count is fixed, too: the service ignores its own.
    """
    target = aws.appautoscaling.Target(
        f"{plan.name}-scale",
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.format("service/{0}/{1}", plan.physical_name, service.name),
        min_capacity=plan.replicas_min,
        max_capacity=plan.replicas_max,
        tags=plan.tags,
        opts=where.opts,
    )
    if plan.replicas_min == plan.replicas_max:
        return [target]
    tracking = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
        target_value=plan.cpu_percent,
        predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
            predefined_metric_type="ECSServiceAverageCPUUtilization"
        ),
        scale_in_cooldown=_COOL_DOWN,
        scale_out_cooldown=_COOL_DOWN,
    )
    policy = aws.appautoscaling.Policy(
        f"{plan.name}-scale-by-load",
        name=f"{plan.physical_name}-by-load",
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        target_tracking_scaling_policy_configuration=tracking,
        opts=where.opts,
    )
    return [target, policy]
