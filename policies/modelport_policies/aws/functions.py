"""Rules about Lambda functions: who may call them, and what they run."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelport_policies.components import UnlessServed
from modelport_policies.demands import is_none_of, is_one_of, is_set
from modelport_policies.rule import (
    ADVICE,
    STRICT_IN_PROD,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, entries, read, text

_FUNCTION = "aws:lambda/function:Function"
_PERMISSION = "aws:lambda/permission:Permission"
_URL = "aws:lambda/functionUrl:FunctionUrl"
_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cancer@sha256:" + "5f" * 32
_OLD_RUNTIMES = (
    "dotnet6", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "java8", "nodejs12.x", "nodejs14.x",
    "nodejs16.x", "nodejs18.x", "provided", "python2.7", "python3.6", "python3.7", "python3.8",
    "python3.9", "ruby2.7",
)  # fmt: skip
"""Source: AWS Lambda, 'Lambda runtimes', runtime deprecation policy, deprecated by 2026-11."""


def _strangers(resource: Resource, _: Settings) -> Iterator[str]:
    principal = text(resource.properties, "principal")
    if not isinstance(principal, str):
        return
    limits = [read(resource.properties, key) for key in ("sourceArn", "sourceAccount")]
    organisation = read(resource.properties, "principalOrgId")
    if any(limit not in (MISSING, "") for limit in (*limits, organisation)):
        return
    if principal == "*":
        if text(resource.properties, "functionUrlAuthType") not in ("AWS_IAM", UNKNOWN):
            yield "has the principal '*', so every AWS account may call the function"
    elif principal.endswith(".amazonaws.com"):
        yield "lets a service call the function for whoever asks: it sets no sourceArn"


def _no_variables(properties: Mapping[str, Any]) -> bool:
    return not any(True for _ in entries(properties, "environment", "variables"))


def _is_image(properties: Mapping[str, Any]) -> bool:
    return text(properties, "packageType") in ("Image", UNKNOWN)


def _pinned(resource: Resource, _: Settings) -> Iterator[str]:
    image = text(resource.properties, "imageUri")
    if isinstance(image, str) and not re.search(r"@sha256:[0-9a-f]{64}$", image):
        yield "has an imageUri without a digest, so what runs depends on who pushed last"


PERMISSION_NAMED = Rule(
    id="lambda-no-public-permission",
    title="Only those who are named may call a Lambda function.",
    severity="critical",
    types=(_PERMISSION,),
    rationale="a stranger uses the model, copies it by asking, and you pay for it",
    fix="principal=<account or service>, and source_arn=<what may call> beside a service",
    sources=("AWS Security Hub Lambda.1", "CKV_AWS_301", "CKV_AWS_364"),
    reads=(Reads("principal", "passes"),),
    passes=Sample(
        _PERMISSION,
        {
            "principal": "apigateway.amazonaws.com",
            "sourceArn": "arn:aws:execute-api:eu-west-1:123456789012:a/*",
        },
    ),
    fails=Sample(_PERMISSION, {"principal": "*"}),
    also_passes=(
        Sample(_PERMISSION, {"principal": "123456789012"}),
        Sample(_PERMISSION, {"principal": "*", "functionUrlAuthType": "AWS_IAM"}),
        Sample(_PERMISSION, {"principal": "*", "principalOrgId": "o-123"}),
        Sample(_PERMISSION, {"principal": "s3.amazonaws.com", "sourceAccount": "123456789012"}),
    ),
    also_fails=(
        Sample(_PERMISSION, {"principal": "s3.amazonaws.com"}),
        Sample(_PERMISSION, {"principal": "*", "functionUrlAuthType": "NONE"}),
        Sample(_PERMISSION, {"principal": "s3.amazonaws.com", "sourceArn": ""}),
    ),
    check=UnlessServed(_strangers),
)

URL_AUTHENTICATED = Rule(
    id="lambda-url-auth",
    title="A function URL asks who calls.",
    severity="high",
    types=(_URL,),
    rationale="anybody on the internet could use the model, copy it by asking, or run up its cost",
    fix='authorization_type="AWS_IAM", and lambda:InvokeFunctionUrl for those who may call',
    sources=("CKV_AWS_258", "prowler awslambda_function_url_public"),
    passes=Sample(_URL, {"authorizationType": "AWS_IAM"}),
    fails=Sample(_URL, {"authorizationType": "NONE"}),
    check=UnlessServed(
        is_one_of("authorizationType", ["AWS_IAM"], "so its address answers everybody")
    ),
)

URL_ORIGINS = Rule(
    id="lambda-url-cors",
    title="A function URL lets named web pages call it.",
    severity="medium",
    types=(_URL,),
    rationale="with '*' every page that a colleague opens may call the model in their name",
    fix='cors={allow_origins: ["https://app.example.com"]}',
    sources=("prowler awslambda_function_url_cors_policy",),
    levels=STRICT_IN_PROD,
    passes=Sample(_URL, {"cors": {"allowOrigins": ["https://app.example.com"]}}),
    fails=Sample(_URL, {"cors": {"allowOrigins": ["*"]}}),
    check=is_none_of("cors.allowOrigins[]", ("*",), "so every web page may call it"),
)

RUNTIME_SUPPORTED = Rule(
    id="lambda-supported-runtime",
    title="A Lambda function runs on a runtime that AWS still mends.",
    severity="medium",
    types=(_FUNCTION,),
    rationale="a runtime past its end gets no security fixes, and one day no updates at all",
    fix='runtime="python3.13"',
    sources=("AWS Security Hub Lambda.2", "CKV_AWS_363"),
    levels=STRICT_IN_PROD,
    passes=Sample(_FUNCTION, {"runtime": "python3.13"}),
    fails=Sample(_FUNCTION, {"runtime": "python3.8"}),
    check=is_none_of("runtime", _OLD_RUNTIMES, "which AWS no longer mends"),
)

IMAGE_PINNED = Rule(
    id="lambda-image-digest",
    title="A Lambda function's image is named by its digest.",
    severity="medium",
    types=(_FUNCTION,),
    rationale="a tag can be moved; a digest is what was tested",
    fix="image_uri=<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<digest>",
    sources=("CKV_K8S_43 (analogue)", "SLSA v1.0, 'Verifying artifacts'"),
    levels=STRICT_IN_PROD,
    reads=(Reads("imageUri", "passes"),),
    passes=Sample(_FUNCTION, {"packageType": "Image", "imageUri": _IMAGE}),
    fails=Sample(_FUNCTION, {"packageType": "Image", "imageUri": _IMAGE.split("@")[0] + ":latest"}),
    check=_pinned,
)

VARIABLES_ENCRYPTED = Rule(
    id="lambda-env-kms",
    title="A Lambda function's variables are encrypted with a key of one's own.",
    severity="medium",
    types=(_FUNCTION,),
    rationale="with AWS's key, whoever may describe the function reads them",
    fix="kms_key_arn=key.arn",
    sources=("CKV_AWS_173", "prowler awslambda_function_env_vars_not_encrypted_with_cmk"),
    levels=ADVICE,
    passes=Sample(_FUNCTION, {"environment": {"variables": {"A": "1"}}, "kmsKeyArn": _KEY}),
    fails=Sample(_FUNCTION, {"environment": {"variables": {"A": "1"}}}),
    also_passes=(Sample(_FUNCTION, {}), Sample(_FUNCTION, {"environment": {"variables": {}}})),
    check=is_set("kmsKeyArn", "so its variables are under AWS's key", unless=_no_variables),
)

CODE_SIGNED = Rule(
    id="lambda-code-signing",
    title="A Lambda function made from a zip takes signed code only.",
    severity="low",
    types=(_FUNCTION,),
    rationale="a signature proves that the code comes from the build that was reviewed",
    fix="code_signing_config_arn=config.arn, or an image named by its digest",
    sources=("CKV_AWS_272",),
    levels=ADVICE,
    passes=Sample(_FUNCTION, {"codeSigningConfigArn": "arn:aws:lambda:eu-west-1:1:csc-1"}),
    fails=Sample(_FUNCTION, {"packageType": "Zip"}),
    also_passes=(Sample(_FUNCTION, {"packageType": "Image", "imageUri": _IMAGE}),),
    check=is_set("codeSigningConfigArn", "so any zip may become it", unless=_is_image),
)

SECURITY = (
    PERMISSION_NAMED,
    URL_AUTHENTICATED,
    URL_ORIGINS,
    RUNTIME_SUPPORTED,
    IMAGE_PINNED,
    VARIABLES_ENCRYPTED,
    CODE_SIGNED,
)
