"""Rules about SageMaker: how its endpoints are encrypted, shut off and changed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelport_policies.aws.sagemaker_variants import variant
from modelport_policies.demands import all_of, has_at_least, is_not_true, is_set, is_true
from modelport_policies.rule import (
    ADVICE,
    STRICT_IN_PROD,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, flag, items, read, text

_CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
_MODEL = "aws:sagemaker/model:Model"
_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cancer@sha256:" + "5f" * 32
_VARIANTS = ("productionVariants", "shadowProductionVariants")
_LOCAL_DISKS = re.compile(
    r"ml\.(g4dn|g5|g6|g6e|gr6|p3dn|p4d|p4de|p5|p5e|p5en|trn1|trn1n|trn2|inf2|\w+d|\w+dn)\."
)
"""Families whose only disks are in the machine.

Source: AWS API reference, CreateEndpointConfig, KmsKeyId: "Certain Nitro-based instances include
local storage … you can't request a VolumeKmsKeyId"; EC2's list of types with instance store.
"""
_PRIVATE_REGISTRY = re.compile(
    r"\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com|on\.aws)(\.\S+)?/"
)


def _encrypted(resource: Resource, _: Settings) -> Iterator[str]:
    key = read(resource.properties, "kmsKeyArn")
    if key is UNKNOWN:
        return
    disks = {_disks(found) for found in _all_variants(resource.properties)}
    if isinstance(key, str) and key:
        if "local" in disks:
            yield (
                "sets kmsKeyArn beside an instance type whose only disks are in the machine: "
                "SageMaker refuses that, for those are encrypted by the hardware"
            )
    elif "volume" in disks:
        yield "sets no kmsKeyArn, so its volumes are under a key that nobody here can withdraw"


def _disks(found: Mapping[str, Any]) -> str:
    if read(found, "serverlessConfig") is not MISSING:
        return "none"
    machine = text(found, "instanceType")
    if machine is UNKNOWN:
        return "unknown"
    return "local" if isinstance(machine, str) and _LOCAL_DISKS.match(machine) else "volume"


def _all_variants(properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for field in _VARIANTS:
        for _, found in items(properties, field):
            if isinstance(found, Mapping):
                yield found


def _isolated_image(resource: Resource, _: Settings) -> Iterator[str]:
    for place, container in _containers(resource.properties):
        image = text(container, "image")
        if not isinstance(image, str):
            continue
        if not _PRIVATE_REGISTRY.match(image):
            yield f"has in {place} an image that is in no private registry of ECR"
        elif "@sha256:" not in image and (":" not in image or image.endswith(":latest")):
            yield f"has in {place} an image without a fixed tag or digest"


def _containers(properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    first = read(properties, "primaryContainer")
    if isinstance(first, Mapping):
        yield "primaryContainer.image", first
    for index, container in items(properties, "containers"):
        if isinstance(container, Mapping):
            yield f"containers[{index}].image", container


def _captures_nothing(properties: Mapping[str, Any]) -> bool:
    return flag(read(properties, "dataCaptureConfig", "enableCapture")) is not True


def _keeps_no_answers(properties: Mapping[str, Any]) -> bool:
    found = read(properties, "asyncInferenceConfig", "outputConfig")
    return not isinstance(found, Mapping)


def _reaches_nothing(properties: Mapping[str, Any]) -> bool:
    found = read(properties, "enableNetworkIsolation")
    return found is UNKNOWN or flag(found) is True


CONFIGURATION_ENCRYPTED = Rule(
    id="sagemaker-endpointconfig-kms",
    title="The volumes of a SageMaker endpoint are under a key of one's own.",
    severity="high",
    types=(_CONFIGURATION,),
    rationale="models and requests lie on these disks; without an own key nobody can shut them off",
    fix="kms_key_arn=key.arn; none where every instance type has local disks (g4dn, g5, p4d, …)",
    sources=("CKV_AWS_98 (volumes only)", "AWS API reference, CreateEndpointConfig, KmsKeyId"),
    reads=(Reads("kmsKeyArn", "fails"),),
    passes=Sample(_CONFIGURATION, {"kmsKeyArn": _KEY, "productionVariants": [variant()]}),
    fails=Sample(_CONFIGURATION, {"productionVariants": [variant()]}),
    also_passes=(
        Sample(_CONFIGURATION, {"productionVariants": [variant(instanceType="ml.g5.xlarge")]}),
        Sample(
            _CONFIGURATION,
            {
                "productionVariants": [
                    variant(instanceType=None, serverlessConfig={"maxConcurrency": 5})
                ]
            },
        ),
    ),
    also_fails=(
        Sample(
            _CONFIGURATION,
            {"kmsKeyArn": _KEY, "productionVariants": [variant(instanceType="ml.g5.xlarge")]},
        ),
        Sample(
            _CONFIGURATION,
            {
                "productionVariants": [
                    variant(instanceType="ml.g5.xlarge"),
                    variant(instanceType="ml.m5.large"),
                ]
            },
        ),
        Sample(
            _CONFIGURATION,
            {
                "productionVariants": [variant(instanceType="ml.g5.xlarge")],
                "shadowProductionVariants": [variant()],
            },
        ),
    ),
    check=_encrypted,
)

NETWORK_ISOLATED = Rule(
    id="sagemaker-model-network-isolation",
    title="A SageMaker model's container reaches no network.",
    severity="high",
    types=(_MODEL,),
    rationale="a model or a library that was tampered with could send requests away",
    fix="enable_network_isolation=True",
    sources=("AWS Security Hub SageMaker.5", "CKV_AWS_370"),
    passes=Sample(_MODEL, {"enableNetworkIsolation": True}),
    fails=Sample(_MODEL, {"enableNetworkIsolation": False}),
    check=is_true("enableNetworkIsolation", "so its container may call any address"),
)

MODEL_IN_VPC = Rule(
    id="sagemaker-model-vpc",
    title="A SageMaker model runs in a network of one's own, or reaches none.",
    severity="high",
    types=(_MODEL,),
    rationale="only one's own network can say what the container reaches, and who reaches it",
    fix="vpc_config={subnets: [two private ones], …}, or enable_network_isolation=True",
    sources=("prowler sagemaker_models_vpc_settings_configured",),
    passes=Sample(
        _MODEL,
        {"vpcConfig": {"subnets": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}},
    ),
    fails=Sample(_MODEL, {"vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}}),
    also_passes=(Sample(_MODEL, {"enableNetworkIsolation": True}),),
    also_fails=(Sample(_MODEL, {"enableNetworkIsolation": False}),),
    check=all_of(
        has_at_least(
            "vpcConfig.subnets",
            2,
            "so one zone that is down takes the endpoint along",
            unless=_reaches_nothing,
        ),
        has_at_least(
            "vpcConfig.securityGroupIds",
            1,
            "so no group says what it may reach",
            unless=_reaches_nothing,
        ),
    ),
)

MODEL_IMAGE_PRIVATE = Rule(
    id="sagemaker-model-image-private",
    title="A SageMaker model's image is in a private registry, with a fixed tag or digest.",
    severity="high",
    types=(_MODEL,),
    rationale="who can push to the registry, or move the tag, decides what runs",
    fix="image=<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<digest>",
    sources=("AWS Config sagemaker-model-private-registry-required", "CKV_K8S_14 (analogue)"),
    reads=(Reads("primaryContainer.image", "passes"), Reads("containers[].image", "passes")),
    passes=Sample(
        _MODEL,
        {"primaryContainer": {"image": _IMAGE}, "containers": [{"image": _IMAGE}]},
    ),
    fails=Sample(_MODEL, {"primaryContainer": {"image": "docker.io/somebody/cancer:1"}}),
    also_passes=(
        Sample(
            _MODEL,
            {
                "primaryContainer": {
                    "image": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.3"
                }
            },
        ),
    ),
    also_fails=(
        Sample(_MODEL, {"containers": [{"image": _IMAGE}, {"image": "somebody/cancer:1"}]}),
        Sample(
            _MODEL,
            {
                "primaryContainer": {
                    "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cancer:latest"
                }
            },
        ),
        Sample(
            _MODEL,
            {"primaryContainer": {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cancer"}},
        ),
    ),
    check=_isolated_image,
)

CAPTURE_ENCRYPTED = Rule(
    id="sagemaker-endpointconfig-capture-kms",
    title="Captured requests of a SageMaker endpoint are encrypted with a key of one's own.",
    severity="high",
    types=(_CONFIGURATION,),
    rationale="captured data is what callers sent: the most personal of all that is stored",
    fix="data_capture_config={…, kms_key_id: key.arn}",
    sources=("AWS API reference, DataCaptureConfig, KmsKeyId",),
    passes=Sample(_CONFIGURATION, {"dataCaptureConfig": {"enableCapture": True, "kmsKeyId": _KEY}}),
    fails=Sample(_CONFIGURATION, {"dataCaptureConfig": {"enableCapture": True, "kmsKeyId": ""}}),
    also_passes=(Sample(_CONFIGURATION, {"dataCaptureConfig": {"enableCapture": False}}),),
    check=is_set(
        "dataCaptureConfig.kmsKeyId",
        "so captured requests lie under no key of one's own",
        unless=_captures_nothing,
    ),
)

ASYNC_OUTPUT_ENCRYPTED = Rule(
    id="sagemaker-endpointconfig-async-output-kms",
    title="Answers of an asynchronous SageMaker endpoint are encrypted with a key of one's own.",
    severity="high",
    types=(_CONFIGURATION,),
    rationale="answers stay in a bucket until somebody deletes them",
    fix="async_inference_config={output_config: {…, kms_key_id: key.arn}}",
    sources=("AWS API reference, AsyncInferenceOutputConfig, KmsKeyId",),
    passes=Sample(
        _CONFIGURATION,
        {
            "asyncInferenceConfig": {
                "outputConfig": {"s3OutputPath": "s3://answers/", "kmsKeyId": _KEY}
            }
        },
    ),
    fails=Sample(
        _CONFIGURATION,
        {"asyncInferenceConfig": {"outputConfig": {"s3OutputPath": "s3://answers/"}}},
    ),
    check=is_set(
        "asyncInferenceConfig.outputConfig.kmsKeyId",
        "so answers lie under no key of one's own",
        unless=_keeps_no_answers,
    ),
)

NO_SHELL = Rule(
    id="sagemaker-endpointconfig-no-ssm-access",
    title="Nobody opens a shell on a SageMaker endpoint.",
    severity="medium",
    types=(_CONFIGURATION,),
    rationale="a shell on the serving host reads every request and the model, and leaves no trace",
    fix="leave enable_ssm_access out",
    sources=("AWS API reference, ProductionVariant, EnableSSMAccess",),
    levels=STRICT_IN_PROD,
    passes=Sample(_CONFIGURATION, {"productionVariants": [variant(enableSsmAccess=False)]}),
    fails=Sample(_CONFIGURATION, {"productionVariants": [variant(enableSsmAccess=True)]}),
    check=is_not_true("productionVariants[].enableSsmAccess", "so its host takes a shell"),
)

CAPTURE_ON = Rule(
    id="sagemaker-endpointconfig-capture-enabled",
    title="A SageMaker endpoint keeps a sample of its requests.",
    severity="medium",
    types=(_CONFIGURATION,),
    rationale="without it nobody can say whether what it is asked is like what it learnt from",
    fix="data_capture_config={enable_capture: True, initial_sampling_percentage: 10, …}",
    sources=("prowler sagemaker_models_monitor_enabled (intent)",),
    levels=ADVICE,
    passes=Sample(_CONFIGURATION, {"dataCaptureConfig": {"enableCapture": True}}),
    fails=Sample(_CONFIGURATION, {"dataCaptureConfig": {"enableCapture": False}}),
    also_passes=(Sample(_CONFIGURATION, {"productionVariants": [variant(serverlessConfig={})]}),),
    check=is_true(
        "dataCaptureConfig.enableCapture",
        "so drift cannot be seen",
        unless=lambda properties: any(
            isinstance(found, Mapping) and read(found, "serverlessConfig") is not MISSING
            for _, found in items(properties, "productionVariants")
        ),
    ),
)

SECURITY = (
    CONFIGURATION_ENCRYPTED,
    NETWORK_ISOLATED,
    MODEL_IN_VPC,
    MODEL_IMAGE_PRIVATE,
    CAPTURE_ENCRYPTED,
    CAPTURE_ON,
    ASYNC_OUTPUT_ENCRYPTED,
    NO_SHELL,
)
