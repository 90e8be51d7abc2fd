"""Roles: what Beanstalk itself may see, and what an instance may do."""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account
from modelport.platforms.aws.beanstalk.plan import BeanstalkPlan
from modelport.platforms.aws.identity import Statement, document, granted_role, pull_image

LOGS = "/aws/elasticbeanstalk"
"""Beginning of the names of the groups that Beanstalk makes."""


def beanstalk_role(plan: BeanstalkPlan, where: Account) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """A role with which Beanstalk looks after health; it may change nothing.

    What it must see has no narrower name: https://docs.aws.amazon.com/aws-managed-policy/latest/
    reference/AWSElasticBeanstalkEnhancedHealth.html, without that policy's queues, topics and
    addresses, which belong to other environments. Managed updates have a role of the account's.
    """
    trust: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": "elasticbeanstalk.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "elasticbeanstalk"}},
    }
    role = aws.iam.Role(
        f"{plan.name}-service-role",
        description=f"Looks after the health of {plan.physical_name}",
        assume_role_policy=document([trust]),
        tags=plan.tags,
        opts=where.opts,
    )
    see = [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeNotificationConfigurations",
        "autoscaling:DescribeScalingActivities",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
        "elasticloadbalancing:DescribeInstanceHealth",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetHealth",
    ]
    policy = aws.iam.RolePolicy(
        f"{plan.name}-service-role-policy",
        role=role.name,
        policy=document([{"Effect": "Allow", "Action": see, "Resource": "*"}]),
        opts=where.opts,
    )
    return role, policy


def instance_profile(
    plan: BeanstalkPlan, where: Account, images: aws.ecr.Repository, sources: aws.s3.Bucket
) -> tuple[aws.iam.InstanceProfile, list[pulumi.Resource]]:
    """What an instance may do, and what must be there before it can.

    AWS's own policy for it, AWSElasticBeanstalkWebTier, reads and writes for every environment of
    the account, and traces; this one names what is here.
    """
    role, granted = granted_role(
        plan,
        where,
        "ec2.amazonaws.com",
        [
            *pull_image(images),
            *_take_source(sources),
            *_keep_logs(plan, where),
            *_report_health(plan, where),
            *_read_secrets(plan),
        ],
        suffix="instance-role",
        confused_deputy=False,
    )
    profile = aws.iam.InstanceProfile(
        f"{plan.name}-profile", role=role.name, tags=plan.tags, opts=where.opts
    )
    return profile, [*granted, profile]


def _take_source(sources: aws.s3.Bucket) -> list[Statement]:
    inside = pulumi.Output.format("{0}/*", sources.arn)
    actions = ["s3:GetObject", "s3:GetObjectVersion"]
    return [{"Effect": "Allow", "Action": actions, "Resource": inside}]


def _keep_logs(plan: BeanstalkPlan, where: Account) -> list[Statement]:
    """Its log groups, and the place in Beanstalk's bucket where logs that are asked for are put."""
    groups = where.arn("logs", f"log-group:{LOGS}/{plan.physical_name}/*")
    asked = pulumi.Output.format(
        "arn:{0}:s3:::elasticbeanstalk-{1}-{2}/resources/environments/logs/*",
        where.partition,
        plan.region,
        where.id,
    )
    write = [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ]
    return [
        {"Effect": "Allow", "Action": write, "Resource": groups},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": asked},
    ]


def _report_health(plan: BeanstalkPlan, where: Account) -> list[Statement]:
    """https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced.html."""
    name = plan.physical_name
    resources = [
        where.arn("elasticbeanstalk", f"application/{name}"),
        where.arn("elasticbeanstalk", f"environment/{name}/{name}"),
    ]
    action = "elasticbeanstalk:PutInstanceStatistics"
    return [{"Effect": "Allow", "Action": action, "Resource": resources}]


def _read_secrets(plan: BeanstalkPlan) -> list[Statement]:
    """https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.secrets.IAM-permissions.html."""
    statements: list[Statement] = []
    for service, action in (
        ("secretsmanager", "secretsmanager:GetSecretValue"),
        ("ssm", "ssm:GetParameter"),
    ):
        arns = sorted({item for item in plan.secrets.values() if f":{service}:" in item})
        if arns:
            statements.append({"Effect": "Allow", "Action": action, "Resource": arns})
    return statements
