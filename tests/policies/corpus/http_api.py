"""An HTTP API that knows its callers by tokens, before a function."""

import json

import pulumi
import pulumi_aws as aws

TAGS = {"owner": "diagnostics", "environment": "prod", "cost-center": "4711"}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/5f5f5f5f-5f5f-4f5f-8f5f-5f5f5f5f5f5f"

calls = aws.cloudwatch.LogGroup(
    "calls", name="/aws/apigateway/predict", retention_in_days=90, kms_key_id=KEY, tags=TAGS
)
logs = aws.cloudwatch.LogGroup(
    "predict", name="/aws/lambda/predict", retention_in_days=90, kms_key_id=KEY, tags=TAGS
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
aws.iam.RolePolicyAttachment(
    "predict-logs",
    role=role.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
)
function = aws.lambda_.Function(
    "predict",
    name="predict",
    package_type="Image",
    image_uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/predict@sha256:" + "5f" * 32,
    architectures=["arm64"],
    role=role.arn,
    memory_size=1024,
    timeout=29,
    reserved_concurrent_executions=20,
    kms_key_arn=KEY,
    tracing_config={"mode": "Active"},
    logging_config={"log_format": "JSON", "log_group": logs.name},
    tags=TAGS,
)
api = aws.apigatewayv2.Api(
    "predict", protocol_type="HTTP", disable_execute_api_endpoint=True, tags=TAGS
)
tokens = aws.apigatewayv2.Authorizer(
    "tokens",
    api_id=api.id,
    authorizer_type="JWT",
    identity_sources=["$request.header.Authorization"],
    jwt_configuration={"issuer": "https://login.example.com/", "audiences": ["predict"]},
)
integration = aws.apigatewayv2.Integration(
    "predict",
    api_id=api.id,
    integration_type="AWS_PROXY",
    integration_uri=function.invoke_arn,
    payload_format_version="2.0",
)
aws.apigatewayv2.Route(
    "predict",
    api_id=api.id,
    route_key="POST /predict",
    target=pulumi.Output.concat("integrations/", integration.id),
    authorization_type="JWT",
    authorizer_id=tokens.id,
)
aws.apigatewayv2.Stage(
    "live",
    api_id=api.id,
    name="$default",
    auto_deploy=True,
    access_log_settings={
        "destination_arn": calls.arn,
        "format": json.dumps({"request": "$context.requestId", "status": "$context.status"}),
    },
    default_route_settings={"throttling_rate_limit": 50, "throttling_burst_limit": 100},
    tags=TAGS,
)
aws.lambda_.Permission(
    "predict",
    function=function.name,
    action="lambda:InvokeFunction",
    principal="apigateway.amazonaws.com",
    source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
)
aws.apigatewayv2.DomainName(
    "predict",
    domain_name="predict.example.com",
    domain_name_configuration={
        "certificate_arn": "arn:aws:acm:eu-west-1:123456789012:certificate/1",
        "endpoint_type": "REGIONAL",
        "security_policy": "TLS_1_2",
    },
    tags=TAGS,
)
