"""Amazon SageMaker AI and application auto scaling."""

from aws_arguments.rules import Call, Rule, To, number, prefixed, rule

MODELS: dict[str, Rule] = {
    "aws:sagemaker/model:Model": rule(Call("sagemaker", "CreateModel", {"name": "ModelName"})),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": rule(
        Call(
            "sagemaker",
            "CreateEndpointConfig",
            {
                "name": "EndpointConfigName",
                "namePrefix": prefixed("EndpointConfigName", 63),
                "kmsKeyArn": "KmsKeyId",
            },
        )
    ),
    "aws:sagemaker/endpoint:Endpoint": rule(
        Call("sagemaker", "CreateEndpoint", {"name": "EndpointName"}),
        Call(
            "sagemaker",
            "UpdateEndpoint",
            {
                "name": "EndpointName",
                "endpointConfigName": "EndpointConfigName",
                "deploymentConfig": "DeploymentConfig",
            },
        ),
    ),
    "aws:appautoscaling/target:Target": rule(
        Call("application-autoscaling", "RegisterScalableTarget")
    ),
    "aws:appautoscaling/policy:Policy": rule(
        Call(
            "application-autoscaling",
            "PutScalingPolicy",
            {
                "name": "PolicyName",
                "stepScalingPolicyConfiguration.stepAdjustments.metricIntervalLowerBound": To(
                    "MetricIntervalLowerBound", number
                ),
                "stepScalingPolicyConfiguration.stepAdjustments.metricIntervalUpperBound": To(
                    "MetricIntervalUpperBound", number
                ),
            },
        )
    ),
}
