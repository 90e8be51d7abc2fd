"""The plan of kind `aws.ec2`: machines, traffic between groups of them, refusals, price."""

from dataclasses import dataclass
from typing import Literal

from modelport.config import Deployment
from modelport.config.targets.aws.ec2 import Ec2Target
from modelport.plan import (
    REVISION_ROOM,
    CloudDecision,
    CloudPlan,
    Fact,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.plan.access import auth_of
from modelport.plan.watching import error_rate, slow_seconds
from modelport.platforms.aws.instance_types import accelerator_refusal, architecture_of
from modelport.platforms.aws.place import (
    IMAGE_SERVICES,
    Naming,
    Place,
    balanced_notes,
    balanced_refusals,
    empty_refusals,
    naming_of,
    place_of,
    place_price,
    timeout_refusals,
)
from modelport.platforms.aws.upkeep import upkeep_price
from modelport.prices import Case, Parts, Scale
from modelport.prices.machines import disk, instances
from modelport_serving.record import BundleRecord

_LOG_BYTES = 300
"""Bytes of the line that a request leaves in the log."""
_DISK_GIB = {"none": 16, "nvidia": 100}
_SHELL_SERVICES = ("ssm", "ssmmessages")
"""What Session Manager needs: https://docs.aws.amazon.com/systems-manager/latest/userguide/
setup-create-vpc.html."""
_REVISION = {"instance", "accelerator", "spot", "disk_gib", "ami", "session_manager"}
"""Settings that are part of a launch template or of the group of a revision."""
_IMAGES = {
    "none": "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}",
    "nvidia": "/aws/service/deeplearning/ami/{architecture}/"
    "base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id",
}
"""Public parameters with the newest image: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html,
https://docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Plan(CloudPlan):
    """Machines of EC2, decided: a group of them for each revision."""

    instance: str
    architecture: Literal["amd64", "arm64"]
    gpu: bool
    spot: bool
    disk_gib: int
    ami: str | None
    """Image of the machines; none for that of `ami_parameter`."""
    ami_parameter: str
    """Public parameter that names the newest image."""
    requests_per_minute: int
    start_timeout: int
    session_manager: bool
    timeout: int
    place: Place
    naming: Naming
    error_rate: float
    slow_seconds: float | None

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {**CloudPlan.facts(self), "ami": self.ami or f"newest of {self.ami_parameter}"}


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> Ec2Plan:
    """Decide everything about one deployment on machines of EC2.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, Ec2Target)
    services = (*IMAGE_SERVICES, *(_SHELL_SERVICES if target.session_manager else ()))
    place = place_of(config, target, context, *services)
    slow = slow_seconds(config)
    architecture = architecture_of(target.instance)
    gpu = target.accelerator == "nvidia"
    disk_gib = target.disk_gib or _DISK_GIB[target.accelerator]
    decision = CloudDecision(
        size=f"{target.instance} {architecture}" + (", spot" if target.spot else ""),
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target, disk_gib, place, slow),
        settings=target.model_dump(mode="json", include=_REVISION) | {"auth": auth_of(config)},
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(config, target)),
        name_room=REVISION_ROOM,
    )
    return Ec2Plan(
        **plan_cloud(name, config, record, context, decision),
        instance=target.instance,
        architecture=architecture,
        gpu=gpu,
        spot=target.spot,
        disk_gib=disk_gib,
        ami=target.ami,
        ami_parameter=_IMAGES[target.accelerator].format(
            architecture="arm64" if architecture == "arm64" else "x86_64"
        ),
        requests_per_minute=target.requests_per_minute,
        start_timeout=target.start_timeout,
        session_manager=target.session_manager,
        timeout=target.timeout,
        place=place,
        naming=naming_of(config, target),
        error_rate=error_rate(config.rollout),
        slow_seconds=slow,
    )


def _price(case: Case, target: Ec2Target, disk_gib: int, place: Place, slow: float | None) -> Parts:
    return (
        instances(case, "ec2", target.instance)
        + disk(case, disk_gib)
        + place_price(case, place)
        + upkeep_price(case, log_bytes=_LOG_BYTES, slow_seconds=slow)
    )


def _refusals(config: Deployment, target: Ec2Target) -> list[str]:
    found = balanced_refusals(config, target)
    memory = config.workload.gpu_memory
    unfit = accelerator_refusal(target.instance, target.accelerator, memory)
    if unfit:
        found.append(unfit)
    if config.secrets:
        found.append(
            "secrets: machines read no references in this version; use aws.ecs, or leave them out"
        )
    found += empty_refusals(target, "a group")
    found += timeout_refusals(config, target.timeout)
    return found


def _notes(config: Deployment, target: Ec2Target) -> list[str]:
    found = balanced_notes(config, target)
    found.append(
        "while a new version takes over, both versions run, each with all of its instances"
    )
    if target.ami is None:
        found.append("the machine image is the newest one, and stays until the next revision")
    if target.spot:
        found.append("spot: instances beyond replicas.min are priced as those on demand")
    return found
