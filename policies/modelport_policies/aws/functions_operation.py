"""Rules about Lambda functions in operation: how they fail, and what they cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelport_policies.demands import has_at_least, is_one_of, within
from modelport_policies.relations import of_type, refers, without_partner
from modelport_policies.rule import (
    ADVICE,
    DEV_ONLY,
    STRICT_IN_PROD,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, read, text

_FUNCTION = "aws:lambda/function:Function"
_PERMISSION = "aws:lambda/permission:Permission"
_WARM = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
_ASYNC = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_WITHOUT_ANSWER = ("s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com")
"""Services that call a function and do not wait for what it answers."""


def _no_network(properties: Mapping[str, Any]) -> bool:
    return not isinstance(read(properties, "vpcConfig"), Mapping)


def _arm(resource: Resource, _: Settings) -> Iterator[str]:
    found = read(resource.properties, "architectures")
    if found is UNKNOWN:
        return
    first = read(resource.properties, "architectures", 0)
    if first not in ("arm64", UNKNOWN):
        yield "runs on x86_64; a GB-second costs a fifth less on arm64"


def _lost_events(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    grants = [
        item
        for item in of_type(resources, _PERMISSION)
        if text(item.properties, "principal") in _WITHOUT_ANSWER
    ]
    invoked = [
        function
        for function in of_type(resources, _FUNCTION)
        if any(refers(grant, function, ("function",), ("name", "arn")) for grant in grants)
        and read(function.properties, "deadLetterConfig") is MISSING
    ]
    settings = of_type(resources, _ASYNC)
    for function in without_partner(invoked, settings, ("functionName",), ("name", "arn")):
        yield function, "is called by events, but sets no deadLetterConfig: failed ones are lost"


def _own_logs(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    groups = of_type(resources, _LOGS)
    names = {text(group.properties, "name") for group in groups}
    for function in of_type(resources, _FUNCTION):
        used = function.uses.get("loggingConfig", ())
        wanted = text(function.properties, "loggingConfig", "logGroup")
        if wanted is MISSING:
            name = text(function.properties, "name")
            wanted = f"/aws/lambda/{name}" if isinstance(name, str) else UNKNOWN
        if any(group.urn in used for group in groups) or UNKNOWN in (wanted, *names):
            continue
        if wanted not in names:
            yield function, "has no log group in the stack, so Lambda makes one that keeps all"


CONCURRENCY_BOUNDED = Rule(
    id="lambda-reserved-concurrency",
    title="A Lambda function has a largest number of copies.",
    severity="medium",
    types=(_FUNCTION,),
    rationale="without one a burst takes the account's all, and every other function stops",
    fix="reserved_concurrent_executions=20",
    sources=("CKV_AWS_115", "AWS Guard LAMBDA_CONCURRENCY_CHECK"),
    levels=STRICT_IN_PROD,
    passes=Sample(_FUNCTION, {"reservedConcurrentExecutions": 20}),
    fails=Sample(_FUNCTION, {"reservedConcurrentExecutions": -1}),
    check=within(
        "reservedConcurrentExecutions", 1, None, "so one burst takes the copies of all functions"
    ),
)

TWO_ZONES = Rule(
    id="lambda-vpc-two-az",
    title="A Lambda function in a network is in two of its subnets or more.",
    severity="medium",
    types=(_FUNCTION,),
    rationale="with one subnet the function is down when its zone is",
    fix="vpc_config={subnet_ids: [two of different zones], …}",
    sources=("AWS Security Hub Lambda.5",),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _FUNCTION, {"vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": []}}
    ),
    fails=Sample(_FUNCTION, {"vpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": []}}),
    also_passes=(Sample(_FUNCTION, {}),),
    check=has_at_least(
        "vpcConfig.subnetIds", 2, "so it is down when that zone is", unless=_no_network
    ),
)

TRACED = Rule(
    id="lambda-tracing",
    title="A Lambda function's requests can be traced.",
    severity="low",
    types=(_FUNCTION,),
    rationale="a slow prediction is found by its trace, not by guessing",
    fix='tracing_config={mode: "Active"}',
    sources=("CKV_AWS_50",),
    levels=ADVICE,
    passes=Sample(_FUNCTION, {"tracingConfig": {"mode": "Active"}}),
    fails=Sample(_FUNCTION, {"tracingConfig": {"mode": "PassThrough"}}),
    check=is_one_of("tracingConfig.mode", ["Active"], "so a slow request leaves no trace"),
)

EVENTS_KEPT = Rule(
    id="lambda-dlq",
    title="A Lambda function that events call keeps those that it fails.",
    severity="medium",
    types=(_FUNCTION, _PERMISSION, _ASYNC),
    rationale="after two more tries an event is thrown away, and nobody hears of it",
    fix="dead_letter_config={target_arn: queue.arn}",
    sources=("CKV_AWS_116", "AWS Guard LAMBDA_DLQ_CHECK"),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _FUNCTION,
        {"name": "ask", "deadLetterConfig": {"targetArn": "arn:aws:sqs:eu-west-1:1:lost"}},
        beside=(Sample(_PERMISSION, {"function": "ask", "principal": "s3.amazonaws.com"}),),
    ),
    fails=Sample(
        _FUNCTION,
        {"name": "score"},
        beside=(Sample(_PERMISSION, {"function": "score", "principal": "s3.amazonaws.com"}),),
    ),
    also_passes=(
        Sample(_FUNCTION, {"name": "ask"}),
        Sample(
            _FUNCTION,
            {"name": "ask"},
            beside=(
                Sample(_PERMISSION, {"function": "other", "principal": "s3.amazonaws.com"}),
                Sample(_PERMISSION, {"function": "ask", "principal": "123456789012"}),
            ),
        ),
        Sample(
            _FUNCTION,
            {"name": "ask"},
            beside=(
                Sample(_PERMISSION, {"function": "ask", "principal": "sns.amazonaws.com"}),
                Sample(_ASYNC, {"functionName": "ask"}),
            ),
        ),
    ),
    stack_check=_lost_events,
)

ON_ARM = Rule(
    id="cost-lambda-arm64",
    title="A Lambda function runs on arm64 where its image allows.",
    severity="low",
    types=(_FUNCTION,),
    rationale="the same GB-second costs a fifth less",
    fix='architectures=["arm64"], with an image built for it',
    sources=("AWS Lambda pricing, 'Arm Price'",),
    levels=ADVICE,
    reads=(Reads("architectures", "fails"),),
    passes=Sample(_FUNCTION, {"architectures": ["arm64"]}),
    fails=Sample(_FUNCTION, {"architectures": ["x86_64"]}),
    check=_arm,
)

SIZE_ONLINE = Rule(
    id="cost-lambda-memory-timeout",
    title="A Lambda function that answers online is not larger than it must be.",
    severity="low",
    types=(_FUNCTION,),
    rationale="memory is paid for by the millisecond, and a request that hangs for its full time",
    fix="memory_size and timeout as measured, e.g. 2048 and 30",
    sources=("AWS Compute Optimizer, Lambda recommendations",),
    levels=ADVICE,
    parameters={"max_memory_mb": Parameter(4096, "largest memory in MB")},
    passes=Sample(_FUNCTION, {"memorySize": 2048}),
    fails=Sample(_FUNCTION, {"memorySize": 10240}),
    check=within(
        "memorySize", None, "max_memory_mb", "and every millisecond costs that", absent="passes"
    ),
)

TIMEOUT_ONLINE = Rule(
    id="cost-lambda-timeout",
    title="A Lambda function that answers online gives up in time.",
    severity="low",
    types=(_FUNCTION,),
    rationale="whoever asked is gone long before, and the time is paid for all the same",
    fix="timeout=30",
    sources=("steampipe-mod-aws-thrifty, excessive Lambda timeout",),
    levels=ADVICE,
    parameters={"max_seconds": Parameter(60, "longest time in seconds")},
    passes=Sample(_FUNCTION, {"timeout": 30}),
    fails=Sample(_FUNCTION, {"timeout": 900}),
    check=within(
        "timeout", None, "max_seconds", "and a request that hangs costs it all", absent="passes"
    ),
)

NOT_WARM_IN_DEV = Rule(
    id="cost-no-dev-provisioned-concurrency",
    title="In dev no Lambda function is kept warm.",
    severity="medium",
    types=(_WARM,),
    rationale="what is kept warm is paid for day and night, and in dev nobody waits",
    fix="no ProvisionedConcurrencyConfig in dev",
    sources=("AWS Lambda pricing, 'Provisioned Concurrency Pricing'",),
    levels=DEV_ONLY,
    parameters={"most": Parameter(0, "largest number of copies that are kept warm")},
    passes=Sample(_WARM, {"provisionedConcurrentExecutions": 0}),
    fails=Sample(_WARM, {"provisionedConcurrentExecutions": 2}),
    check=within(
        "provisionedConcurrentExecutions",
        None,
        "most",
        "paid for day and night",
        absent="passes",
    ),
)

LOGS_OWNED = Rule(
    id="cost-log-group-owned",
    title="A Lambda function writes into a log group of the stack.",
    severity="low",
    types=(_FUNCTION, _LOGS),
    rationale="the group that Lambda makes itself keeps logs for ever, and nobody deletes it",
    fix="a LogGroup with retention_in_days, and logging_config={log_group: group.name, …}",
    sources=("AWS Lambda, 'Sending Lambda function logs to CloudWatch Logs'",),
    levels=ADVICE,
    passes=Sample(
        _FUNCTION,
        {"name": "ask", "loggingConfig": {"logGroup": "/ask", "logFormat": "JSON"}},
        beside=(Sample(_LOGS, {"name": "/ask"}),),
    ),
    fails=Sample(_FUNCTION, {"name": "score"}),
    also_passes=(
        Sample(_FUNCTION, {"name": "ask"}, beside=(Sample(_LOGS, {"name": "/aws/lambda/ask"}),)),
    ),
    also_fails=(Sample(_FUNCTION, {"name": "ask"}, beside=(Sample(_LOGS, {"name": "/other"}),)),),
    stack_check=_own_logs,
)

RELIABILITY = (CONCURRENCY_BOUNDED, TWO_ZONES, TRACED, EVENTS_KEPT)
COST = (ON_ARM, SIZE_ONLINE, TIMEOUT_ONLINE, NOT_WARM_IN_DEV, LOGS_OWNED)
