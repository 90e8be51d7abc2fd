"""Rules about secrets: none in the plain environment of a program."""

import re
from collections.abc import Iterator, Mapping

from modelport_policies.rule import Resource, Rule, Settings
from modelport_policies.values import entries, items, read, text

_NAME = re.compile(
    r"(^|[_-])(secret|token|passw(or)?d|passphrase|api[_-]?key|private[_-]?key|access[_-]?key|"
    r"credentials?|connection[_-]?string)([_-]|$)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(arn:aws:secretsmanager|arn:aws:ssm|projects/.+/secrets/|@Microsoft\.KeyVault)"
)
_HARMLESS_END = re.compile(r"[_-](arn|file|id|name|path|ref|uri|url|version)$", re.IGNORECASE)
_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|"
    r"\bmp_[A-Za-z0-9_-]{40,}\b|\bAIza[0-9A-Za-z_-]{35}\b|\bxox[abprs]-[0-9A-Za-z-]{10,}|"
    r"://[^/\s:@]+:[^/\s:@]+@"
)

_MAPS: Mapping[str, tuple[str | int, ...]] = {
    "aws:lambda/function:Function": ("environment", "variables"),
    "aws:sagemaker/model:Model": ("primaryContainer", "environment"),
    "azure-native:machinelearningservices:OnlineDeployment": (
        "onlineDeploymentProperties",
        "environmentVariables",
    ),
    "gcp:cloudfunctionsv2/function:Function": ("serviceConfig", "environmentVariables"),
}
"""Types whose environment is a map, and where it is."""
_CONTAINERS: Mapping[str, tuple[str | int, ...]] = {
    "gcp:cloudrunv2/service:Service": ("template", "containers"),
    "kubernetes:apps/v1:Deployment": ("spec", "template", "spec", "containers"),
    "kubernetes:apps/v1:StatefulSet": ("spec", "template", "spec", "containers"),
    "kubernetes:batch/v1:Job": ("spec", "template", "spec", "containers"),
    "kubernetes:core/v1:Pod": ("spec", "containers"),
}
"""Types whose containers list `{name, value}` pairs, and where the containers are."""


def _environment(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    for name, value in _variables(resource):
        if _VALUE.search(value):
            yield f"its environment variable {name} holds what looks like a secret"
        elif _suspicious(name) and value and not _REFERENCE.search(value):
            yield f"its environment variable {name} is named like a secret and set in plain"


def _variables(resource: Resource) -> Iterator[tuple[str, str]]:
    """Known variables with their values; only names ever reach a message."""
    place = _MAPS.get(resource.type)
    if place is not None:
        for name, value in entries(resource.properties, *place):
            if isinstance(value, str):
                yield name, value
    place = _CONTAINERS.get(resource.type)
    if place is None:
        return
    field = "envs" if resource.type.startswith("gcp:") else "env"
    for _, container in items(resource.properties, *place):
        if not isinstance(container, Mapping):
            continue
        for index, _ in items(container, field):
            pair = read(container, field, index)
            if isinstance(pair, Mapping):
                name = text(pair, "name")
                value = text(pair, "value")
                if isinstance(name, str) and isinstance(value, str):
                    yield name, value


def _suspicious(name: str) -> bool:
    """Whether the name says secret; `TOKEN_URL` and `SECRET_ARN` only say where one is."""
    return bool(_NAME.search(name)) and not _HARMLESS_END.search(name)


NO_PLAIN_SECRETS = Rule(
    id="environment-no-plain-secrets",
    title="No secret stands in the plain environment of a program.",
    severity="high",
    types=(*_MAPS, *_CONTAINERS),
    rationale="whoever may describe the resource reads it, and it ends in logs and crash reports",
    fix="keep it in the platform's secret store and give the program a reference",
    sources=("CKV_AWS_45", "CWE-526", "AWS Security Hub Lambda.2 (intent)"),
    check=_environment,
)

SECRETS = (NO_PLAIN_SECRETS,)
