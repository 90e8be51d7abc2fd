"""Task: what one task of a service is; each revision has a definition of its own name."""

from typing import Any

import pulumi
import pulumi_aws as aws

from modelport.platforms.aws.account import Account
from modelport.platforms.aws.ecs.plan import EcsPlan
from modelport.platforms.aws.identity import (
    granted_role,
    pull_image,
    read_secrets,
    service_role,
    write_logs,
)
from modelport.platforms.aws.image import ModelImage
from modelport.platforms.container import PORT

CONTAINER = "model"
"""Name of the one container of a task."""
_USER = "10001:10001"
"""Nobody in particular: the image runs as whoever it is told."""
_STOP_SECONDS = 60
"""Seconds in which a task may finish its requests."""
_ARCHITECTURES = {"amd64": "X86_64", "arm64": "ARM64"}


def task_definition(
    plan: EcsPlan,
    where: Account,
    images: ModelImage,
    group: aws.cloudwatch.LogGroup,
    variables: dict[str, pulumi.Input[str]],
) -> tuple[aws.ecs.TaskDefinition, list[pulumi.Resource]]:
    """The definition of this revision, and the rights without which no task starts."""
    statements = [*pull_image(images.repository), *write_logs(group), *read_secrets(plan)]
    starting, granted = granted_role(
        plan, where, "ecs-tasks.amazonaws.com", statements, suffix="starting-role"
    )
    running = service_role(plan, where, "ecs-tasks.amazonaws.com", [], suffix="role")
    made = aws.ecs.TaskDefinition(
        f"{plan.name}-{plan.revision}-task",
        family=f"{plan.physical_name}-{plan.revision}",
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(plan.cpu),
        memory=str(plan.memory_mib),
        runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
            cpu_architecture=_ARCHITECTURES[plan.architecture], operating_system_family="LINUX"
        ),
        execution_role_arn=starting.arn,
        task_role_arn=running.arn,  # the model itself may do nothing on AWS
        container_definitions=pulumi.Output.json_dumps(
            [_container(plan, images, group, variables)]
        ),
        tags={**plan.tags, "model-version": plan.version},
        opts=where.opts,
    )
    return made, granted


def _container(
    plan: EcsPlan,
    images: ModelImage,
    group: aws.cloudwatch.LogGroup,
    variables: dict[str, pulumi.Input[str]],
) -> dict[str, Any]:
    """Nothing can be written but `/tmp`, which is memory.

    Fargate has it since 2026-01-06: https://aws.amazon.com/about-aws/whats-new/2026/01/
    amazon-ecs-tmpfs-mounts-aws-fargate-managed-instances/.
    """
    scratch = {
        "containerPath": "/tmp",  # noqa: S108 - the container's own
        "size": plan.tmp_mib,
        "mountOptions": ["rw", "nosuid", "nodev"],
    }
    return {
        "name": CONTAINER,
        "image": images.reference,
        "essential": True,
        "user": _USER,
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": {
            "initProcessEnabled": True,
            "capabilities": {"drop": ["ALL"]},
            "tmpfs": [scratch],
        },
        "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
        "environment": [
            {"name": name, "value": value}
            for name, value in sorted({**variables, "HOME": "/tmp"}.items())  # noqa: S108
        ],
        "secrets": [
            {"name": name, "valueFrom": reference}
            for name, reference in sorted(plan.secrets.items())
        ],
        "stopTimeout": _STOP_SECONDS,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": group.name,
                "awslogs-region": plan.region,
                "awslogs-stream-prefix": plan.revision,
                "mode": "non-blocking",
            },
        },
    }
