"""Names, ARNs and documents that AWS takes."""

import json
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"
LB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/runner"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
TARGETS = f"{LB}:targetgroup/front/0123456789abcdef"
GROUP, VPC, SUBNET = "sg-0123456789abcdef0", "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/models@sha256:{'0' * 64}"
TAGS = {"owner": "diagnostics"}


def policy(**more: Any) -> str:
    """A document with one statement."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **more}]})


TRUST = json.dumps(
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
)
AT_RESOURCE = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
AT_REPOSITORY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            }
        ],
    }
)
FORGET = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 14,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)
CONTAINERS: list[dict[str, Any]] = [
    {
        "name": "model",
        "image": IMAGE,
        "essential": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-region": REGION}},
    }
]
