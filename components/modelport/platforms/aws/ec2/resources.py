"""The resources of kind `aws.ec2`: a group of machines for each revision, and what is before them.

The groups stand beside each other behind one rule of the load balancer, whose weights move the
traffic. They are not refreshed in place: the provider writes a new launch template into the group
before its instance refresh, so that AWS would go back to what had failed
(https://github.com/hashicorp/terraform-provider-aws/issues/34189).
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
from modelport.platforms.aws.ec2.live import REVISION_HEADER
from modelport.platforms.aws.ec2.machines import group, launch_template
from modelport.platforms.aws.ec2.plan import Ec2Plan
from modelport.platforms.aws.encryption import encryption_key
from modelport.platforms.aws.identity import Statement, granted_role, pull_image, write_logs
from modelport.platforms.aws.image import model_image
from modelport.platforms.aws.logs import log_group, tail_command
from modelport.platforms.aws.network import service_group, serving_network
from modelport.platforms.aws.place import reach
from modelport.platforms.container import PORT, caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.proving import live_before, prove

_LAST = 50_000
"""Place of the rule for everybody's requests; those that name a revision come before it."""


def build(plan: Ec2Plan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; load balancer and rule never change their names."""
    where = account(plan, parent)
    key = encryption_key(plan, where)
    images = model_image(plan, where, key, architecture=plan.architecture)
    callers = caller_key(plan, where.opts)
    logs_name = f"/modelport/{plan.physical_name}"
    logs = log_group(plan, where, key, logs_name)
    network = serving_network(plan, where, plan.place)
    entry = balancer(plan, where, network, plan.place, plan.naming, idle_seconds=plan.timeout)
    metrics = balancer_metrics(entry)
    watch(plan, where, metrics, accepted=plan.error_rate, slow=plan.slow_seconds)
    targets = target_group(plan, where, network, plan.revision, target_type="instance")
    rule = forward(plan, where, entry, [(targets, 100)], held=True, priority=_LAST)
    alone = _alone(plan, where, entry, targets)
    names: dict[str, pulumi.Input[str]] = {
        "region": plan.region,
        "service": plan.physical_name,
        "rule": rule.arn,
        "balancer": entry.load_balancer.arn_suffix,
        "url": entry.url,
        "reach": reach(plan.place, plan.naming),
    }
    before = live_before(plan, names, where.opts)
    profile, granted = _profile(plan, where, [*pull_image(images.repository), *write_logs(logs)])
    members, rules = service_group(plan, where, network, entry.group, PORT)
    variables = container_variables(plan, callers)
    template = launch_template(plan, where, images.reference, variables, logs, profile, members)
    after = [alone, *granted, *rules, *network.parts]
    machines = group(plan, where, network, template, targets, before, after)
    scaling = _autoscaling(plan, where, entry, targets, machines)
    return prove(
        plan,
        names=names,
        url=entry.url,
        log=tail_command(plan, logs_name),
        digest=images.digest,
        key=callers.value,
        moves_traffic=True,
        replicas_min=plan.replicas_min,
        opts=where.after(rule, machines, *scaling, *entry.parts),
    )


def _alone(
    plan: Ec2Plan, where: Account, entry: Balancer, targets: aws.lb.TargetGroup
) -> aws.lb.ListenerRule:
    """Requests that name the revision get it, so that it can be asked before it has traffic.

    By this rule, too, the load balancer looks after the health of machines without traffic.
    """
    return aws.lb.ListenerRule(
        f"{plan.name}-{plan.revision}-alone",
        listener_arn=entry.listener.arn,
        priority=int(plan.revision[1:], 16) % (_LAST - 1) + 1,
        conditions=[
            aws.lb.ListenerRuleConditionArgs(
                http_header=aws.lb.ListenerRuleConditionHttpHeaderArgs(
                    http_header_name=REVISION_HEADER, values=[plan.revision]
                )
            )
        ],
        actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=targets.arn)],
        tags=plan.tags,
        opts=where.opts,
    )


def _profile(
    plan: Ec2Plan, where: Account, statements: list[Statement]
) -> tuple[aws.iam.InstanceProfile, list[pulumi.Resource]]:
    """What a machine may do: get the image, write the log, and be entered if that was asked for."""
    role, granted = granted_role(
        plan,
        where,
        "ec2.amazonaws.com",
        [*statements, *(_be_entered() if plan.session_manager else [])],
        confused_deputy=False,
    )
    profile = aws.iam.InstanceProfile(
        f"{plan.name}-profile", role=role.name, tags=plan.tags, opts=where.opts
    )
    return profile, [*granted, profile]


def _be_entered() -> list[Statement]:
    """What Session Manager needs at least; its actions name no resource.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
    """
    actions = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    return [{"Effect": "Allow", "Action": actions, "Resource": "*"}]


def _autoscaling(
    plan: Ec2Plan,
    where: Account,
    entry: Balancer,
    targets: aws.lb.TargetGroup,
    machines: aws.autoscaling.Group,
) -> list[pulumi.Resource]:
    """Machines by the requests that each of them gets a minute; none where the count is fixed."""
    if plan.replicas_min == plan.replicas_max:
        return []
    label = pulumi.Output.format("{0}/{1}", entry.load_balancer.arn_suffix, targets.arn_suffix)
    specification = (
        aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs
    )
    policy = aws.autoscaling.Policy(
        f"{plan.name}-{plan.revision}-scale-by-load",
        name=f"{plan.physical_name}-by-load",
        autoscaling_group_name=machines.name,
        policy_type="TargetTrackingScaling",
        target_tracking_configuration=aws.autoscaling.PolicyTargetTrackingConfigurationArgs(
            target_value=plan.requests_per_minute,
            predefined_metric_specification=specification(
                predefined_metric_type="ALBRequestCountPerTarget", resource_label=label
            ),
        ),
        opts=where.opts,
    )
    return [policy]
