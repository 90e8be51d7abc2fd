"""The harness itself: what AWS takes passes, and planted mistakes are found."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from aws_arguments.api_models import check_state, problems
from aws_arguments.tables import RULES
from aws_arguments.valid_documents import CONTAINERS
from aws_arguments.valid_inputs import INPUTS
from modelport.sdk import nested, resource
from modelport.sdk.types import ListType, ObjectType, Type, UnionType

_SAME = ("aws:alb/", "V2", "aws:s3/bucketObject:")
"""Types that the SDK has under a second token, with one rule for both."""


def test_every_type_has_valid_inputs() -> None:
    assert {token for token in RULES if not any(word in token for word in _SAME)} == set(INPUTS)


@pytest.mark.parametrize("token", INPUTS)
def test_valid_inputs_pass(token: str) -> None:
    assert problems(token, INPUTS[token]) == []


@pytest.mark.parametrize("token", INPUTS)
def test_a_misspelt_input_is_found(token: str) -> None:
    for name, value in INPUTS[token].items():
        changed = {key: item for key, item in INPUTS[token].items() if key != name}
        found = problems(token, {**changed, f"{name}Q": value})
        assert any(f"input {name}Q is no member" in problem for problem in found), found


@pytest.mark.parametrize("token", INPUTS)
def test_a_value_of_another_type_is_found(token: str) -> None:
    for name in set(INPUTS[token]) - RULES[token].own - {"source"}:  # of a file only its name
        wrong = 7 if isinstance(INPUTS[token][name], str | dict) else {"an": "object"}
        found = problems(token, {**INPUTS[token], name: wrong})
        assert found, f"{name}: {wrong}"


def _paths(type_: Type) -> Iterator[tuple[str, Type]]:
    if isinstance(type_, ListType):
        yield from _paths(type_.item)
    elif isinstance(type_, UnionType):
        for option in type_.options:
            yield from _paths(option)
    elif isinstance(type_, ObjectType):
        for name, property_ in nested(type_.ref).items():
            yield name, property_.type


@pytest.mark.parametrize("token", INPUTS)
def test_rules_name_inputs_that_the_sdk_has(token: str) -> None:
    rule = RULES[token]
    inputs = resource(token).inputs
    members = [path for call in (rule.call, *rule.more) for path in call.members]
    for path in {*members, *rule.own, *rule.checks}:
        first, *rest = path.split(".")
        assert first in inputs, path
        type_ = inputs[first].type
        for name in rest:
            inside = dict(_paths(type_))
            assert name in inside, path
            type_ = inside[name]


@pytest.mark.parametrize(
    ("token", "path", "value", "said"),
    [
        ("aws:sagemaker/model:Model", "name", "a" * 64, "64 characters is more than 63"),
        ("aws:sagemaker/model:Model", "name", "a_b", "does not match"),
        ("aws:sagemaker/model:Model", "executionRoleArn", "runner", "does not match"),
        (
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            "productionVariants.0.instanceType",
            "m5.large",
            "'m5.large' is none of",
        ),
        (
            "aws:sagemaker/endpoint:Endpoint",
            "deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration.type",
            "BLUE",
            "'BLUE' is none of ALL_AT_ONCE",
        ),
        (
            "aws:sagemaker/endpoint:Endpoint",
            "deploymentConfig.blueGreenUpdatePolicy.terminationWaitInSeconds",
            3601,
            "3601 is more than 3600",
        ),
        (
            "aws:sagemaker/endpoint:Endpoint",
            "deploymentConfig.blueGreenUpdatePolicy.bakeSeconds",
            1,
            "bakeSeconds is no member",
        ),
        ("aws:appautoscaling/target:Target", "serviceNamespace", "lambdas", "is none of"),
        ("aws:appautoscaling/policy:Policy", "policyType", "Tracking", "is none of"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "comparisonOperator", ">", "is none of"),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "metricQueries.0.metric.stats",
            "Sum",
            "input metricQueries.metric.stats is none of the SDK's",
        ),
        ("aws:cloudwatch/logGroup:LogGroup", "retentionInDays", 15, "15 is none of"),
        ("aws:iam/role:Role", "name", "r" * 65, "65 characters is more than 64"),
        ("aws:iam/role:Role", "maxSessionDuration", 60, "valid min value: 3600"),
        ("aws:kms/key:Key", "deletionWindowInDays", 400, "400 is more than 365"),
        ("aws:ecr/repository:Repository", "imageTagMutability", "FIXED", "is none of"),
        ("aws:ecr/repository:Repository", "name", "Models", "does not match"),
        ("aws:lambda/function:Function", "memorySize", "1024", "Invalid type"),
        ("aws:lambda/function:Function", "timeout", 0, "valid min value: 1"),
        ("aws:lambda/function:Function", "architectures.0", "arm", "'arm' is none of"),
        ("aws:lambda/function:Function", "packageType", "Docker", "is none of"),
        ("aws:lambda/function:Function", "environment.variables", ["HOME"], "Invalid type"),
        ("aws:lambda/functionUrl:FunctionUrl", "authorizationType", "IAM", "is none of"),
        ("aws:apigatewayv2/integration:Integration", "timeoutMilliseconds", 30001, "is more than"),
        ("aws:apigatewayv2/api:Api", "protocolType", "REST", "is none of"),
        ("aws:acm/certificate:Certificate", "validationMethod", "HTTP-01", "is none of"),
        ("aws:route53/record:Record", "type", "ALIAS", "'ALIAS' is none of"),
        ("aws:lb/loadBalancer:LoadBalancer", "name", "a" * 33, "does not match"),
        ("aws:lb/loadBalancer:LoadBalancer", "loadBalancerType", "http", "is none of"),
        ("aws:lb/targetGroup:TargetGroup", "healthCheck.interval", 301, "301 is more than 300"),
        ("aws:lb/targetGroup:TargetGroup", "healthCheck.url", "/", "healthCheck.url is no member"),
        ("aws:lb/listener:Listener", "defaultActions.0.type", "fixed", "is none of"),
        ("aws:lb/listenerRule:ListenerRule", "priority", 50001, "is more than 50000"),
        ("aws:ecs/taskDefinition:TaskDefinition", "memory", "8192", "no size of Fargate"),
        ("aws:ecs/taskDefinition:TaskDefinition", "networkMode", "vpc", "is none of"),
        ("aws:ecs/service:Service", "launchType", "FARGATE_SPOT", "is none of"),
        ("aws:ecs/service:Service", "networkConfiguration.subnet", "x", "none of the SDK"),
        ("aws:ecs/service:Service", "deploymentConfiguration.strategy", "ROLL", "is none of"),
        (
            "aws:ecs/service:Service",
            "deploymentConfiguration.bakeTimeInMinutes",
            "ten",
            "Invalid type",
        ),
        ("aws:elasticbeanstalk/environment:Environment", "name", "abc", "valid min length: 4"),
        (
            "aws:elasticbeanstalk/environment:Environment",
            "settings.0.option",
            "x",
            "settings.option is no member",
        ),
        ("aws:s3/bucket:Bucket", "bucket", "Models", "does not match"),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            "versioningConfiguration.status",
            "On",
            "is none of",
        ),
        ("aws:ec2/launchTemplate:LaunchTemplate", "instanceType", "g4.big", "is none of"),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            "blockDeviceMappings.0.ebs.encrypted",
            "yes",
            "Invalid type",
        ),
        ("aws:ec2/launchTemplate:LaunchTemplate", "metadataOptions.httpTokens", "on", "is none"),
        ("aws:autoscaling/group:Group", "instanceRefresh.strategy", "Fast", "is none of"),
        ("aws:autoscaling/group:Group", "maxSize", "3", "Invalid type"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "vpcEndpointType", "interface", "is none of"),
        ("aws:ec2/securityGroup:SecurityGroup", "description", "Señor", "does not match"),
        ("aws:ec2/securityGroup:SecurityGroup", "ingress.0.fromPort", "443", "Invalid type"),
        ("aws:ec2/vpc:Vpc", "instanceTenancy", "shared", "is none of"),
        ("aws:dynamodb/table:Table", "billingMode", "ON_DEMAND", "is none of"),
    ],
)
def test_planted_mistakes_are_found(token: str, path: str, value: Any, said: str) -> None:
    changed = copy.deepcopy(INPUTS[token])
    *steps, last = path.split(".")
    place: Any = changed
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(last) if last.isdigit() else last] = value
    found = problems(token, changed)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("token", "name", "member"),
    [
        ("aws:sagemaker/endpoint:Endpoint", "endpointConfigName", "EndpointConfigName"),
        ("aws:lambda/function:Function", "role", "Role"),
        ("aws:lambda/function:Function", "imageUri", "Code"),
        ("aws:iam/role:Role", "assumeRolePolicy", "AssumeRolePolicyDocument"),
        ("aws:lb/listener:Listener", "defaultActions", "DefaultActions"),
        ("aws:ecs/taskDefinition:TaskDefinition", "containerDefinitions", "containerDefinitions"),
        ("aws:ec2/subnet:Subnet", "vpcId", "VpcId"),
        ("aws:autoscaling/group:Group", "maxSize", "MaxSize"),
        ("aws:elasticbeanstalk/environment:Environment", "application", "ApplicationName"),
        ("aws:route53/record:Record", "zoneId", "HostedZoneId"),
        ("aws:dynamodb/table:Table", "name", "TableName"),
    ],
)
def test_a_missing_input_is_found(token: str, name: str, member: str) -> None:
    left = {key: value for key, value in INPUTS[token].items() if key != name}
    found = problems(token, left)
    assert any("Missing required" in problem and member in problem for problem in found), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"portMapping": []}, "portMapping"),
        ({"essential": "true"}, "Invalid type"),
        ({"logConfiguration": {"logDriver": "stdout"}}, "'stdout' is none of"),
    ],
)
def test_containers_in_json_are_looked_at(change: dict[str, Any], said: str) -> None:
    token = "aws:ecs/taskDefinition:TaskDefinition"
    text = json.dumps([{**CONTAINERS[0], **change}])
    found = problems(token, {**INPUTS[token], "containerDefinitions": text})
    assert any(said in problem for problem in found), found


def test_a_type_without_a_rule_is_a_problem() -> None:
    assert "has no rule" in problems("aws:sqs/queue:Queue", {})[0]


SECRET = "4dabf18193072939515e22adb298388d"
_MARK = "1b47061264138c4ac30d75fd1eb44270"


def state(token: str, **inputs: Any) -> list[dict[str, Any]]:
    return [{"type": token, "urn": f"urn:pulumi:dev::project::{token}::it", "inputs": inputs}]


def test_a_state_is_checked_resource_by_resource() -> None:
    token = "aws:lambda/functionUrl:FunctionUrl"
    others = [{"type": "pulumi:providers:aws", "urn": "urn", "inputs": {"region": 7}}]
    read = {**state(token)[0], "external": True}
    wrong = state(token, functionName="cancer", authorizationType="IAM")
    assert check_state([*others, read]) == []
    found = check_state([*state(token, **INPUTS[token]), *wrong])
    assert len(found) == 1
    assert found[0].startswith("urn:pulumi:dev::project::aws:lambda/functionUrl:FunctionUrl::it: ")


def test_a_secret_counts_as_text_until_it_is_shown() -> None:
    token = "aws:lambda/function:Function"
    for mark, fits in (
        ({"ciphertext": "v1:abc"}, True),
        ({"plaintext": json.dumps(INPUTS[token]["role"])}, True),
        ({"plaintext": json.dumps("runner")}, False),
    ):
        found = check_state(state(token, **{**INPUTS[token], "role": {SECRET: _MARK, **mark}}))
        assert (found == []) is fits, found


def test_what_the_engine_adds_is_passed_by() -> None:
    token = "aws:ec2/internetGateway:InternetGateway"
    assert problems(token, {**INPUTS[token], "__defaults": ["tags"], "region": "eu-west-1"}) == []
