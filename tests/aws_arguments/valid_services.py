"""Inputs that AWS takes: models, functions, identity, monitoring, names."""

from typing import Any

from aws_arguments.valid_documents import (
    AT_REPOSITORY,
    AT_RESOURCE,
    CERTIFICATE,
    FORGET,
    GROUP,
    IMAGE,
    KEY,
    ROLE,
    SUBNET,
    TAGS,
    TRUST,
    policy,
)

_SCALED: dict[str, Any] = {
    "resourceId": "endpoint/cancer/variant/main",
    "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "serviceNamespace": "sagemaker",
}

SERVICES: dict[str, dict[str, Any]] = {
    "aws:sagemaker/model:Model": {
        "name": "cancer-1",
        "executionRoleArn": ROLE,
        "enableNetworkIsolation": True,
        "primaryContainer": {"image": IMAGE, "environment": {"HOME": "/var/model"}},
        "vpcConfig": {"subnets": [SUBNET], "securityGroupIds": [GROUP]},
        "tags": TAGS,
    },
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {
        "name": "cancer-1",
        "kmsKeyArn": KEY,
        "productionVariants": [
            {
                "modelName": "cancer-1",
                "variantName": "main",
                "instanceType": "ml.m5.large",
                "initialInstanceCount": 1,
                "initialVariantWeight": 1.0,
            }
        ],
    },
    "aws:sagemaker/endpoint:Endpoint": {
        "name": "cancer",
        "endpointConfigName": "cancer-1",
        "deploymentConfig": {
            "blueGreenUpdatePolicy": {
                "terminationWaitInSeconds": 600,
                "trafficRoutingConfiguration": {
                    "type": "CANARY",
                    "waitIntervalInSeconds": 600,
                    "canarySize": {"type": "CAPACITY_PERCENT", "value": 10},
                },
            },
            "autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]},
        },
    },
    "aws:appautoscaling/target:Target": {**_SCALED, "minCapacity": 1, "maxCapacity": 4},
    "aws:appautoscaling/policy:Policy": {
        **_SCALED,
        "name": "by-load",
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 70,
            "scaleInCooldown": 300,
            "predefinedMetricSpecification": {
                "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "name": "errors",
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 3,
        "threshold": 0.05,
        "treatMissingData": "notBreaching",
        "metricQueries": [
            {
                "id": "errors",
                "returnData": True,
                "metric": {
                    "metricName": "Invocation5XXErrors",
                    "namespace": "AWS/SageMaker",
                    "period": 60,
                    "stat": "Sum",
                    "dimensions": {"EndpointName": "cancer"},
                },
            }
        ],
    },
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardName": "cancer",
        "dashboardBody": '{"widgets": [{"type": "text", "properties": {"markdown": "hello"}}]}',
    },
    "aws:cloudwatch/logGroup:LogGroup": {
        "name": "/aws/lambda/cancer",
        "retentionInDays": 14,
        "kmsKeyId": KEY,
        "skipDestroy": False,
    },
    "aws:iam/role:Role": {"name": "runner", "assumeRolePolicy": TRUST, "tags": TAGS},
    "aws:iam/policy:Policy": {"name": "reads", "policy": policy()},
    "aws:iam/rolePolicy:RolePolicy": {"name": "reads", "role": "runner", "policy": policy()},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
        "role": "runner",
        "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    },
    "aws:iam/instanceProfile:InstanceProfile": {"name": "runner", "role": "runner"},
    "aws:kms/key:Key": {
        "description": "images",
        "deletionWindowInDays": 7,
        "enableKeyRotation": True,
        "policy": AT_RESOURCE,
    },
    "aws:kms/alias:Alias": {"name": "alias/images", "targetKeyId": KEY},
    "aws:ecr/repository:Repository": {
        "name": "models",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY}],
        "forceDelete": True,
    },
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": {"repository": "models", "policy": FORGET},
    "aws:ecr/repositoryPolicy:RepositoryPolicy": {
        "repository": "models",
        "policy": AT_REPOSITORY,
    },
    "aws:lambda/function:Function": {
        "name": "cancer",
        "role": ROLE,
        "packageType": "Image",
        "imageUri": IMAGE,
        "memorySize": 1024,
        "timeout": 30,
        "architectures": ["arm64"],
        "publish": True,
        "reservedConcurrentExecutions": 10,
        "environment": {"variables": {"HOME": "/var/model"}},
        "loggingConfig": {"logFormat": "Text", "logGroup": "/aws/lambda/cancer"},
        "vpcConfig": {"subnetIds": [SUBNET], "securityGroupIds": [GROUP]},
        "tags": TAGS,
    },
    "aws:lambda/alias:Alias": {
        "name": "live",
        "functionName": "cancer",
        "functionVersion": "7",
        "routingConfig": {"additionalVersionWeights": {"8": 0.1}},
    },
    "aws:lambda/functionUrl:FunctionUrl": {
        "functionName": "cancer",
        "qualifier": "live",
        "authorizationType": "AWS_IAM",
    },
    "aws:lambda/permission:Permission": {
        "statementId": "gateway",
        "function": "cancer",
        "action": "lambda:InvokeFunction",
        "principal": "apigateway.amazonaws.com",
    },
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {
        "functionName": "cancer",
        "qualifier": "live",
        "provisionedConcurrentExecutions": 2,
    },
    "aws:apigatewayv2/api:Api": {"name": "cancer", "protocolType": "HTTP"},
    "aws:apigatewayv2/stage:Stage": {
        "apiId": "a1b2c3",
        "name": "$default",
        "autoDeploy": True,
        "defaultRouteSettings": {"throttlingBurstLimit": 10, "throttlingRateLimit": 5},
    },
    "aws:apigatewayv2/integration:Integration": {
        "apiId": "a1b2c3",
        "integrationType": "AWS_PROXY",
        "payloadFormatVersion": "2.0",
        "timeoutMilliseconds": 30000,
    },
    "aws:apigatewayv2/route:Route": {
        "apiId": "a1b2c3",
        "routeKey": "POST /predict",
        "authorizationType": "JWT",
    },
    "aws:apigatewayv2/authorizer:Authorizer": {
        "apiId": "a1b2c3",
        "name": "tokens",
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"audiences": ["cancer"], "issuer": "https://login.example.com"},
    },
    "aws:apigatewayv2/domainName:DomainName": {
        "domainName": "cancer.example.com",
        "domainNameConfiguration": {
            "certificateArn": CERTIFICATE,
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
        },
    },
    "aws:apigatewayv2/apiMapping:ApiMapping": {
        "apiId": "a1b2c3",
        "domainName": "cancer.example.com",
        "stage": "$default",
    },
    "aws:acm/certificate:Certificate": {
        "domainName": "cancer.example.com",
        "validationMethod": "DNS",
    },
    "aws:acm/certificateValidation:CertificateValidation": {"certificateArn": CERTIFICATE},
    "aws:route53/record:Record": {
        "zoneId": "Z0123456789ABC",
        "name": "cancer.example.com",
        "type": "A",
        "aliases": [{"name": "x.example.com", "zoneId": "Z1", "evaluateTargetHealth": True}],
    },
}
