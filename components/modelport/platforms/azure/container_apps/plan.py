"""The plan of kind `azure.container_apps`: sizes, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.azure.container_apps import ContainerAppsTarget
from modelport.plan import IMAGE_GB, CloudDecision, PlanContext, plan_cloud, target_of
from modelport.platforms.azure.identity_names import secret_refusals
from modelport.platforms.azure.plan import AzurePlan, azure_fields
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, logs, registry
from modelport.prices.serverless import container_app
from modelport_serving.record import BundleRecord

_LOG_BYTES = 400
GIB_FOR_A_CPU = 2
"""Memory of the consumption plan:
https://learn.microsoft.com/azure/container-apps/containers#allocations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAppsPlan(AzurePlan):
    """An app of Azure Container Apps, decided."""

    cpu: float
    memory_gib: float
    concurrency: int
    subnet: str | None


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> ContainerAppsPlan:
    """Decide everything about one container app.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, ContainerAppsTarget)
    memory = target.cpu * GIB_FOR_A_CPU
    decision = CloudDecision(
        size=f"{target.cpu:g} vCPU, {memory:g} GiB",
        scale=Scale(target.replicas.min, target.replicas.max, target.concurrency),
        price=lambda case: _price(case, target.cpu, memory),
        settings=target.model_dump(mode="json", include=_REVISION)
        | {"auth": config.auth_word, "secrets": sorted(config.secrets)},
        refusals=tuple(_refusals(config)),
        notes=tuple(_notes(config, target)),
    )
    return ContainerAppsPlan(
        **plan_cloud(name, config, record, context, decision),
        **azure_fields(config, target),
        cpu=target.cpu,
        memory_gib=memory,
        concurrency=target.concurrency,
        subnet=target.subnet,
    )


_REVISION = {"cpu", "concurrency", "replicas"}
"""Settings that are part of a revision's template."""


def _price(case: Case, cpu: float, memory_gib: float) -> Parts:
    app = container_app(case, cpu, memory_gib)
    return app + registry(case, IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)


def _refusals(config: Deployment) -> list[str]:
    found = secret_refusals(config.secrets)
    if config.workload.gpu_memory:
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: replicas have no GPU in this "
            "version; the nearest target that has is azure.vm"
        )
    if config.domain:
        found.append(
            f"domain {config.domain}: needs a record and a certificate that this version does not "
            "make; leave it out, and bind your own to the app"
        )
    return found


def _notes(config: Deployment, target: ContainerAppsTarget) -> list[str]:
    if config.exposure == "private" and target.subnet is None:
        return ["private without target.subnet: only other apps of its environment reach it"]
    return []
