"""The plan of kind `gcp.vertex`: replicas, identifiers, refusals, price."""

import hashlib
from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.gcp.vertex import VertexTarget
from modelport.plan import (
    IMAGE_GB,
    REVISION_ROOM,
    CloudDecision,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.platforms.gcp.plan import GooglePlan, google_fields
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import encryption_keys, logs, registry
from modelport.prices.machines import accelerators, instances
from modelport.prices.sizes import accelerator_sku
from modelport_serving.record import BundleRecord

_LOG_BYTES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class VertexPlan(GooglePlan):
    """An endpoint of Vertex AI, decided."""

    machine: str
    accelerator: str
    accelerator_count: int
    cpu_target: int

    @property
    def endpoint_id(self) -> str:
        """Number of the endpoint, of this deployment in this project and region."""
        return numeric_id(f"{self.project}/{self.region}/{self.physical_name}")

    @property
    def deployed_id(self) -> str:
        """Number of the deployed model, of this revision."""
        return numeric_id(f"{self.endpoint_id}/{self.revision}")

    @property
    def model_id(self) -> str:
        """Id of the uploaded model, of this revision."""
        return f"{self.physical_name}-{self.revision}"


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> VertexPlan:
    """Decide everything about one endpoint of Vertex AI.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, VertexTarget)
    gpu = "" if target.accelerator == "none" else target.accelerator
    decision = CloudDecision(
        size=target.machine + (f" + {target.accelerator_count} {gpu}" if gpu else ""),
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target),
        settings=target.model_dump(mode="json", include=_REVISION),
        refusals=tuple(_refusals(config, target)),
        name_room=REVISION_ROOM,
    )
    return VertexPlan(
        **plan_cloud(name, config, record, context, decision),
        **google_fields(config, target),
        machine=target.machine,
        accelerator=gpu,
        accelerator_count=target.accelerator_count if gpu else 0,
        cpu_target=target.cpu_target,
    )


_REVISION = {"machine", "accelerator", "accelerator_count"}
"""Settings that a deployed model cannot change in place."""


def numeric_id(text: str) -> str:
    """A number of nine digits without a leading zero, which Vertex AI takes as a name."""
    digest = int(hashlib.sha256(text.encode()).hexdigest(), 16)
    return str(10**8 + digest % (9 * 10**8))


def _price(case: Case, target: VertexTarget) -> Parts:
    parts = instances(case, "vertex-ai-prediction", target.machine)
    if target.accelerator != "none":
        sku = accelerator_sku(target.accelerator)
        parts += accelerators(case, "vertex-ai-prediction-gpu", sku, target.accelerator_count)
    if target.encryption_key is None:
        parts += encryption_keys(case)
    return parts + registry(case, IMAGE_GB) + logs(case, _LOG_BYTES)


def _refusals(config: Deployment, target: VertexTarget) -> list[str]:
    found: list[str] = []
    if target.replicas.min == 0:
        found.append(
            "replicas.min: a deployed model keeps a replica; write 1, or target gcp.cloud_run, "
            "which scales to zero"
        )
    if config.secrets:
        found.append("secrets: Vertex AI gives a container none by reference; leave them out")
    if config.workload.gpu_memory and target.accelerator == "none":
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: replicas have no GPU; "
            "write accelerator: NVIDIA_TESLA_T4"
        )
    return found
