"""A private bucket with a key of its own, and a function behind a URL that asks for IAM."""

import json

import pulumi
import pulumi_aws as aws

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
me = aws.get_caller_identity()
root = f"arn:aws:iam::{me.account_id}:root"

key = aws.kms.Key(
    "models",
    description="Models and logs",
    enable_key_rotation=True,
    deletion_window_in_days=30,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": "kms:*",
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "logs.eu-west-1.amazonaws.com"},
                    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"],
                    "Resource": "*",
                    "Condition": {
                        "ArnLike": {
                            "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:*:*"
                        }
                    },
                },
            ],
        }
    ),
    tags=TAGS,
)
bucket = aws.s3.Bucket("models", tags=TAGS)
aws.s3.BucketPublicAccessBlock(
    "models",
    bucket=bucket.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
aws.s3.BucketServerSideEncryptionConfiguration(
    "models",
    bucket=bucket.id,
    rules=[
        {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key.arn,
            },
            "bucket_key_enabled": True,
        }
    ],
)
aws.s3.BucketVersioning("models", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketLifecycleConfiguration(
    "models",
    bucket=bucket.id,
    rules=[
        {
            "id": "old",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": 30},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
    ],
)
aws.s3.BucketPolicy(
    "models",
    bucket=bucket.id,
    policy=bucket.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [arn, f"{arn}/*"],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            }
        )
    ),
)

logs = aws.cloudwatch.LogGroup(
    "predict",
    name="/aws/lambda/predict",
    retention_in_days=90,
    kms_key_id=key.arn,
    tags=TAGS,
)
role = aws.iam.Role(
    "predict",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
    tags=TAGS,
)
aws.iam.RolePolicy(
    "predict",
    role=role.id,
    policy=pulumi.Output.all(bucket.arn, logs.arn, key.arn).apply(
        lambda arns: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": f"{arns[0]}/*",
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": f"{arns[1]}:*",
                    },
                    {
                        "Effect": "Allow",
                        "Action": "kms:Decrypt",
                        "Resource": arns[2],
                    },
                ],
            }
        )
    ),
)
function = aws.lambda_.Function(
    "predict",
    name="predict",
    package_type="Image",
    image_uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/predict@sha256:" + "5f" * 32,
    architectures=["arm64"],
    role=role.arn,
    memory_size=1024,
    timeout=30,
    reserved_concurrent_executions=10,
    kms_key_arn=key.arn,
    tracing_config={"mode": "Active"},
    logging_config={"log_format": "JSON", "log_group": logs.name},
    environment={"variables": {"MODEL_BUCKET": bucket.bucket}},
    tags=TAGS,
)
aws.lambda_.FunctionUrl("predict", function_name=function.name, authorization_type="AWS_IAM")
