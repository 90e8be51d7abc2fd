"""Rules about workloads: memory and secrets of containers and functions on every platform."""

from collections.abc import Callable
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

Judge = Callable[..., list[str]]
LATER = UNKNOWN_STRING_VALUE
SECRET = "mp_Zk1vT0bQ9yWcR4uX7aLh2sE8dGm3nPq5jFt6iBxK"

POD = "kubernetes:core/v1:Pod"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CRON = "kubernetes:batch/v1:CronJob"
LAMBDA = "aws:lambda/function:Function"
MODEL = "aws:sagemaker/model:Model"
RUN = "gcp:cloudrunv2/service:Service"
FUNCTION = "gcp:cloudfunctionsv2/function:Function"
AZURE_ML = "azure-native:machinelearningservices:OnlineDeployment"
AZURE_APP = "azure-native:app:ContainerApp"
AZURE_WEB = "azure-native:web:WebApp"
AZURE_GROUP = "azure-native:containerinstance:ContainerGroup"
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"


def plain(place: str) -> str:
    return f"sets {place} in plain, which is named like a secret"


def shape(place: str) -> str:
    return f"holds what looks like a secret in {place}"


def pods(*containers: object, **more: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": list(containers), **more}}}}


def limited(name: str, memory: Any) -> dict[str, Any]:
    return {"name": name, "resources": {"limits": {"memory": memory}}}


def env(**variables: Any) -> dict[str, Any]:
    pairs = [{"name": name, "value": value} for name, value in variables.items()]
    return {"name": "web", "env": pairs}


def variables(**values: Any) -> dict[str, Any]:
    return {"environment": {"variables": values}}


PASS: list[tuple[str, str, dict[str, Any]]] = [
    ("container-memory-limited", DEPLOYMENT, pods(limited("web", "1Gi"))),
    ("container-memory-limited", DEPLOYMENT, pods(limited("web", 2**30))),
    ("container-memory-limited", DEPLOYMENT, pods(limited("web", LATER))),
    ("container-memory-limited", DEPLOYMENT, pods({"name": "web", "resources": LATER})),
    ("container-memory-limited", DEPLOYMENT, pods(LATER)),
    ("container-memory-limited", DEPLOYMENT, pods()),
    ("container-memory-limited", DEPLOYMENT, {"spec": LATER}),
    ("container-memory-limited", DEPLOYMENT, {}),
    ("environment-no-plain-secrets", LAMBDA, {}),
    ("environment-no-plain-secrets", LAMBDA, variables()),
    ("environment-no-plain-secrets", LAMBDA, {"environment": LATER}),
    ("environment-no-plain-secrets", LAMBDA, {"environment": {"variables": LATER}}),
    ("environment-no-plain-secrets", LAMBDA, variables(API_KEY=LATER)),
    ("environment-no-plain-secrets", LAMBDA, variables(API_KEY=ARN, MAX_TOKENS="512")),
    ("environment-no-plain-secrets", LAMBDA, variables(API_KEY={"a": 1}, PASSWORD=[], TOKEN=True)),
    ("environment-no-plain-secrets", MODEL, {"containers": []}),
    ("environment-no-plain-secrets", RUN, {"template": {"containers": [{"envs": LATER}]}}),
    (
        "environment-no-plain-secrets",
        POD,
        {"spec": {"containers": [{"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {}}}]}]}},
    ),
    ("environment-no-plain-secrets", DEPLOYMENT, pods(env(DSN="postgres://u:$(PASSWORD)@h/db"))),
]

FAIL: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        "container-memory-limited",
        DEPLOYMENT,
        pods(limited("web", "1Gi"), {"name": "sidecar"}),
        ["has no resources.limits.memory in containers[1] 'sidecar'"],
    ),
    (
        "container-memory-limited",
        DEPLOYMENT,
        pods(LATER, {"name": "-----BEGIN PRIVATE KEY-----"}, initContainers=[{"name": "load"}]),
        [
            "has no resources.limits.memory in containers[1]",
            "has no resources.limits.memory in initContainers[0] 'load'",
        ],
    ),
    (
        "container-memory-limited",
        CRON,
        {"spec": {"jobTemplate": pods({"name": "a", "resources": {"limits": {"memory": []}}})}},
        ["has no resources.limits.memory in containers[0] 'a'"],
    ),
    (
        "environment-no-plain-secrets",
        LAMBDA,
        variables(REGION="eu", API_KEY="hunter2", LINK=SECRET, OTHER=LATER),
        [
            plain("environment.variables 'API_KEY'"),
            shape("environment.variables 'LINK'"),
        ],
    ),
    (
        "environment-no-plain-secrets",
        LAMBDA,
        variables(**{"PIN_PASSWORD": 1234, SECRET: SECRET}),
        [
            plain("environment.variables 'PIN_PASSWORD'"),
            shape("environment.variables"),
        ],
    ),
    (
        "environment-no-plain-secrets",
        MODEL,
        {
            "primaryContainer": {"environment": {"HF_TOKEN": "abc"}},
            "containers": [LATER, {"environment": {"A": "1", "DB_PASSWORD": "x"}}],
        },
        [
            plain("primaryContainer.environment 'HF_TOKEN'"),
            plain("containers[1].environment 'DB_PASSWORD'"),
        ],
    ),
    (
        "environment-no-plain-secrets",
        RUN,
        {"template": {"containers": [{"envs": [LATER, {"name": "TOKEN", "value": "x"}]}]}},
        [plain("containers[0].envs[1] 'TOKEN'")],
    ),
    (
        "environment-no-plain-secrets",
        FUNCTION,
        {
            "serviceConfig": {"environmentVariables": {"apiKey": "x"}},
            "buildConfig": {"environmentVariables": {"NPM_TOKEN": "y"}},
        },
        [
            plain("serviceConfig.environmentVariables 'apiKey'"),
            plain("buildConfig.environmentVariables 'NPM_TOKEN'"),
        ],
    ),
    (
        "environment-no-plain-secrets",
        DEPLOYMENT,
        pods(env(A="1"), initContainers=[{"env": [{"name": LATER, "value": SECRET}]}]),
        [shape("initContainers[0].env[0]")],
    ),
    (
        "environment-no-plain-secrets",
        POD,
        {"spec": {"containers": [env(A="1", PGPASSWORD="x")]}},
        [plain("containers[0] 'web'.env[1] 'PGPASSWORD'")],
    ),
    (
        "environment-no-plain-secrets",
        AZURE_ML,
        {"properties": {"environmentVariables": {"STORAGE_KEY": "x"}}},
        [plain("properties.environmentVariables 'STORAGE_KEY'")],
    ),
    (
        "environment-no-plain-secrets",
        AZURE_APP,
        {"template": {"initContainers": [env(SECRET="x")]}},
        [plain("initContainers[0] 'web'.env[0] 'SECRET'")],
    ),
    (
        "environment-no-plain-secrets",
        AZURE_WEB,
        {"siteConfig": {"appSettings": [{"name": "DB", "value": "AccountKey=abcdefgh12;"}]}},
        [shape("siteConfig.appSettings[0] 'DB'")],
    ),
    (
        "environment-no-plain-secrets",
        AZURE_GROUP,
        {"containers": [{"environmentVariables": [{"name": "TOKEN", "value": "x"}]}]},
        [plain("containers[0].environmentVariables[0] 'TOKEN'")],
    ),
]


@pytest.mark.parametrize(("rule", "kind", "properties"), PASS)
def test_passes(judge: Judge, rule: str, kind: str, properties: dict[str, Any]) -> None:
    assert judge(rule, kind, properties) == []


@pytest.mark.parametrize(("rule", "kind", "properties", "expected"), FAIL)
def test_fails(
    judge: Judge, rule: str, kind: str, properties: dict[str, Any], expected: list[str]
) -> None:
    found = judge(rule, kind, properties)
    assert [message.splitlines()[0] for message in found] == [f"cancer {text}" for text in expected]
    for value in (SECRET, "hunter2", "AccountKey", "BEGIN", "1234"):
        assert value not in "".join(found)


@pytest.mark.parametrize(("length", "shown"), [(63, True), (64, False)])
def test_names_are_shown_when_they_can_be_names(judge: Judge, length: int, shown: bool) -> None:
    name = "a" * (length - 6) + "_TOKEN"
    (found,) = judge("environment-no-plain-secrets", LAMBDA, variables(**{name: "x"}))
    assert (name in found) is shown
    container = {"name": "c" * length}
    (found,) = judge("container-memory-limited", DEPLOYMENT, pods(container))
    assert (container["name"] in found) is shown
