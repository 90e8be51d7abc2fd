"""Bucket: the sources of application versions, private and encrypted; none of them is secret."""

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account
from modelport.platforms.aws.beanstalk.plan import BeanstalkPlan
from modelport.platforms.aws.identity import document


def source_bucket(
    plan: BeanstalkPlan, where: Account
) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
    """A bucket that no one outside the account reads, and what makes it so.

    S3's own key encrypts it: Beanstalk, which takes sources out of it, has no right to one of ours.
    """
    bucket = aws.s3.Bucket(
        f"{plan.name}-sources",
        bucket=pulumi.Output.format("{0}-{1}", plan.physical_name, where.id),
        force_destroy=plan.environment != "prod",
        tags=plan.tags,
        opts=where.opts,
    )
    by_default = (
        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256"
        )
    )
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{plan.name}-sources-encryption",
        bucket=bucket.id,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=by_default
            )
        ],
        opts=where.opts,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        f"{plan.name}-sources-private",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=where.opts,
    )
    only_tls = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.format("{0}/*", bucket.arn)],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = aws.s3.BucketPolicy(
        f"{plan.name}-sources-policy",
        bucket=bucket.id,
        policy=document([only_tls]),
        opts=where.after(closed),
    )
    return bucket, [encrypted, closed, policy]
