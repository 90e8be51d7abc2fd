"""Rules about how SageMaker endpoints grow and shrink, and what they are measured by."""

from collections.abc import Iterator, Mapping, Sequence

from modelport_policies.aws.sagemaker_variants import variant
from modelport_policies.conditions import declared_fixed
from modelport_policies.demands import within
from modelport_policies.relations import of_type, refers
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    STRICT_IN_PROD,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, items, number, read, text

_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
_TARGET = "aws:appautoscaling/target:Target"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_COUNT = "sagemaker:variant:DesiredInstanceCount"
_BACKLOG = (
    "ApproximateBacklogSize",
    "ApproximateBacklogSizePerInstance",
    "HasBacklogWithoutCapacity",
)
"""Metrics that asynchronous endpoints alone have:
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html."""
_ASYNC = {"outputConfig": {"s3OutputPath": "s3://answers/"}}
_TAKEN_FROM = ("dimensions.EndpointName",)


def _configuration(endpoint: Resource, resources: Sequence[Resource]) -> Resource | None:
    """What an endpoint serves, when it stands in the same stack."""
    for found in of_type(resources, _CONFIGURATION):
        if refers(endpoint, found, ("endpointConfigName",), ("name",)):
            return found
    return None


def _is_async(configuration: Resource) -> bool:
    return read(configuration.properties, "asyncInferenceConfig") is not MISSING


def _has_machines(configuration: Resource) -> bool:
    """Whether a variant has machines that are counted from outside it."""
    return any(
        isinstance(found, Mapping)
        and read(found, "serverlessConfig") is MISSING
        and read(found, "managedInstanceScaling") is MISSING
        for _, found in items(configuration.properties, "productionVariants")
    )


def _scales(target: Resource, endpoint: Resource) -> bool:
    """Whether a target counts the machines of this endpoint, or may: `endpoint/NAME/variant/V`."""
    if text(target.properties, "scalableDimension") not in (_COUNT, UNKNOWN):
        return False
    found = text(target.properties, "resourceId")
    used = target.uses.get("resourceId", ())
    if endpoint.urn in used or (found is UNKNOWN and not used):
        return True
    name = text(endpoint.properties, "name")
    return isinstance(found, str) and isinstance(name, str) and name in found.split("/")


def _growing(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    targets = of_type(resources, _TARGET)
    for endpoint in of_type(resources, _ENDPOINT):
        served = _configuration(endpoint, resources)
        if served is None or not _has_machines(served) or declared_fixed(endpoint.properties):
            continue
        if not any(_scales(target, endpoint) for target in targets):
            yield (
                endpoint,
                "has no appautoscaling Target, so at night it costs what it does at noon",
            )


def _to_none(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    for endpoint in of_type(resources, _ENDPOINT):
        served = _configuration(endpoint, resources)
        if served is None or not _is_async(served):
            continue
        for target in of_type(resources, _TARGET):
            least = number(target.properties, "minCapacity")
            if isinstance(least, float) and least > 0 and _scales(target, endpoint):
                yield (
                    endpoint,
                    f"keeps {least:.15g} machines awake by the minCapacity of its Target",
                )


def _deaf(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    for alarm in of_type(resources, _ALARM):
        metric = text(alarm.properties, "metricName")
        if metric not in _BACKLOG or text(alarm.properties, "namespace") != "AWS/SageMaker":
            continue
        if read(alarm.properties, *_TAKEN_FROM[0].split(".")) is MISSING:
            yield alarm, f"watches {metric} without the dimension EndpointName, which has no values"
            continue
        for endpoint in of_type(resources, _ENDPOINT):
            served = _configuration(endpoint, resources)
            if not refers(alarm, endpoint, _TAKEN_FROM, ("name",)) or served is None:
                continue
            if not _is_async(served):
                yield alarm, f"watches {metric}, which an endpoint that answers at once never has"


def _unwatched(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    alarms = [
        alarm
        for alarm in of_type(resources, _ALARM)
        if text(alarm.properties, "metricName") in ("Invocations", UNKNOWN)
    ]
    for endpoint in of_type(resources, _ENDPOINT):
        if not any(refers(alarm, endpoint, _TAKEN_FROM, ("name",)) for alarm in alarms):
            yield endpoint, "has no alarm on Invocations, so nobody hears that nobody calls it"


def _always_on(resource: Resource, _: Settings) -> Iterator[str]:
    if _is_async(resource) or text(resource.properties, "tags", "ttl") is not MISSING:
        return
    for index, found in items(resource.properties, "productionVariants"):
        if not isinstance(found, Mapping):
            continue
        least = number(found, "managedInstanceScaling", "minInstanceCount")
        if read(found, "serverlessConfig") is MISSING and least not in (0, UNKNOWN):
            yield f"keeps machines in productionVariants[{index}] day and night"


def _named(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "endpointConfigName": name, **more}


def _served(name: str, **changes: object) -> Sample:
    return Sample(_CONFIGURATION, {"name": name, "productionVariants": [variant()], **changes})


def _target(name: str, least: int = 1) -> Sample:
    return Sample(
        _TARGET,
        {
            "scalableDimension": _COUNT,
            "resourceId": f"endpoint/{name}/variant/live",
            "minCapacity": least,
            "maxCapacity": 4,
        },
    )


def _alarm(metric: str, **dimensions: str) -> dict[str, object]:
    return {"namespace": "AWS/SageMaker", "metricName": metric, "dimensions": dimensions}


_SERVERLESS = variant(instanceType=None, initialInstanceCount=None, serverlessConfig={})

GROWS = Rule(
    id="cost-sagemaker-autoscaling",
    title="A SageMaker endpoint's machines are counted by its load.",
    severity="medium",
    types=(_ENDPOINT, _CONFIGURATION, _TARGET),
    rationale="machines for the busiest hour are otherwise paid for in every other one",
    fix="appautoscaling.Target and Policy for the variant, replicas: {min: 1, max: 4} in the "
    'target, or the tag "scaling": "fixed"',
    sources=("Amazon SageMaker, 'Automatic scaling of Amazon SageMaker AI models'",),
    levels=STRICT_IN_PROD,
    passes=Sample(_ENDPOINT, _named("grows"), beside=(_served("grows"), _target("grows"))),
    fails=Sample(_ENDPOINT, _named("stays"), beside=(_served("stays"),)),
    also_passes=(
        Sample(_ENDPOINT, _named("alone")),
        Sample(_ENDPOINT, _named("a", tags={"scaling": "fixed"}), beside=(_served("a"),)),
        Sample(_ENDPOINT, _named("b"), beside=(_served("b", productionVariants=[_SERVERLESS]),)),
        Sample(
            _ENDPOINT,
            _named("c"),
            beside=(
                _served(
                    "c",
                    productionVariants=[variant(managedInstanceScaling={"status": "ENABLED"})],
                ),
            ),
        ),
    ),
    also_fails=(
        Sample(_ENDPOINT, _named("a"), beside=(_served("a"), _target("b"))),
        Sample(
            _ENDPOINT,
            _named("a"),
            beside=(
                _served("a"),
                Sample(_TARGET, {**_target("a").properties, "scalableDimension": "other"}),
            ),
        ),
    ),
    stack_check=_growing,
)

SHRINKS_TO_NONE = Rule(
    id="cost-sagemaker-async-scale-to-zero",
    title="An asynchronous SageMaker endpoint keeps no machine while its queue is empty.",
    severity="medium",
    types=(_ENDPOINT, _CONFIGURATION, _TARGET),
    rationale="its requests wait in a queue, so a machine that waits with them is paid for nothing",
    fix="min_capacity=0, and a policy on HasBacklogWithoutCapacity",
    sources=("Amazon SageMaker, 'Autoscale an asynchronous endpoint'",),
    passes=Sample(
        _ENDPOINT,
        _named("asleep"),
        beside=(_served("asleep", asyncInferenceConfig=_ASYNC), _target("asleep", 0)),
    ),
    fails=Sample(
        _ENDPOINT,
        _named("awake"),
        beside=(_served("awake", asyncInferenceConfig=_ASYNC), _target("awake", 1)),
    ),
    also_passes=(
        Sample(_ENDPOINT, _named("a"), beside=(_served("a"), _target("a", 1))),
        Sample(
            _ENDPOINT,
            _named("a"),
            beside=(_served("a", asyncInferenceConfig=_ASYNC), _target("b", 1)),
        ),
    ),
    stack_check=_to_none,
)

METRIC_EXISTS = Rule(
    id="sagemaker-async-metric",
    title="An endpoint that answers at once is not scaled by the length of a queue.",
    severity="high",
    types=(_ENDPOINT, _CONFIGURATION, _ALARM),
    rationale="the metric has no values there, so what stands in the stack as scaling never acts",
    fix="SageMakerVariantInvocationsPerInstance, or async_inference_config; EndpointName as the "
    "dimension",
    sources=("Amazon SageMaker, 'Monitor an asynchronous endpoint'",),
    passes=Sample(
        _ALARM,
        _alarm(_BACKLOG[0], EndpointName="queued"),
        beside=(
            Sample(_ENDPOINT, _named("queued")),
            _served("queued", asyncInferenceConfig=_ASYNC),
        ),
    ),
    fails=Sample(
        _ALARM,
        _alarm(_BACKLOG[1], EndpointName="at-once"),
        beside=(Sample(_ENDPOINT, _named("at-once")), _served("at-once")),
    ),
    also_passes=(
        Sample(_ALARM, _alarm("Invocations", Endpoint="a")),
        Sample(_ALARM, {**_alarm(_BACKLOG[0], Endpoint="a"), "namespace": "Ours"}),
        Sample(
            _ALARM,
            _alarm(_BACKLOG[0], EndpointName="b"),
            beside=(Sample(_ENDPOINT, _named("a")), _served("a")),
        ),
    ),
    also_fails=(
        Sample(_ALARM, _alarm(_BACKLOG[0], Endpoint="a")),
        Sample(
            _ALARM,
            _alarm(_BACKLOG[2], EndpointName="a"),
            beside=(Sample(_ENDPOINT, _named("a")), _served("a")),
        ),
    ),
    stack_check=_deaf,
)

IDLE_HEARD = Rule(
    id="cost-sagemaker-idle-alarm",
    title="Somebody hears when nobody calls a SageMaker endpoint.",
    severity="low",
    types=(_ENDPOINT, _ALARM),
    rationale="an endpoint that was forgotten is paid for until somebody reads the bill",
    fix='MetricAlarm(metric_name="Invocations", dimensions={"EndpointName": endpoint.name, …})',
    sources=("cleancloud sagemaker endpoint idle (14 days)",),
    levels=ADVICE,
    passes=Sample(
        _ENDPOINT,
        _named("heard"),
        beside=(Sample(_ALARM, _alarm("Invocations", EndpointName="heard")),),
    ),
    fails=Sample(_ENDPOINT, _named("forgotten")),
    also_fails=(
        Sample(
            _ENDPOINT,
            _named("a"),
            beside=(
                Sample(_ALARM, _alarm("Invocations", EndpointName="b")),
                Sample(_ALARM, _alarm("Invocation5XXErrors", EndpointName="a")),
            ),
        ),
    ),
    stack_check=_unwatched,
)

ASLEEP_IN_DEV = Rule(
    id="cost-sagemaker-dev-not-always-on",
    title="In dev no SageMaker endpoint keeps machines that nobody asks.",
    severity="medium",
    types=(_CONFIGURATION,),
    rationale="the smallest machine costs about 80 USD a month, and in dev it waits most of it",
    fix='serverless_config, async_inference_config, or the tag "ttl": "<day>" on what is a trial',
    sources=("FinOps Framework, capability 'Workload Optimization'",),
    levels=ADVICE_IN_DEV,
    reads=(Reads("productionVariants[].managedInstanceScaling.minInstanceCount", "fails"),),
    passes=Sample(
        _CONFIGURATION,
        {"productionVariants": [variant(managedInstanceScaling={"minInstanceCount": 0})]},
    ),
    fails=Sample(
        _CONFIGURATION,
        {"productionVariants": [variant(managedInstanceScaling={"minInstanceCount": 1})]},
    ),
    also_passes=(
        Sample(_CONFIGURATION, {"productionVariants": [_SERVERLESS]}),
        _served("a", asyncInferenceConfig=_ASYNC),
        _served("a", tags={"ttl": "2026-12-31"}),
    ),
    also_fails=(_served("a"),),
    check=_always_on,
)

GROWTH_CAPPED = Rule(
    id="cost-sagemaker-managed-scaling-cap",
    title="SageMaker's own scaling has a largest number of machines.",
    severity="medium",
    types=(_CONFIGURATION,),
    rationale="each machine is paid for by the hour, whoever asked for it",
    fix="managed_instance_scaling={…, max_instance_count: 4}",
    sources=("FinOps Framework, capability 'Workload Optimization'",),
    levels=ADVICE,
    parameters={"most": Parameter(10, "largest number of machines of a variant")},
    passes=Sample(
        _CONFIGURATION,
        {"productionVariants": [variant(managedInstanceScaling={"maxInstanceCount": 4})]},
    ),
    fails=Sample(
        _CONFIGURATION,
        {"productionVariants": [variant(managedInstanceScaling={"maxInstanceCount": 40})]},
    ),
    also_passes=(_served("a"),),
    check=within(
        "productionVariants[].managedInstanceScaling.maxInstanceCount",
        1,
        "most",
        "and each is paid for",
        absent="passes",
    ),
)

RELIABILITY = (METRIC_EXISTS,)
COST = (GROWS, SHRINKS_TO_NONE, IDLE_HEARD, ASLEEP_IN_DEV, GROWTH_CAPPED)
