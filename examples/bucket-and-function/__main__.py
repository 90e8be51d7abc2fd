"""A model in a bucket, and a function that serves it: five mistakes that policies name."""

import json

import pulumi_aws as aws

models = aws.s3.Bucket("models", bucket="models-of-diagnostics", acl="public-read")
aws.s3.BucketPublicAccessBlock(
    "models-private",
    bucket=models.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)

trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
role = aws.iam.Role("ask", assume_role_policy=json.dumps(trust))
aws.iam.RolePolicyAttachment(
    "ask-storage", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonS3FullAccess"
)

function = aws.lambda_.Function(
    "ask",
    name="ask",
    role=role.arn,
    package_type="Image",
    image_uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/ask@sha256:" + "5f" * 32,
    reserved_concurrent_executions=10,
    environment={"variables": {"DATABASE_PASSWORD": "not-so-secret"}},
)
aws.lambda_.FunctionUrl("ask-url", function_name=function.name, authorization_type="NONE")

aws.ec2.SecurityGroup(
    "workbench",
    description="who reaches the notebook",
    ingress=[{"protocol": "tcp", "from_port": 8888, "to_port": 8888, "cidr_blocks": ["0.0.0.0/0"]}],
)
