"""The plan of kind `gcp.cloud_run`: sizes, access, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.gcp.cloud_run import CloudRunTarget
from modelport.plan import (
    IMAGE_GB,
    REVISION_ROOM,
    CloudDecision,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.platforms.gcp.plan import GooglePlan, google_fields, secret_refusals
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, logs, registry
from modelport.prices.serverless import cloud_run
from modelport_serving.record import BundleRecord

_LOG_BYTES = 600
"""Bytes that a request leaves in the log: the platform's line and the server's."""
_GPU_CPU, _GPU_MEMORY = 4, 16384
"""What an instance with a GPU must have: https://cloud.google.com/run/docs/configuring/services/gpu."""
_CPU_MEMORY = {1: 4096, 2: 8192, 4: 16384, 8: 32768}
"""Most MiB for so many processors:
https://cloud.google.com/run/docs/configuring/services/memory-limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRunPlan(GooglePlan):
    """A service of Cloud Run, decided."""

    cpu: int
    memory_mib: int
    concurrency: int
    timeout: int
    gpu: str
    network: str | None
    subnetwork: str | None
    invokers: tuple[str, ...]


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> CloudRunPlan:
    """Decide everything about one service of Cloud Run.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, CloudRunTarget)
    network = target.network
    decision = CloudDecision(
        size=f"{target.cpu} vCPU, {target.memory_mib} MiB",
        scale=Scale(target.replicas.min, target.replicas.max, target.concurrency),
        price=lambda case: _price(case, target),
        settings=target.model_dump(mode="json", include=_REVISION) | {"auth": config.auth_word},
        refusals=tuple(_refusals(config, target)),
        name_room=REVISION_ROOM,
    )
    return CloudRunPlan(
        **plan_cloud(name, config, record, context, decision),
        **google_fields(config, target),
        cpu=target.cpu,
        memory_mib=target.memory_mib,
        concurrency=target.concurrency,
        timeout=target.timeout,
        gpu="" if target.gpu == "none" else target.gpu,
        network=network.network if network else None,
        subnetwork=network.subnetwork if network else None,
        invokers=target.invokers,
    )


_REVISION = {"cpu", "memory_mib", "concurrency", "timeout", "gpu", "network", "replicas"}
"""Settings that are part of a revision's template."""


def _price(case: Case, target: CloudRunTarget) -> Parts:
    gpu = "" if target.gpu == "none" else target.gpu
    service = cloud_run(
        case,
        target.cpu,
        target.memory_mib / 1024,
        billing="instance" if gpu else "request",
        gpu=gpu,
    )
    return service + registry(case, IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)


def _refusals(config: Deployment, target: CloudRunTarget) -> list[str]:
    found = secret_refusals(config)
    if config.domain:
        found.append(
            f"domain {config.domain}: needs a load balancer before Cloud Run, which this version "
            "does not make; leave it out, and point your own at the printed address"
        )
    most = _CPU_MEMORY[target.cpu]
    if target.memory_mib > most:
        found.append(f"memory_mib {target.memory_mib}: {target.cpu} processors have at most {most}")
    small = target.cpu < _GPU_CPU or target.memory_mib < _GPU_MEMORY
    if target.gpu != "none" and small:
        found.append(
            f"gpu {target.gpu}: an instance with a GPU has at least {_GPU_CPU} processors and "
            f"{_GPU_MEMORY} MiB; write cpu: {_GPU_CPU}, memory_mib: {_GPU_MEMORY}"
        )
    if config.workload.gpu_memory and target.gpu == "none":
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: instances have no GPU; "
            "write gpu: nvidia-l4"
        )
    return found
