"""Rules about SageMaker in operation: how a version takes over, and what instances cost."""

from collections.abc import Iterator, Mapping

from modelport_policies.aws.sagemaker_variants import variant
from modelport_policies.demands import has_at_least, is_set, within
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
from modelport_policies.values import MISSING, UNKNOWN, items, read, text

_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_ENDPOINT = "aws:sagemaker/endpoint:Endpoint"


def _always_on(resource: Resource, _: Settings) -> Iterator[str]:
    if read(resource.properties, "asyncInferenceConfig") is not MISSING:
        return
    for index, found in items(resource.properties, "productionVariants"):
        if not isinstance(found, Mapping):
            continue
        if read(found, "serverlessConfig", "provisionedConcurrency") not in (MISSING, UNKNOWN):
            yield f"keeps productionVariants[{index}] warm with provisionedConcurrency"


def _shifted(resource: Resource, _: Settings) -> Iterator[str]:
    deployment = read(resource.properties, "deploymentConfig")
    if deployment is UNKNOWN:
        return
    rolling = read(resource.properties, "deploymentConfig", "rollingUpdatePolicy")
    if rolling is not MISSING:
        return
    kind = text(
        resource.properties,
        *("deploymentConfig", "blueGreenUpdatePolicy", "trafficRoutingConfiguration", "type"),
    )
    if kind is not UNKNOWN and kind not in ("CANARY", "LINEAR"):
        yield "gives a new version all the traffic at once, so every caller meets its mistakes"


ROLLED_BACK = Rule(
    id="sagemaker-endpoint-auto-rollback",
    title="A bad version of a SageMaker endpoint goes back by itself.",
    severity="high",
    types=(_ENDPOINT,),
    rationale="without an alarm to watch, SageMaker finishes an update whatever its answers are",
    fix="deployment_config={auto_rollback_configuration: {alarms: [{alarm_name: alarm.name}]}, …}",
    sources=("Amazon SageMaker, 'Deployment guardrails', auto-rollback configuration",),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _ENDPOINT,
        {"deploymentConfig": {"autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]}}},
    ),
    fails=Sample(_ENDPOINT, {"deploymentConfig": {"autoRollbackConfiguration": {"alarms": []}}}),
    check=has_at_least(
        "deploymentConfig.autoRollbackConfiguration.alarms",
        1,
        "so nothing takes a bad version back",
    ),
)

TRAFFIC_SHIFTED = Rule(
    id="sagemaker-endpoint-traffic-shift",
    title="A new version of a SageMaker endpoint gets its traffic in steps.",
    severity="medium",
    types=(_ENDPOINT,),
    rationale="what fails for one caller in ten can be taken back; for all it is an outage",
    fix="rollout: {canary: {steps: [10]}}, or type: CANARY in traffic_routing_configuration",
    sources=("Amazon SageMaker, 'Deployment guardrails', canary at most 50 %",),
    levels=ADVICE,
    reads=(
        Reads("deploymentConfig.blueGreenUpdatePolicy.trafficRoutingConfiguration.type", "fails"),
    ),
    passes=Sample(
        _ENDPOINT,
        {
            "deploymentConfig": {
                "blueGreenUpdatePolicy": {"trafficRoutingConfiguration": {"type": "CANARY"}}
            }
        },
    ),
    fails=Sample(
        _ENDPOINT,
        {
            "deploymentConfig": {
                "blueGreenUpdatePolicy": {"trafficRoutingConfiguration": {"type": "ALL_AT_ONCE"}}
            }
        },
    ),
    also_passes=(
        Sample(
            _ENDPOINT,
            {
                "deploymentConfig": {
                    "rollingUpdatePolicy": {
                        "waitIntervalInSeconds": 60,
                        "maximumBatchSize": {"type": "INSTANCE_COUNT", "value": 1},
                    }
                }
            },
        ),
    ),
    check=_shifted,
)

TWO_INSTANCES = Rule(
    id="sagemaker-endpointconfig-ha-instances",
    title="A SageMaker endpoint starts with two instances or more.",
    severity="medium",
    types=(_CONFIGURATION,),
    rationale="AWS promises an availability only for endpoints of more than one instance",
    fix="replicas: {min: 2} in the target, or initial_instance_count=2",
    sources=("AWS Security Hub SageMaker.4", "Amazon SageMaker SLA, 'more than one instance'"),
    levels=ADVICE,
    passes=Sample(_CONFIGURATION, {"productionVariants": [variant()]}),
    fails=Sample(_CONFIGURATION, {"productionVariants": [variant(initialInstanceCount=1)]}),
    also_passes=(
        Sample(
            _CONFIGURATION,
            {
                "productionVariants": [
                    variant(initialInstanceCount=None, serverlessConfig={"maxConcurrency": 5})
                ]
            },
        ),
    ),
    check=within(
        "productionVariants[].initialInstanceCount",
        2,
        None,
        "so one machine that fails is an outage",
        absent="passes",
    ),
)

COUNT_CAPPED = Rule(
    id="cost-sagemaker-initial-count-cap",
    title="A SageMaker endpoint starts with a few instances at most.",
    severity="high",
    types=(_CONFIGURATION,),
    rationale="each instance is paid for by the hour, asked or not",
    fix="initial_instance_count=1 and scaling by load, or a higher limit that somebody agreed to",
    sources=("FinOps Framework, capability 'Workload Optimization'",),
    parameters={"most": Parameter(4, "largest number of instances that a variant starts with")},
    passes=Sample(_CONFIGURATION, {"productionVariants": [variant()]}),
    fails=Sample(_CONFIGURATION, {"productionVariants": [variant(initialInstanceCount=5)]}),
    check=within(
        "productionVariants[].initialInstanceCount",
        None,
        "most",
        "and each is paid for from the first minute",
        absent="passes",
    ),
)

NO_WARM_DEV = Rule(
    id="cost-sagemaker-no-dev-provisioned-concurrency",
    title="In dev no serverless SageMaker endpoint is kept warm.",
    severity="medium",
    types=(_CONFIGURATION,),
    rationale="what is kept warm is paid for by the second, and in dev nobody waits",
    fix="leave serverless_config.provisioned_concurrency out in dev",
    sources=("Amazon SageMaker pricing, 'Provisioned Concurrency'",),
    levels=DEV_ONLY,
    reads=(Reads("productionVariants[].serverlessConfig.provisionedConcurrency", "passes"),),
    passes=Sample(
        _CONFIGURATION,
        {"productionVariants": [variant(serverlessConfig={"maxConcurrency": 5})]},
    ),
    fails=Sample(
        _CONFIGURATION,
        {
            "productionVariants": [
                variant(serverlessConfig={"maxConcurrency": 5, "provisionedConcurrency": 2})
            ]
        },
    ),
    check=_always_on,
)

SHADOW_ENDS = Rule(
    id="cost-sagemaker-shadow-expires",
    title="A shadow variant of a SageMaker endpoint has a day on which it ends.",
    severity="low",
    types=(_CONFIGURATION,),
    rationale="a shadow doubles the bill and answers nobody; what has no end is forgotten",
    fix="tags={…, 'ttl': '2026-12-31'} beside shadow_production_variants",
    sources=("FinOps Framework, capability 'Workload Optimization'",),
    levels=ADVICE,
    passes=Sample(
        _CONFIGURATION,
        {"shadowProductionVariants": [variant()], "tags": {"ttl": "2026-12-31"}},
    ),
    fails=Sample(_CONFIGURATION, {"shadowProductionVariants": [variant()]}),
    also_passes=(Sample(_CONFIGURATION, {"productionVariants": [variant()]}),),
    check=is_set(
        "tags.ttl",
        "so its shadow variants are paid for until somebody remembers them",
        unless=lambda properties: (
            not any(True for _ in items(properties, "shadowProductionVariants"))
        ),
    ),
)

RELIABILITY = (ROLLED_BACK, TRAFFIC_SHIFTED, TWO_INSTANCES)
COST = (COUNT_CAPPED, NO_WARM_DEV, SHADOW_ENDS)
