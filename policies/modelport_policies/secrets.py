"""Rules about secrets: none in the plain environment of a program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from modelport_policies.rule import Reads, Resource, Rule, Sample, Settings
from modelport_policies.secret_words import could_be_secret, looks_like_secret, named_like_secret
from modelport_policies.values import UNKNOWN, Path, Read, entries, items, read
from modelport_policies.workloads import LONGEST_NAME, PODS, containers, is_plain

_LAMBDA = "aws:lambda/function:Function"


@dataclass(frozen=True, slots=True)
class _Containers:
    """Where containers are, and what the list of their variables is called."""

    place: Path
    variables: str
    lists: tuple[str, ...] = ("containers",)


_WITH_INIT = ("containers", "initContainers")
_MAPS: Mapping[str, tuple[Path, ...]] = {
    _LAMBDA: (("environment", "variables"),),
    "aws:sagemaker/model:Model": (("primaryContainer", "environment"),),
    "azure-native:machinelearningservices:OnlineDeployment": (
        ("properties", "environmentVariables"),
    ),
    "azure-native:web:WebAppApplicationSettings": (("properties",),),
    "gcp:cloudfunctionsv2/function:Function": (
        ("serviceConfig", "environmentVariables"),
        ("buildConfig", "environmentVariables"),
    ),
}
"""Types with maps of variables, and where they are."""
_PAIRS: Mapping[str, Path] = {"azure-native:web:WebApp": ("siteConfig", "appSettings")}
"""Types with lists of `{name, value}`, and where they are."""
_CONTAINERS: Mapping[str, _Containers] = {
    "aws:sagemaker/model:Model": _Containers((), "environment"),
    "azure-native:app:ContainerApp": _Containers(("template",), "env", _WITH_INIT),
    "azure-native:containerinstance:ContainerGroup": _Containers((), "environmentVariables"),
    "gcp:cloudrunv2/job:Job": _Containers(("template", "template"), "envs"),
    "gcp:cloudrunv2/service:Service": _Containers(("template",), "envs"),
    **{kind: _Containers(place, "env", _WITH_INIT) for kind, place in PODS.items()},
}
"""Types whose containers have maps or lists of variables, and where the containers are."""


def _environment(resource: Resource, _: Settings) -> Iterator[str]:
    for place, name, value in _variables(resource):
        if value is UNKNOWN or isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        words = str(value)
        if looks_like_secret(words):
            yield f"holds what looks like a secret in {_shown(place, name)}"
        elif named_like_secret(name) and could_be_secret(words):
            yield f"sets {_shown(place, name)} in plain, which is named like a secret"


def _variables(resource: Resource) -> Iterator[tuple[str, str, Read]]:
    """Every variable: the words for its place, its name and its value."""
    for path in _MAPS.get(resource.type, ()):
        for name, value in entries(resource.properties, *path):
            yield ".".join(path), name, value
    if resource.type in _PAIRS:
        path = _PAIRS[resource.type]
        yield from _pairs(resource.properties, path, ".".join(path))
    if resource.type in _CONTAINERS:
        where = _CONTAINERS[resource.type]
        for label, container in containers(resource, where.place, where.lists):
            place = f"{label}.{where.variables}"
            yield from _pairs(container, (where.variables,), place)
            for name, value in entries(container, where.variables):
                yield place, name, value


def _pairs(
    properties: Mapping[str, object], path: Path, place: str
) -> Iterator[tuple[str, str, Read]]:
    for index, pair in items(properties, *path):
        if isinstance(pair, Mapping):
            name = read(pair, "name")
            # The value alone may give a secret away, so an unknown name hides nothing.
            known = name if isinstance(name, str) else ""
            yield f"{place}[{index}]", known, read(pair, "value")


def _shown(place: str, name: str) -> str:
    """The place with the variable's name, unless that may be anything."""
    plain = is_plain(name) and len(name) <= LONGEST_NAME and not looks_like_secret(name)
    return f"{place} '{name}'" if plain else place


NO_PLAIN_SECRETS = Rule(
    id="environment-no-plain-secrets",
    title="No secret stands in the plain environment of a program.",
    severity="high",
    types=tuple(sorted({*_MAPS, *_PAIRS, *_CONTAINERS})),
    rationale="whoever may describe the resource reads it, and it ends in logs and crash reports",
    fix="keep it in the platform's secret store and give the program a reference",
    sources=("CKV_AWS_45", "CWE-526", "AWS Security Hub Lambda.2 (intent)"),
    reads=tuple(
        Reads(".".join(path), "passes") for path in (*chain(*_MAPS.values()), *_PAIRS.values())
    ),
    passes=Sample(
        _LAMBDA,
        {
            "environment": {
                "variables": {"API_KEY_ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:k"}
            }
        },
    ),
    fails=Sample(_LAMBDA, {"environment": {"variables": {"API_KEY": "(the key itself)"}}}),
    check=_environment,
)

SECRETS = (NO_PLAIN_SECRETS,)
