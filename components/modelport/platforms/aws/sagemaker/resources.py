"""The resources of kind `aws.sagemaker`: model, configuration, endpoint, and what guards them."""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account, account
from modelport.platforms.aws.alarms import Metrics, watch
from modelport.platforms.aws.encryption import encryption_key
from modelport.platforms.aws.identity import (
    Statement,
    decrypt,
    pull_image,
    service_role,
    write_logs,
)
from modelport.platforms.aws.image import ModelImage, model_image
from modelport.platforms.aws.logs import log_group, tail_command
from modelport.platforms.aws.sagemaker.plan import VARIANT, SageMakerPlan
from modelport.platforms.container import caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import live_before, prove
from modelport.resources import LiveRevision

_LONGEST_UPDATE = 4 * 3600
"""Seconds after which SageMaker itself ends an update."""
_COOL_DOWN = 300
"""Seconds between two scalings in one direction."""
_HELD = ["productionVariants[0].initialInstanceCount"]
"""Load decides the count: what it has become since must not be set back."""


def build(plan: SageMakerPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; the endpoint itself never changes its name."""
    where = account(plan, parent)
    key = encryption_key(plan, where)
    images = model_image(plan, where, key)
    callers = caller_key(plan, where.opts)
    logs_name = f"/aws/sagemaker/Endpoints/{plan.physical_name}"
    group = log_group(plan, where, key, logs_name)
    names: dict[str, pulumi.Input[str]] = {
        "region": plan.region,
        "endpoint": plan.physical_name,
    }
    before = live_before(plan, names, where.opts)
    metrics = _metrics(plan)
    alarms = watch(plan, where, metrics, accepted=plan.error_rate, slow=plan.slow_seconds)
    statements = [
        *pull_image(images.repository),
        *write_logs(group),
        *decrypt(key),
        *_watch(alarms),
        *(_join_network() if plan.subnets else []),
    ]
    role = service_role(plan, where, "sagemaker.amazonaws.com", statements)
    model = _model(plan, where, images, role, container_variables(plan, callers))
    configuration = _configuration(plan, where, model, key, before)
    endpoint = aws.sagemaker.Endpoint(
        f"{plan.name}-endpoint",
        name=plan.physical_name,
        endpoint_config_name=configuration.name,
        deployment_config=_deployment(plan, alarms),
        tags=plan.tags,
        opts=where.after(group, *alarms),
    )
    scaling = _autoscaling(plan, where, endpoint)
    url = endpoint.name.apply(
        lambda name: (
            f"https://runtime.sagemaker.{plan.region}.amazonaws.com/endpoints/{name}/invocations"
        )
    )
    return prove(
        plan,
        names=names,
        url=url,
        log=tail_command(plan, logs_name),
        digest=images.digest,
        replicas_min=plan.replicas_min,
        opts=where.after(endpoint, *scaling),
    )


def _model(
    plan: SageMakerPlan,
    where: Account,
    images: ModelImage,
    role: aws.iam.Role,
    variables: dict[str, pulumi.Input[str]],
) -> aws.sagemaker.Model:
    network = None
    if plan.subnets:
        network = aws.sagemaker.ModelVpcConfigArgs(
            subnets=list(plan.subnets), security_group_ids=[_security_group(plan, where).id]
        )
    return aws.sagemaker.Model(
        f"{plan.name}-{plan.revision}-model",
        name=f"{plan.physical_name}-{plan.revision}",
        execution_role_arn=role.arn,
        primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
            image=images.reference, environment=variables
        ),
        # Nothing goes out of a container that was given no network.
        enable_network_isolation=not plan.subnets,
        vpc_config=network,
        tags={**plan.tags, "model-version": plan.version},
        opts=where.opts,
    )


def _configuration(
    plan: SageMakerPlan,
    where: Account,
    model: aws.sagemaker.Model,
    key: aws.kms.Key,
    before: LiveRevision,
) -> aws.sagemaker.EndpointConfiguration:
    """A configuration is never changed: each revision has one of its own name."""
    count = before.replicas.apply(
        lambda running: min(max(running, plan.replicas_min), plan.replicas_max)
    )
    return aws.sagemaker.EndpointConfiguration(
        f"{plan.name}-{plan.revision}-config",
        name=f"{plan.physical_name}-{plan.revision}",
        kms_key_arn=key.arn if plan.volume_key else None,
        production_variants=[
            aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                variant_name=VARIANT,
                model_name=model.name,
                instance_type=plan.instance,
                initial_instance_count=count,
                initial_variant_weight=1,
                volume_size_in_gb=plan.disk_gib if plan.volume_key else None,
                container_startup_health_check_timeout_in_seconds=plan.start_timeout,
            )
        ],
        tags={**plan.tags, "model-version": plan.version},
        opts=pulumi.ResourceOptions.merge(where.opts, pulumi.ResourceOptions(ignore_changes=_HELD)),
    )


def _deployment(
    plan: SageMakerPlan, alarms: list[aws.cloudwatch.MetricAlarm]
) -> aws.sagemaker.EndpointDeploymentConfigArgs:
    rollback = aws.sagemaker.EndpointDeploymentConfigAutoRollbackConfigurationArgs(
        alarms=[
            aws.sagemaker.EndpointDeploymentConfigAutoRollbackConfigurationAlarmArgs(
                alarm_name=alarm.name
            )
            for alarm in alarms
        ]
    )
    if plan.routing == "ROLLING":
        size = aws.sagemaker.EndpointDeploymentConfigRollingUpdatePolicyMaximumBatchSizeArgs(
            type="CAPACITY_PERCENT", value=plan.step_percent
        )
        rolling = aws.sagemaker.EndpointDeploymentConfigRollingUpdatePolicyArgs(
            maximum_batch_size=size,
            wait_interval_in_seconds=plan.bake_seconds,
            maximum_execution_timeout_in_seconds=_LONGEST_UPDATE,
        )
        return aws.sagemaker.EndpointDeploymentConfigArgs(
            rolling_update_policy=rolling, auto_rollback_configuration=rollback
        )
    blue_green = aws.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyArgs(
        traffic_routing_configuration=_routing(plan),
        termination_wait_in_seconds=max(plan.bake_seconds, 120),
        maximum_execution_timeout_in_seconds=_LONGEST_UPDATE,
    )
    return aws.sagemaker.EndpointDeploymentConfigArgs(
        blue_green_update_policy=blue_green, auto_rollback_configuration=rollback
    )


def _routing(
    plan: SageMakerPlan,
) -> aws.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationArgs:
    policy = (
        aws.sagemaker.EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationArgs
    )
    step = {"type": "CAPACITY_PERCENT", "value": plan.step_percent}
    return policy(
        type=plan.routing,
        wait_interval_in_seconds=plan.bake_seconds,
        canary_size=step if plan.routing == "CANARY" else None,  # pyright: ignore[reportArgumentType]
        linear_step_size=step if plan.routing == "LINEAR" else None,  # pyright: ignore[reportArgumentType]
    )


def _autoscaling(
    plan: SageMakerPlan, where: Account, endpoint: aws.sagemaker.Endpoint
) -> list[pulumi.Resource]:
    """Instances by the requests that each of them gets a minute; none where the count is fixed."""
    if plan.replicas_min == plan.replicas_max:
        return []
    target = aws.appautoscaling.Target(
        f"{plan.name}-scale",
        service_namespace="sagemaker",
        scalable_dimension="sagemaker:variant:DesiredInstanceCount",
        resource_id=endpoint.name.apply(lambda name: f"endpoint/{name}/variant/{VARIANT}"),
        min_capacity=plan.replicas_min,
        max_capacity=plan.replicas_max,
        tags=plan.tags,
        opts=where.after(endpoint),
    )
    tracking = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
        target_value=plan.invocations_per_instance,
        predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
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


def _metrics(plan: SageMakerPlan) -> Metrics:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html."""
    return Metrics(
        namespace="AWS/SageMaker",
        dimensions={"EndpointName": plan.physical_name, "VariantName": VARIANT},
        requests="Invocations",
        errors="Invocation5XXErrors",
        latency="ModelLatency",
        latency_per_second=1e6,
    )


def _watch(alarms: list[aws.cloudwatch.MetricAlarm]) -> list[Statement]:
    """SageMaker asks the alarms in the name of the endpoint's role."""
    arns = [alarm.arn for alarm in alarms]
    return [{"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": arns}]


def _join_network() -> list[Statement]:
    """What SageMaker needs to put containers into subnets; these actions name no resource.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    actions = [
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ]
    return [{"Effect": "Allow", "Action": actions, "Resource": "*"}]


def _security_group(plan: SageMakerPlan, where: Account) -> aws.ec2.SecurityGroup:
    """Nothing comes in, since SageMaker does not call through it, and only TLS goes out."""
    return aws.ec2.SecurityGroup(
        f"{plan.name}-network",
        description=f"Containers of {plan.physical_name}",
        vpc_id=plan.vpc,
        egress=[
            aws.ec2.SecurityGroupEgressArgs(
                description="TLS inside and through endpoints of the network",
                protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_blocks=["0.0.0.0/0"],
            )
        ],
        tags=plan.tags,
        opts=where.opts,
    )
