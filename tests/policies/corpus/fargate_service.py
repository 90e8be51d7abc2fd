"""A model on Fargate behind an internal balancer that speaks TLS, which load makes larger."""

import json

import pulumi
import pulumi_aws as aws

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f"
NETWORK, SUBNETS = "vpc-0a1b2c3d", ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]
ACCOUNT = "123456789012"

logs = aws.cloudwatch.LogGroup(
    "model", name="/ecs/model", retention_in_days=90, kms_key_id=KEY, tags=TAGS
)


def role(name: str) -> aws.iam.Role:
    """A role that tasks of this account take on."""
    return aws.iam.Role(
        name,
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                    }
                ],
            }
        ),
        tags=TAGS,
    )


starts, runs = role("starts"), role("runs")
aws.iam.RolePolicyAttachment(
    "starts",
    role=starts.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
)

callers = aws.ec2.SecurityGroup(
    "balancer", description="Callers inside the network", vpc_id=NETWORK, tags=TAGS
)
machines = aws.ec2.SecurityGroup(
    "tasks", description="The balancer alone", vpc_id=NETWORK, tags=TAGS
)
aws.vpc.SecurityGroupIngressRule(
    "https",
    security_group_id=callers.id,
    description="HTTPS from the network",
    ip_protocol="tcp",
    from_port=443,
    to_port=443,
    cidr_ipv4="10.0.0.0/16",
)
aws.vpc.SecurityGroupIngressRule(
    "model",
    security_group_id=machines.id,
    description="The balancer",
    ip_protocol="tcp",
    from_port=3000,
    to_port=3000,
    referenced_security_group_id=callers.id,
)
balancer = aws.lb.LoadBalancer(
    "model",
    internal=True,
    load_balancer_type="application",
    security_groups=[callers.id],
    subnets=SUBNETS,
    drop_invalid_header_fields=True,
    enable_deletion_protection=True,
    access_logs={"bucket": "balancer-logs-of-diagnostics", "enabled": True},
    tags=TAGS,
)
targets = aws.lb.TargetGroup(
    "model",
    port=3000,
    protocol="HTTP",
    target_type="ip",
    vpc_id=NETWORK,
    health_check={"path": "/readyz", "matcher": "200"},
    tags=TAGS,
)
listener = aws.lb.Listener(
    "https",
    load_balancer_arn=balancer.arn,
    port=443,
    protocol="HTTPS",
    ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    certificate_arn="arn:aws:acm:eu-west-1:123456789012:certificate/1",
    default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
    tags=TAGS,
)
cluster = aws.ecs.Cluster(
    "models", settings=[{"name": "containerInsights", "value": "enabled"}], tags=TAGS
)
task = aws.ecs.TaskDefinition(
    "model",
    family="model",
    cpu="1024",
    memory="2048",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    execution_role_arn=starts.arn,
    task_role_arn=runs.arn,
    container_definitions=logs.name.apply(
        lambda name: json.dumps(
            [
                {
                    "name": "model",
                    "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/model@sha256:" + "5f" * 32,
                    "user": "10001",
                    "readonlyRootFilesystem": True,
                    "portMappings": [{"containerPort": 3000}],
                    "environment": [{"name": "WORKERS", "value": "2"}],
                    "secrets": [
                        {
                            "name": "API_KEY",
                            "valueFrom": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:key",
                        }
                    ],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": name,
                            "awslogs-region": "eu-west-1",
                            "awslogs-stream-prefix": "model",
                        },
                    },
                }
            ]
        )
    ),
    tags=TAGS,
)
service = aws.ecs.Service(
    "model",
    name="model",
    cluster=cluster.arn,
    task_definition=task.arn,
    desired_count=2,
    launch_type="FARGATE",
    network_configuration={
        "subnets": SUBNETS,
        "security_groups": [machines.id],
        "assign_public_ip": False,
    },
    load_balancers=[
        {"target_group_arn": targets.arn, "container_name": "model", "container_port": 3000}
    ],
    deployment_circuit_breaker={"enable": True, "rollback": True},
    propagate_tags="SERVICE",
    tags=TAGS,
    opts=pulumi.ResourceOptions(depends_on=[listener]),
)
counted = aws.appautoscaling.Target(
    "model",
    service_namespace="ecs",
    scalable_dimension="ecs:service:DesiredCount",
    resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
    min_capacity=2,
    max_capacity=6,
)
aws.appautoscaling.Policy(
    "model",
    policy_type="TargetTrackingScaling",
    service_namespace=counted.service_namespace,
    scalable_dimension=counted.scalable_dimension,
    resource_id=counted.resource_id,
    target_tracking_scaling_policy_configuration={
        "target_value": 60,
        "predefined_metric_specification": {
            "predefined_metric_type": "ECSServiceAverageCPUUtilization"
        },
    },
)
