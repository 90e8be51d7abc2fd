"""Encryption: one key for each deployment, which rotates every year."""

import json

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account

WAIT_DAYS = {"dev": 7, "staging": 7, "prod": 30}
"""Days in which a deleted key can be brought back."""


def encryption_key(plan: CloudPlan, account: Account) -> aws.kms.Key:
    """A key that this account administers and its logs may use.

    The log service's grant: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/
    encrypt-log-data-kms.html
    """
    policy = pulumi.Output.all(account.partition, account.id).apply(
        lambda found: _policy(found[0], found[1], plan.region)
    )
    return aws.kms.Key(
        f"{plan.name}-encryption",
        description=f"{plan.physical_name}: images, logs and disks",
        enable_key_rotation=True,
        deletion_window_in_days=WAIT_DAYS[plan.environment],
        policy=policy,
        tags=plan.tags,
        opts=account.opts,
    )


def _policy(partition: str, account_id: str, region: str) -> str:
    logs = f"arn:{partition}:logs:{region}:{account_id}:*"
    use = [
        "kms:Encrypt*",
        "kms:Decrypt*",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:Describe*",
    ]
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Account",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                },
                {
                    "Sid": "Logs",
                    "Effect": "Allow",
                    "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                    "Action": use,
                    "Resource": "*",
                    "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
                },
            ],
        }
    )
