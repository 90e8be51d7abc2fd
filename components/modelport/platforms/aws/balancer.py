"""Balancer: an Application Load Balancer, inside or facing the internet, and what it balances."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.plan.names import bounded
from modelport.platforms.aws.account import Account
from modelport.platforms.aws.alarms import Metrics
from modelport.platforms.aws.certificate import certificate, point_domain
from modelport.platforms.aws.network import HTTP, TLS, ServingNetwork, let_in, security_group
from modelport.platforms.aws.place import Naming, Place
from modelport.platforms.container import PORT, READY

_LONGEST = 32
"""Characters of a name: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
API_CreateLoadBalancer.html."""
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3 only."""
_ALIVE = 30
"""Seconds in which what is taken away may finish its requests."""
IDLE_SECONDS = 60
"""Seconds after which a load balancer gives up on an answer, unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Balancer:
    """A load balancer that answers 404 until `forward` says where requests go."""

    load_balancer: aws.lb.LoadBalancer
    group: aws.ec2.SecurityGroup
    """Its security group; `network.service_group` lets it through."""
    listener: aws.lb.Listener
    """Where requests come in: 443 with a domain, else 80."""
    url: pulumi.Output[str]
    """`https://<domain>`, or the load balancer's own name without TLS."""
    parts: list[pulumi.Resource]
    """What must be there before it can be asked by its name."""


def balancer(
    plan: CloudPlan,
    where: Account,
    network: ServingNetwork,
    place: Place,
    naming: Naming,
    *,
    idle_seconds: int = IDLE_SECONDS,
) -> Balancer:
    """A load balancer with a listener.

    Args:
        plan: The deployment.
        where: Its account.
        network: Where it stands: in the public subnets when it faces the internet.
        place: Who may call.
        naming: Its domain; without one it has no TLS, which a plan refuses where it is public.
        idle_seconds: Seconds in which an answer must begin, 1 to 4000.
    """
    group = security_group(plan, where, network.vpc, "balancer", "load balancer")
    secure = naming.domain is not None
    ports = [TLS, *([HTTP] if place.internet_facing else [])] if secure else [HTTP]
    ranges: Sequence[pulumi.Input[str]] = place.callers or (network.range,)
    rules: list[pulumi.Resource] = [
        let_in(plan, where, group, f"balancer-in-{port}-{index}", port, range=range)
        for port in ports
        for index, range in enumerate(ranges)  # noqa: A001 - the word of the network
    ]
    made = aws.lb.LoadBalancer(
        f"{plan.name}-balancer",
        name=bounded(plan.physical_name, _LONGEST),
        load_balancer_type="application",
        internal=not place.internet_facing,
        subnets=network.public if place.internet_facing else network.private,
        security_groups=[group.id],
        drop_invalid_header_fields=True,
        desync_mitigation_mode="defensive",
        idle_timeout=idle_seconds,
        tags=plan.tags,
        opts=where.after(*network.parts),
    )
    listener = aws.lb.Listener(
        f"{plan.name}-listener",
        load_balancer_arn=made.arn,
        port=TLS if secure else HTTP,
        protocol="HTTPS" if secure else "HTTP",
        ssl_policy=TLS_POLICY if secure else None,
        certificate_arn=certificate(plan, where, naming) if secure else None,
        default_actions=[_nothing_here()],
        tags=plan.tags,
        opts=where.opts,
    )
    if HTTP in ports and secure:
        rules.append(_redirect(plan, where, made))
    rules += point_domain(plan, where, naming, address=made.dns_name, zone=made.zone_id)
    url = (
        pulumi.Output.from_input(f"https://{naming.domain}")
        if secure
        else pulumi.Output.format("http://{0}", made.dns_name)
    )
    return Balancer(made, group, listener, url, rules)


def target_group(
    plan: CloudPlan,
    where: Account,
    network: ServingNetwork,
    suffix: str,
    *,
    target_type: str = "ip",
    port: int = PORT,
    drain_seconds: int = _ALIVE,
) -> aws.lb.TargetGroup:
    """A group of tasks or machines that share requests, asked whether they are ready.

    Args:
        plan: The deployment.
        where: Its account.
        network: Where they are.
        suffix: End of its name; a deployment may have several groups.
        target_type: `ip` for tasks, `instance` for machines.
        port: Their port.
        drain_seconds: Seconds in which what is taken away may finish its requests.
    """
    return aws.lb.TargetGroup(
        f"{plan.name}-{suffix}",
        name=bounded(f"{plan.physical_name}-{suffix}", _LONGEST),
        vpc_id=network.vpc,
        target_type=target_type,
        port=port,
        protocol="HTTP",
        deregistration_delay=drain_seconds,
        # A slow instance gets fewer requests than a quick one.
        load_balancing_algorithm_type="least_outstanding_requests",
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            path=READY,
            matcher="200",
            interval=10,
            timeout=5,
            healthy_threshold=2,
            unhealthy_threshold=3,
        ),
        tags=plan.tags,
        opts=where.opts,
    )


def forward(
    plan: CloudPlan,
    where: Account,
    entry: Balancer,
    shares: Sequence[tuple[aws.lb.TargetGroup, int]],
    *,
    held: bool = False,
    priority: int = 1,
) -> aws.lb.ListenerRule:
    """Send requests to target groups, by weights.

    Args:
        plan: The deployment.
        where: Its account.
        entry: The load balancer.
        shares: Groups, each with its weight, 0 to 999.
        held: Whether something else moves the weights later; an update then leaves them.
        priority: Place among the rules, 1 to 50000; the smallest that fits a request holds.
    """
    action = aws.lb.ListenerRuleActionArgs(
        type="forward",
        forward=aws.lb.ListenerRuleActionForwardArgs(
            target_groups=[
                aws.lb.ListenerRuleActionForwardTargetGroupArgs(arn=group.arn, weight=weight)
                for group, weight in shares
            ]
        ),
    )
    return aws.lb.ListenerRule(
        f"{plan.name}-requests",
        listener_arn=entry.listener.arn,
        priority=priority,
        conditions=[
            aws.lb.ListenerRuleConditionArgs(
                path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=["/*"])
            )
        ],
        actions=[action],
        tags=plan.tags,
        opts=pulumi.ResourceOptions.merge(
            where.opts, pulumi.ResourceOptions(ignore_changes=["actions"] if held else [])
        ),
    )


def balancer_metrics(entry: Balancer) -> Metrics:
    """What the load balancer measures, whichever target group has the traffic."""
    return load_balancer_metrics(entry.load_balancer.arn_suffix)


def load_balancer_metrics(arn_suffix: pulumi.Input[str]) -> Metrics:
    """What a load balancer measures that may have been made by a service of AWS.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html

    Args:
        arn_suffix: What is behind `loadbalancer/` in its ARN.
    """
    return Metrics(
        namespace="AWS/ApplicationELB",
        dimensions={"LoadBalancer": arn_suffix},
        requests="RequestCount",
        errors="HTTPCode_Target_5XX_Count",
        latency="TargetResponseTime",
        latency_per_second=1,
        unserved="HTTPCode_ELB_5XX_Count",
    )


def _nothing_here() -> aws.lb.ListenerDefaultActionArgs:
    return aws.lb.ListenerDefaultActionArgs(
        type="fixed-response",
        fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
            content_type="text/plain", message_body="nothing is here", status_code="404"
        ),
    )


def _redirect(plan: CloudPlan, where: Account, made: aws.lb.LoadBalancer) -> aws.lb.Listener:
    """Whoever comes without TLS is sent away to it."""
    return aws.lb.Listener(
        f"{plan.name}-listener-plain",
        load_balancer_arn=made.arn,
        port=HTTP,
        protocol="HTTP",
        default_actions=[
            aws.lb.ListenerDefaultActionArgs(
                type="redirect",
                redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                    protocol="HTTPS", port=str(TLS), status_code="HTTP_301"
                ),
            )
        ],
        tags=plan.tags,
        opts=where.opts,
    )
