"""Rules about ECS: what its containers may do, who reaches them, and how they change."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modelport_policies.demands import (
    all_of,
    is_none_of,
    is_not_true,
    is_one_of,
    is_true,
    within,
)
from modelport_policies.documents import json_containers
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    STRICT_IN_PROD,
    Check,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.secret_words import could_be_secret, looks_like_secret, named_like_secret
from modelport_policies.values import UNKNOWN, items, read, text
from modelport_policies.workloads import label

_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_SERVICE = "aws:ecs/service:Service"
_CLUSTER = "aws:ecs/cluster:Cluster"
_ROLES = ("taskRoleArn", "executionRoleArn")


def _each(finds: Callable[[Mapping[str, Any]], str]) -> Check:
    """A check of every container of a task, which are one JSON text."""

    def check(resource: Resource, _: Settings) -> Iterator[str]:
        found = json_containers(read(resource.properties, "containerDefinitions"))
        for index, container in enumerate(found):
            said = finds(container)
            if said:
                yield f"{said} in {label(container, f'containerDefinitions[{index}]')}"

    return check


def _privileged(container: Mapping[str, Any]) -> str:
    return "sets privileged to true" if read(container, "privileged") is True else ""


def _writable(container: Mapping[str, Any]) -> str:
    found = read(container, "readonlyRootFilesystem") is True
    return "" if found else "does not set readonlyRootFilesystem to true"


def _root(container: Mapping[str, Any]) -> str:
    user = text(container, "user")
    first = user.split(":")[0].strip() if isinstance(user, str) else ""
    return "runs as root: it sets no user but 0" if first in ("", "0", "root") else ""


def _silent(container: Mapping[str, Any]) -> str:
    driver = text(container, "logConfiguration", "logDriver")
    return "" if isinstance(driver, str) and driver else "sets no logConfiguration.logDriver"


def _secret(container: Mapping[str, Any]) -> str:
    for _index, pair in items(container, "environment"):
        if not isinstance(pair, Mapping):
            continue
        name, value = text(pair, "name"), text(pair, "value")
        if not isinstance(value, str) or value is UNKNOWN:
            continue
        named = isinstance(name, str) and named_like_secret(name) and could_be_secret(value)
        if named or looks_like_secret(value):
            return "holds what looks like a secret in environment"
    return ""


def _one_role(resource: Resource, _: Settings) -> Iterator[str]:
    task, execution = (text(resource.properties, key) for key in _ROLES)
    if isinstance(task, str) and task == execution:
        yield "gives its program the role that pulls images and writes logs (executionRoleArn)"


def _observed(resource: Resource, _: Settings) -> Iterator[str]:
    for _index, setting in items(resource.properties, "settings"):
        if setting is UNKNOWN:
            return
        found = setting if isinstance(setting, Mapping) else {}
        if text(found, "name") != "containerInsights":
            continue
        if text(found, "value") in ("enabled", "enhanced", UNKNOWN):
            return
    if read(resource.properties, "settings") is not UNKNOWN:
        yield "has no containerInsights, so nobody sees a task that is killed for its memory"


def _task(**changes: object) -> dict[str, Any]:
    whole: dict[str, object] = {
        "name": "model",
        "user": "10001",
        "readonlyRootFilesystem": True,
        "logConfiguration": {"logDriver": "awslogs"},
        "environment": [{"name": "WORKERS", "value": "2"}],
    }
    return {"containerDefinitions": json.dumps([whole, whole | changes])}


_READ = (Reads("containerDefinitions", "passes"),)

NOT_PRIVILEGED = Rule(
    id="ecs-no-privileged",
    title="No ECS container is privileged.",
    severity="high",
    types=(_TASK,),
    rationale="a privileged container owns the machine and every other container on it",
    fix='leave "privileged" out of the container definition',
    sources=("AWS Security Hub ECS.4", "CKV_AWS_334"),
    reads=_READ,
    passes=Sample(_TASK, _task()),
    fails=Sample(_TASK, _task(privileged=True)),
    check=_each(_privileged),
)

READ_ONLY = Rule(
    id="ecs-readonly-rootfs",
    title="An ECS container cannot change its own image.",
    severity="medium",
    types=(_TASK,),
    rationale="who gets in cannot leave a program behind or change the model",
    fix='"readonlyRootFilesystem": true, and a tmpfs for /tmp',
    sources=("AWS Security Hub ECS.5", "CKV_AWS_336"),
    levels=STRICT_IN_PROD,
    reads=_READ,
    passes=Sample(_TASK, _task()),
    fails=Sample(_TASK, _task(readonlyRootFilesystem=False)),
    check=_each(_writable),
)

NOT_ROOT = Rule(
    id="ecs-nonroot-user",
    title="An ECS container does not run as root.",
    severity="medium",
    types=(_TASK,),
    rationale="a hole in the runtime is worth more to somebody who is root already",
    fix='"user": "10001"',
    sources=("AWS Security Hub ECS.20", "CIS Docker 4.1"),
    levels=STRICT_IN_PROD,
    reads=_READ,
    passes=Sample(_TASK, _task()),
    fails=Sample(_TASK, _task(user="0:0")),
    also_fails=(Sample(_TASK, _task(user="root")), Sample(_TASK, _task(user=None))),
    check=_each(_root),
)

NO_SECRETS = Rule(
    id="ecs-no-env-secrets",
    title="No secret stands in the plain environment of an ECS container.",
    severity="critical",
    types=(_TASK,),
    rationale="whoever may describe the task reads it, and every revision keeps it",
    fix='"secrets": [{"name": …, "valueFrom": <ARN in Secrets Manager>}]',
    sources=("AWS Security Hub ECS.8", "prowler ecs_task_definitions_no_environment_secrets"),
    reads=_READ,
    passes=Sample(_TASK, _task()),
    fails=Sample(_TASK, _task(environment=[{"name": "API_KEY", "value": "hunter2"}])),
    also_passes=(Sample(_TASK, _task(environment=[{"name": "API_KEY", "value": "$(KEY)"}])),),
    also_fails=(Sample(_TASK, _task(environment=[{"name": "A", "value": "AKIA" + "A" * 16}])),),
    check=_each(_secret),
)

LOGGED = Rule(
    id="ecs-logging",
    title="An ECS container's output goes to a log.",
    severity="medium",
    types=(_TASK,),
    rationale="on Fargate there is no machine to look at; without a log nobody knows why it ended",
    fix='"logConfiguration": {"logDriver": "awslogs", "options": {…}}',
    sources=("AWS Security Hub ECS.9",),
    levels=STRICT_IN_PROD,
    reads=_READ,
    passes=Sample(_TASK, _task()),
    fails=Sample(_TASK, _task(logConfiguration=None)),
    check=_each(_silent),
)

OWN_PROCESSES = Rule(
    id="ecs-no-host-pid",
    title="An ECS task does not see the machine's processes.",
    severity="high",
    types=(_TASK,),
    rationale="it could read the memory, and so the keys, of every other task",
    fix="leave pid_mode out",
    sources=("AWS Security Hub ECS.3", "CKV_AWS_335"),
    passes=Sample(_TASK, {"pidMode": "task"}),
    fails=Sample(_TASK, {"pidMode": "host"}),
    check=is_none_of("pidMode", ("host",), "so it sees every process of the machine"),
)

OWN_ROLE = Rule(
    id="ecs-separate-roles",
    title="An ECS task's program has a role of its own.",
    severity="medium",
    types=(_TASK,),
    rationale="the role that starts tasks may read their secrets; a model need not",
    fix="task_role_arn=role.arn, another than execution_role_arn",
    sources=("CKV_AWS_249",),
    levels=STRICT_IN_PROD,
    passes=Sample(_TASK, {"taskRoleArn": "arn:a", "executionRoleArn": "arn:b"}),
    fails=Sample(_TASK, {"taskRoleArn": "arn:a", "executionRoleArn": "arn:a"}),
    reads=(Reads("taskRoleArn", "passes"),),
    check=_one_role,
)

NO_PUBLIC_ADDRESS = Rule(
    id="ecs-service-no-public-ip",
    title="An ECS task has no public address.",
    severity="high",
    types=(_SERVICE,),
    rationale="with one the internet reaches the model past the balancer, its TLS and its limits",
    fix="network_configuration={…, assign_public_ip: False}, in private subnets",
    sources=("AWS Security Hub ECS.2", "CKV_AWS_333"),
    passes=Sample(_SERVICE, {"networkConfiguration": {"assignPublicIp": False, "subnets": []}}),
    fails=Sample(_SERVICE, {"networkConfiguration": {"assignPublicIp": True, "subnets": []}}),
    check=is_not_true("networkConfiguration.assignPublicIp", "so the internet reaches its tasks"),
)

ROLLED_BACK = Rule(
    id="ecs-circuit-breaker",
    title="A bad version of an ECS service goes back by itself.",
    severity="medium",
    types=(_SERVICE,),
    rationale="without a circuit breaker ECS starts a version that crashes again and again",
    fix="deployment_circuit_breaker={enable: True, rollback: True}",
    sources=("Amazon ECS, 'How the deployment circuit breaker detects failures'",),
    levels=STRICT_IN_PROD,
    passes=Sample(_SERVICE, {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}),
    fails=Sample(_SERVICE, {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}),
    also_passes=(Sample(_SERVICE, {"deploymentController": {"type": "CODE_DEPLOY"}}),),
    check=all_of(
        *(
            is_true(
                f"deploymentCircuitBreaker.{switch}",
                "so a version that crashes is started for ever",
                unless=lambda properties: (
                    text(properties, "deploymentController", "type")
                    in ("CODE_DEPLOY", "EXTERNAL", UNKNOWN)
                ),
            )
            for switch in ("enable", "rollback")
        )
    ),
)

OBSERVED = Rule(
    id="ecs-container-insights",
    title="An ECS cluster shows what its tasks use.",
    severity="low",
    types=(_CLUSTER,),
    rationale="a task that is killed for its memory looks like one that was stopped",
    fix='settings=[{name: "containerInsights", value: "enabled"}]',
    sources=("AWS Security Hub ECS.12", "CKV_AWS_65"),
    levels=ADVICE,
    reads=(Reads("settings", "fails"),),
    passes=Sample(_CLUSTER, {"settings": [{"name": "containerInsights", "value": "enabled"}]}),
    fails=Sample(_CLUSTER, {"settings": [{"name": "containerInsights", "value": "disabled"}]}),
    check=_observed,
)

TASK_SIZE = Rule(
    id="cost-fargate-size",
    title="An ECS task is not larger than it must be.",
    severity="low",
    types=(_TASK,),
    rationale="Fargate is paid for by what is asked for, not by what is used",
    fix='cpu="1024", memory="4096", as measured',
    sources=("AWS Compute Optimizer, ECS recommendations",),
    levels=ADVICE,
    parameters={"max_cpu": Parameter(4096, "largest cpu, in units of 1/1024 of a processor")},
    passes=Sample(_TASK, {"cpu": "1024"}),
    fails=Sample(_TASK, {"cpu": "16384"}),
    check=within("cpu", None, "max_cpu", "paid for by the second, used or not", absent="passes"),
)

SPOT_IN_DEV = Rule(
    id="cost-ecs-fargate-spot-dev",
    title="In dev ECS tasks run on spare capacity.",
    severity="low",
    types=(_SERVICE,),
    rationale="the same task costs about two thirds less where it may be stopped",
    fix='capacity_provider_strategies=[{capacity_provider: "FARGATE_SPOT", weight: 1}]',
    sources=("AWS Fargate pricing, 'Fargate Spot'",),
    levels=ADVICE_IN_DEV,
    passes=Sample(
        _SERVICE,
        {"capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
    ),
    fails=Sample(
        _SERVICE, {"capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}]}
    ),
    check=is_one_of(
        "capacityProviderStrategies[].capacityProvider",
        ["FARGATE_SPOT"],
        "which costs three times as much",
    ),
)

SECURITY = (
    NOT_PRIVILEGED,
    READ_ONLY,
    NOT_ROOT,
    NO_SECRETS,
    OWN_PROCESSES,
    OWN_ROLE,
    NO_PUBLIC_ADDRESS,
)
RELIABILITY = (LOGGED, ROLLED_BACK, OBSERVED)
COST = (TASK_SIZE, SPOT_IN_DEV)
