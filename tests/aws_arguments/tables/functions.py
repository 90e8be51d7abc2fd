"""AWS Lambda and the HTTP APIs of API Gateway."""

from typing import Any

from aws_arguments.rules import Call, Rule, To, prefixed, rule


def _by_route(settings: Any) -> Any:
    return {
        one["routeKey"]: {
            key[0].upper() + key[1:]: value for key, value in one.items() if key != "routeKey"
        }
        for one in settings
    }


FUNCTIONS: dict[str, Rule] = {
    "aws:lambda/function:Function": rule(
        Call(
            "lambda",
            "CreateFunction",
            {
                "name": "FunctionName",
                "imageUri": "Code.ImageUri",
                "s3Bucket": "Code.S3Bucket",
                "s3Key": "Code.S3Key",
                "s3ObjectVersion": "Code.S3ObjectVersion",
                "sourceKmsKeyArn": "Code.SourceKMSKeyArn",
                "code": To("Code", lambda _archive: {"ZipFile": b"archive"}),
            },
        ),
        Call(
            "lambda",
            "PutFunctionConcurrency",
            {"reservedConcurrentExecutions": "ReservedConcurrentExecutions"},
            {"FunctionName": "function"},
        ),
        own="codeSha256 sourceCodeHash skipDestroy snapStart.optimizationStatus vpcConfig.vpcId "
        "replaceSecurityGroupsOnDestroy replacementSecurityGroupIds "
        "useResourceTimeoutForPropagation",
    ),
    "aws:lambda/alias:Alias": rule(Call("lambda", "CreateAlias")),
    "aws:lambda/functionUrl:FunctionUrl": rule(
        Call("lambda", "CreateFunctionUrlConfig", {"authorizationType": "AuthType"})
    ),
    "aws:lambda/permission:Permission": rule(
        Call(
            "lambda",
            "AddPermission",
            {"function": "FunctionName", "statementIdPrefix": prefixed("StatementId", 100)},
        )
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": rule(
        Call("lambda", "PutProvisionedConcurrencyConfig"), own="skipDestroy"
    ),
    "aws:apigatewayv2/api:Api": rule(Call("apigatewayv2", "CreateApi")),
    "aws:apigatewayv2/stage:Stage": rule(
        Call(
            "apigatewayv2",
            "CreateStage",
            {
                "name": "StageName",
                "routeSettings": To("RouteSettings", _by_route),
            },
        )
    ),
    "aws:apigatewayv2/integration:Integration": rule(
        Call("apigatewayv2", "CreateIntegration", {"timeoutMilliseconds": "TimeoutInMillis"})
    ),
    "aws:apigatewayv2/route:Route": rule(Call("apigatewayv2", "CreateRoute")),
    "aws:apigatewayv2/authorizer:Authorizer": rule(Call("apigatewayv2", "CreateAuthorizer")),
    "aws:apigatewayv2/domainName:DomainName": rule(
        Call("apigatewayv2", "CreateDomainName"), own="domainNameConfiguration.targetDomainName"
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": rule(Call("apigatewayv2", "CreateApiMapping")),
}
