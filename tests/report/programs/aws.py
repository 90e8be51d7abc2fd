"""A model on SageMaker behind a function; `head` is what a pull request makes of it."""

import json

import pulumi
import pulumi_aws as aws

from modelport.component import Component

head = pulumi.Config().get_bool("head") or False


class ManagedEndpoint(Component):
    TYPE = "modelport:index:ManagedEndpoint"

    def __init__(self, name: str, version: str, score: float, price: float, machine: str) -> None:
        facts = {
            "target": "aws.sagemaker",
            "bundle": name,
            "version": version,
            "metric": "f1",
            "score": score,
            "baseline": 0.77,
            "monthly_usd": price,
            "idle_usd": price,
            "worst_case_usd": 2 * price,
            "prices_as_of": "2026-07-20",
            "owner": "diagnostics",
            "evaluation": "passed",
            "data_sha256": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
            "pinned": not head,
        }
        super().__init__(name, facts)
        own = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "sagemaker.amazonaws.com"},
                        }
                    ],
                }
            ),
            opts=own,
        )
        aws.iam.RolePolicy(
            f"{name}-rights",
            role=role.id,
            policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "s3:*" if head else "s3:GetObject",
                            "Resource": "*" if head else "arn:aws:s3:::models-of-diagnostics/*",
                        }
                    ],
                }
            ),
            opts=own,
        )
        model = aws.sagemaker.Model(
            f"{name}-model",
            name=f"{name}-{version}",
            execution_role_arn=role.arn,
            primary_container={
                "image": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{name}:{version}"
            },
            opts=own,
        )
        settings = aws.sagemaker.EndpointConfiguration(
            f"{name}-settings",
            name=f"{name}-{version}",
            production_variants=[
                {
                    "variant_name": "live",
                    "model_name": model.name,
                    "initial_instance_count": 2,
                    "instance_type": machine,
                }
            ],
            opts=own,
        )
        aws.sagemaker.Endpoint(
            f"{name}-endpoint", name=name, endpoint_config_name=settings.name, opts=own
        )
        self.publish()


if head:
    ManagedEndpoint("cancer", "9bc1ff2077aa3e10", 0.95, 336.0, "ml.m5.xlarge")
else:
    ManagedEndpoint("cancer", "3f2a10bc5d6e7f80", 0.97, 168.0, "ml.m5.large")

data = aws.s3.Bucket(
    "data", bucket="requests-of-diagnostics" if head else "requests", force_destroy=True
)
aws.dynamodb.Table(
    "answers",
    name="answers",
    billing_mode="PAY_PER_REQUEST",
    hash_key="id",
    attributes=[{"name": "id", "type": "S"}],
    deletion_protection_enabled=not head,
)
aws.ec2.SecurityGroup(
    "callers",
    description="who may call",
    ingress=[
        {
            "protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "cidr_blocks": ["0.0.0.0/0" if head else "10.0.0.0/8"],
        }
    ],
)
aws.ssm.Parameter(
    "key",
    name="/diagnostics/key",
    type="SecureString",
    value="sk-in-plain-2" if head else pulumi.Output.secret("sk-hidden-1"),
)
if head:
    aws.lambda_.FunctionUrl("door", function_name="ask", authorization_type="NONE")
else:
    aws.cloudwatch.LogGroup("old-log", name="/diagnostics/old", retention_in_days=30)
template = aws.ec2.LaunchTemplate(
    "scorer",
    image_id="ami-0123456789abcdef0",
    instance_type="g5.xlarge" if head else "t3.large",
    block_device_mappings=[
        {"device_name": "/dev/xvda", "ebs": {"volume_size": 40, "volume_type": "gp3"}}
    ],
)
aws.autoscaling.Group(
    "scorers",
    min_size=1,
    max_size=4,
    desired_capacity=2,
    availability_zones=["eu-west-1a"],
    launch_template={"id": template.id, "version": "$Latest"},
)
if head:
    aws.rds.Instance(
        "records",
        instance_class="db.t4g.micro",
        engine="postgres",
        allocated_storage=20,
        username="records",
        manage_master_user_password=True,
    )
    aws.ec2.NatGateway("out", subnet_id="subnet-0123456789abcdef0", connectivity_type="private")
pulumi.export("bucket", data.bucket)
