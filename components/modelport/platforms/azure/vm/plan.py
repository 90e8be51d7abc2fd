"""The plan of kind `azure.vm`: machines, upgrades in batches, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.azure.vm import AzureVmTarget
from modelport.plan import IMAGE_GB, CloudDecision, PlanContext, plan_cloud, target_of
from modelport.platforms.azure.plan import AzurePlan, azure_fields
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, load_balancer, logs, nat, registry
from modelport.prices.machines import disk, instances
from modelport_serving.record import BundleRecord

_NAME_ROOM = 10
_LOG_BYTES = 300
_BATCH = 20
"""Percent of the machines that a rolling upgrade replaces at once, Azure's own default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureVmPlan(AzurePlan):
    """A scale set, decided."""

    machine: str
    gpu: bool
    spot: bool
    disk_gib: int
    cpu_target: int
    machines_subnet: str | None
    gateway_subnet: str | None
    certificate: str | None
    batch_percent: int
    """Machines that are replaced at once."""


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> AzureVmPlan:
    """Decide everything about one scale set.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, AzureVmTarget)
    decision = CloudDecision(
        size=target.machine,
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target),
        settings=target.model_dump(mode="json", include=_REVISION) | {"auth": config.auth_word},
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(target)),
        name_room=_NAME_ROOM,
    )
    return AzureVmPlan(
        **plan_cloud(name, config, record, context, decision),
        **azure_fields(config, target),
        machine=target.machine,
        gpu=target.accelerator == "nvidia",
        spot=target.spot,
        disk_gib=target.disk_gib,
        cpu_target=target.cpu_target,
        machines_subnet=target.network.machines if target.network else None,
        gateway_subnet=target.network.gateway if target.network else None,
        certificate=target.certificate,
        batch_percent=100 if config.rollout == "all_at_once" else _BATCH,
    )


_REVISION = {"machine", "accelerator", "spot", "disk_gib"}
"""Settings that are part of a machine's model."""


def _price(case: Case, target: AzureVmTarget) -> Parts:
    parts = instances(case, "vm", target.machine, spot_share=1.0 if target.spot else 0)
    parts += disk(case, target.disk_gib) + load_balancer(case) + registry(case, IMAGE_GB)
    if target.network is None:
        parts += nat(case)
    return parts + logs(case, _LOG_BYTES) + egress(case)


def _refusals(config: Deployment, target: AzureVmTarget) -> list[str]:
    found: list[str] = []
    if config.exposure == "public" and target.certificate is None:
        found.append(
            "exposure: public needs a certificate, or keys and requests could be read on the way; "
            "write target.certificate: https://VAULT.vault.azure.net/secrets/NAME"
        )
    if config.domain and target.certificate is None:
        found.append(f"domain {config.domain}: needs target.certificate, a certificate for it")
    if config.secrets:
        found.append(
            "secrets: machines read no references in this version; use azure.container_apps, or "
            "leave them out"
        )
    if config.rollout == "blue_green":
        found.append(
            "rollout blue_green: the scale set replaces its machines in batches in this version; "
            "the nearest is rolling"
        )
    if config.workload.gpu_memory and target.accelerator == "none":
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: machines have no GPU; "
            "write machine: Standard_NC4as_T4_v3, accelerator: nvidia"
        )
    return found


def _notes(target: AzureVmTarget) -> list[str]:
    if target.spot:
        return ["spot: every machine may be taken away at once, and prices may rise"]
    return []
