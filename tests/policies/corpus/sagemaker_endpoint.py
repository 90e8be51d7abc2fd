"""A SageMaker endpoint in a network, encrypted, watched, counted by load and rolled back."""

import json

import pulumi
import pulumi_aws as aws

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f"
ACCOUNT, VARIANT = "123456789012", "live"

role = aws.iam.Role(
    "model",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                }
            ],
        }
    ),
    tags=TAGS,
)
aws.iam.RolePolicy(
    "model",
    role=role.id,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    "Resource": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/model",
                },
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/sagemaker/*",
                },
            ],
        }
    ),
)
model = aws.sagemaker.Model(
    "model",
    execution_role_arn=role.arn,
    enable_network_isolation=True,
    primary_container={
        "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/model@sha256:" + "5f" * 32,
        "environment": {"WORKERS": "2"},
    },
    vpc_config={
        "subnets": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"],
        "security_group_ids": ["sg-0a1b2c3d"],
    },
    tags=TAGS,
)
configuration = aws.sagemaker.EndpointConfiguration(
    "model",
    kms_key_arn=KEY,
    production_variants=[
        {
            "variant_name": VARIANT,
            "model_name": model.name,
            "instance_type": "ml.m6i.large",
            "initial_instance_count": 2,
        }
    ],
    data_capture_config={
        "enable_capture": True,
        "initial_sampling_percentage": 10,
        "destination_s3_uri": "s3://captured-of-diagnostics/model",
        "kms_key_id": KEY,
        "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
    },
    tags=TAGS,
)


def alarm(
    name: str, metric: str, comparison: str, threshold: float, statistic: str
) -> aws.cloudwatch.MetricAlarm:
    """An alarm on the endpoint."""
    return aws.cloudwatch.MetricAlarm(
        name,
        namespace="AWS/SageMaker",
        metric_name=metric,
        dimensions={"EndpointName": "model", "VariantName": VARIANT},
        statistic=statistic,
        comparison_operator=comparison,
        threshold=threshold,
        period=60,
        evaluation_periods=3,
        alarm_actions=[f"arn:aws:sns:eu-west-1:{ACCOUNT}:on-call"],
        tags=TAGS,
    )


errors = alarm("errors", "Invocation5XXErrors", "GreaterThanThreshold", 5, "Sum")
alarm("idle", "Invocations", "LessThanThreshold", 1, "Sum")
endpoint = aws.sagemaker.Endpoint(
    "model",
    name="model",
    endpoint_config_name=configuration.name,
    deployment_config={
        "blue_green_update_policy": {
            "traffic_routing_configuration": {
                "type": "CANARY",
                "canary_size": {"type": "CAPACITY_PERCENT", "value": 10},
                "wait_interval_in_seconds": 300,
            }
        },
        "auto_rollback_configuration": {"alarms": [{"alarm_name": errors.name}]},
    },
    tags=TAGS,
)
counted = aws.appautoscaling.Target(
    "model",
    service_namespace="sagemaker",
    scalable_dimension="sagemaker:variant:DesiredInstanceCount",
    resource_id=pulumi.Output.concat("endpoint/", endpoint.name, "/variant/", VARIANT),
    min_capacity=2,
    max_capacity=4,
)
aws.appautoscaling.Policy(
    "model",
    policy_type="TargetTrackingScaling",
    service_namespace=counted.service_namespace,
    scalable_dimension=counted.scalable_dimension,
    resource_id=counted.resource_id,
    target_tracking_scaling_policy_configuration={
        "target_value": 500,
        "predefined_metric_specification": {
            "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
        },
    },
)
