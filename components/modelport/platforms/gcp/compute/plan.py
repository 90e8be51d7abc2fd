"""The plan of kind `gcp.compute`: machines, replacement in turn, refusals, price."""

import re
from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.gcp.compute import ComputeTarget
from modelport.plan import IMAGE_GB, CloudDecision, PlanContext, plan_cloud, target_of
from modelport.platforms.gcp.plan import GooglePlan, google_fields
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, load_balancer, logs, nat, registry
from modelport.prices.machines import accelerators, disk, instances
from modelport_serving.record import BundleRecord

_NAME_ROOM = 12
"""Characters that revisions and parts put behind the name."""
_LOG_BYTES = 300
_BUILT_IN = ("g2", "a2", "a3")
"""Families whose GPUs are part of the machine and of its price."""
_TPU = re.compile(r"ct\d|tpu")
"""Families with TPUs: https://cloud.google.com/compute/docs/tpus/tpu-machines (2026-11)."""
_ZONES = 3
"""Zones over which a regional group spreads; what may start or stop at once is a multiple."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputePlan(GooglePlan):
    """A group of virtual machines, decided."""

    machine: str
    accelerator: str
    accelerator_count: int
    built_in: bool
    """Whether the GPU is part of the machine type."""
    spot: bool
    disk_gib: int
    os_image: str
    requests_per_second: float
    network: str | None
    subnetwork: str | None
    certificate: str | None
    surge: int
    """Machines that may be started beyond the wanted number while others are replaced."""
    unavailable: int
    """Machines that may be missing meanwhile."""


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> ComputePlan:
    """Decide everything about one group of virtual machines.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, ComputeTarget)
    network = target.network
    at_once = config.rollout == "all_at_once"
    decision = CloudDecision(
        size=_size(target),
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target),
        settings=target.model_dump(mode="json", include=_REVISION) | {"auth": config.auth_word},
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(target)),
        name_room=_NAME_ROOM,
    )
    return ComputePlan(
        **plan_cloud(name, config, record, context, decision),
        **google_fields(config, target),
        machine=target.machine,
        accelerator="" if target.accelerator == "none" else target.accelerator,
        accelerator_count=target.accelerator_count,
        built_in=_family(target) in _BUILT_IN,
        spot=target.spot,
        disk_gib=target.disk_gib,
        os_image=target.os_image,
        requests_per_second=target.requests_per_second,
        network=network.network if network else None,
        subnetwork=network.subnetwork if network else None,
        certificate=target.certificate,
        surge=_ZONES,
        unavailable=max(target.replicas.max, _ZONES) if at_once else 0,
    )


_REVISION = {"machine", "accelerator", "accelerator_count", "spot", "disk_gib", "os_image"}
"""Settings that are part of a machine's template."""


def _family(target: ComputeTarget) -> str:
    return target.machine.partition("-")[0]


def _size(target: ComputeTarget) -> str:
    gpu = target.accelerator
    return target.machine + (f" + {target.accelerator_count} {gpu}" if gpu != "none" else "")


def _price(case: Case, target: ComputeTarget) -> Parts:
    parts = instances(case, "compute-engine", target.machine, spot_share=1.0 if target.spot else 0)
    if target.accelerator != "none" and _family(target) not in _BUILT_IN:
        gpu = target.accelerator
        parts += accelerators(case, "compute-engine-gpu", gpu, target.accelerator_count)
    parts += disk(case, target.disk_gib) + load_balancer(case) + registry(case, IMAGE_GB)
    if target.network is None:
        parts += nat(case)
    return parts + logs(case, _LOG_BYTES) + egress(case)


def _refusals(config: Deployment, target: ComputeTarget) -> list[str]:
    found: list[str] = []
    if config.exposure == "public" and target.certificate is None:
        found.append(
            "exposure: public needs a certificate, or keys and requests could be read on the way; "
            "write target.certificate: projects/…/regions/…/sslCertificates/…"
        )
    if config.domain and target.certificate is None:
        found.append(f"domain {config.domain}: needs target.certificate, a certificate for it")
    if config.secrets:
        found.append(
            "secrets: machines read no references in this version; use gcp.cloud_run, or leave "
            "them out"
        )
    if not isinstance(config.rollout, str) or config.rollout == "blue_green":
        found.append(
            "rollout: the group replaces its machines in turn in this version; "
            "the nearest is rolling"
        )
    if _TPU.match(_family(target)):
        found.append(
            f"machine {target.machine} has TPUs, which need an image and disks of their own that "
            "this version does not make; the nearest is machine: g2-standard-4, "
            "accelerator: nvidia-l4"
        )
    gpu = target.accelerator != "none"
    if config.workload.gpu_memory and not gpu:
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: machines have no GPU; "
            "write accelerator: nvidia-l4, machine: g2-standard-4"
        )
    if _family(target) in _BUILT_IN and not gpu:
        found.append(
            f"machine {target.machine} has a GPU that would be idle; name it in accelerator, or "
            "write machine: e2-standard-2"
        )
    return found


def _notes(target: ComputeTarget) -> list[str]:
    if target.spot:
        return ["spot: every machine may be taken away at once, and prices may rise"]
    return []
