"""Roles: what ECS itself may do while it moves traffic between two target groups."""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account
from modelport.platforms.aws.ecs.plan import EcsPlan
from modelport.platforms.aws.identity import Statement, granted_role


def balancing_role(
    plan: EcsPlan,
    where: Account,
    listener: aws.lb.Listener,
    rule: aws.lb.ListenerRule,
    groups: list[aws.lb.TargetGroup],
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """AWS's own policy for it, with the names of what is here in place of all there is.

    Reading has no narrower name: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
    AmazonECSInfrastructureRolePolicyForLoadBalancers.html. ECS takes the role on in nobody's name.
    """
    read = [
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    ]
    register = [
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:RegisterTargets",
    ]
    statements: list[Statement] = [
        {"Effect": "Allow", "Action": read, "Resource": "*"},
        {"Effect": "Allow", "Action": register, "Resource": [group.arn for group in groups]},
        {
            "Effect": "Allow",
            "Action": "elasticloadbalancing:ModifyListener",
            "Resource": listener.arn,
        },
        {"Effect": "Allow", "Action": "elasticloadbalancing:ModifyRule", "Resource": rule.arn},
    ]
    return granted_role(
        plan,
        where,
        "ecs.amazonaws.com",
        statements,
        suffix="balancing-role",
        confused_deputy=False,
    )
