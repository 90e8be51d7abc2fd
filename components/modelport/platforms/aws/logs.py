"""Logs: one group for each deployment, encrypted, kept for a time."""

import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account

KEPT_DAYS = {"dev": 14, "staging": 30, "prod": 90}
"""Days for which logs are kept."""


def log_group(
    plan: CloudPlan, account: Account, key: aws.kms.Key, name: str, *, suffix: str = "logs"
) -> aws.cloudwatch.LogGroup:
    """The group that the platform writes to; made before it would make one itself, for ever.

    Args:
        plan: The deployment.
        account: Its account.
        key: What encrypts it.
        name: Its name, as the platform wants it.
        suffix: End of the resource's name; a deployment may need several groups.
    """
    return aws.cloudwatch.LogGroup(
        f"{plan.name}-{suffix}",
        name=name,
        kms_key_id=key.arn,
        retention_in_days=KEPT_DAYS[plan.environment],
        tags=plan.tags,
        opts=account.opts,
    )


def tail_command(plan: CloudPlan, name: str) -> str:
    """The command that shows a group as it grows."""
    return f"aws logs tail {name} --region {plan.region} --follow"
