"""Identity: a role for what runs the model, which may do what it must and nothing else."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account
from modelport.platforms.aws.references import permitted

Statement = dict[str, Any]
"""One statement of a policy; values may be outputs."""


def pull_image(repository: aws.ecr.Repository) -> list[Statement]:
    """Reading images of one repository.

    Signing in has no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/
    list_amazonelasticcontainerregistry.html
    """
    read = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ]
    return [
        {"Effect": "Allow", "Action": read, "Resource": repository.arn},
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    ]


def write_logs(group: aws.cloudwatch.LogGroup) -> list[Statement]:
    """Writing to one log group."""
    write = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    streams = pulumi.Output.format("{0}:*", group.arn)
    return [{"Effect": "Allow", "Action": write, "Resource": [group.arn, streams]}]


def decrypt(key: aws.kms.Key) -> list[Statement]:
    """Reading what one key encrypted."""
    return [{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": key.arn}]


def read_secrets(plan: CloudPlan) -> list[Statement]:
    """Reading the secrets that the deployment names; none when it names none."""
    if not plan.secrets:
        return []
    arns = sorted({permitted(reference) for reference in plan.secrets.values()})
    actions = ["secretsmanager:GetSecretValue"]
    if any(":ssm:" in arn for arn in arns):
        actions.append("ssm:GetParameters")
    return [{"Effect": "Allow", "Action": actions, "Resource": arns}]


def service_role(
    plan: CloudPlan,
    account: Account,
    service: str,
    statements: list[Statement],
    *,
    suffix: str = "role",
    confused_deputy: bool = True,
) -> aws.iam.Role:
    """A role that one service of AWS takes on, for this account only; see `granted_role`."""
    return granted_role(
        plan, account, service, statements, suffix=suffix, confused_deputy=confused_deputy
    )[0]


def granted_role(
    plan: CloudPlan,
    account: Account,
    service: str,
    statements: list[Statement],
    *,
    suffix: str = "role",
    confused_deputy: bool = True,
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    """A role that one service of AWS takes on, and what must be there before it can do anything.

    Args:
        plan: The deployment.
        account: Its account.
        service: Principal, e.g. `sagemaker.amazonaws.com`.
        statements: What it may do.
        suffix: End of the resource's name; a deployment may need several roles.
        confused_deputy: Whether the service says for which account it acts; EC2 does not.
    """
    trust: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if confused_deputy:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": account.id}}
    role = aws.iam.Role(
        f"{plan.name}-{suffix}",
        description=f"Runs {plan.physical_name}",
        assume_role_policy=document([trust]),
        tags=plan.tags,
        opts=account.opts,
    )
    if not statements:
        return role, [role]
    policy = aws.iam.RolePolicy(
        f"{plan.name}-{suffix}-policy",
        role=role.name,
        policy=document(statements),
        opts=account.opts,
    )
    return role, [role, policy]


def document(statements: list[Statement]) -> pulumi.Output[str]:
    """A policy document of statements whose values may be outputs."""
    return pulumi.Output.from_input(statements).apply(
        lambda found: json.dumps({"Version": "2012-10-17", "Statement": found})
    )
