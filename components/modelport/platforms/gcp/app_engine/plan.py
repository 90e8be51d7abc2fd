"""The plan of kind `gcp.app_engine`: instances, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.gcp.app_engine import AppEngineTarget
from modelport.plan import IMAGE_GB, CloudDecision, PlanContext, plan_cloud, target_of
from modelport.platforms.gcp.plan import GooglePlan, google_fields
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, logs, registry
from modelport.prices.machines import app_engine
from modelport_serving.record import BundleRecord

_LOG_BYTES = 600
_ADDRESS_ROOM = len("r123456789") + 2 * len("-dot-")
"""Characters of `REVISION-dot-NAME-dot-PROJECT` beside name and project, at most 63 in all:
https://cloud.google.com/appengine/docs/flexible/communicating-between-services."""
_ALWAYS = (
    "the flexible environment keeps an instance day and night, and each version that is not "
    "stopped keeps its own"
)
_MOST_MEMORY = 6.5
"""GiB for each processor:
https://cloud.google.com/appengine/docs/flexible/reference/app-yaml#resource-settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEnginePlan(GooglePlan):
    """A service of App Engine, decided."""

    cpu: int
    memory_gib: float
    cpu_target: int
    network: str | None
    subnetwork: str | None


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> AppEnginePlan:
    """Decide everything about one service of App Engine.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, AppEngineTarget)
    network = target.network
    decision = CloudDecision(
        size=f"{target.cpu} vCPU, {target.memory_gib:g} GiB",
        scale=Scale(max(target.replicas.min, 1), target.replicas.max),
        price=lambda case: _price(case, target),
        settings=target.model_dump(mode="json", include=_REVISION) | {"auth": config.auth_word},
        refusals=tuple(_refusals(config, target)),
        notes=(_ALWAYS,),
        name_room=_ADDRESS_ROOM + len(target.project),
    )
    return AppEnginePlan(
        **plan_cloud(name, config, record, context, decision),
        **google_fields(config, target),
        cpu=target.cpu,
        memory_gib=target.memory_gib,
        cpu_target=target.cpu_target,
        network=network.network if network else None,
        subnetwork=network.subnetwork if network else None,
    )


_REVISION = {"cpu", "memory_gib", "cpu_target", "network", "replicas"}
"""Settings that are part of a version, which never changes."""


def _price(case: Case, target: AppEngineTarget) -> Parts:
    instances = app_engine(case, target.cpu, target.memory_gib)
    return instances + registry(case, IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)


_OTHERWISE = {"europe-west": "europe-west1", "us-central": "us-central1"}


def _refusals(config: Deployment, target: AppEngineTarget) -> list[str]:
    found: list[str] = []
    if target.region in _OTHERWISE:
        found.append(
            f"target.region {target.region}: only App Engine calls it so; write "
            f"{_OTHERWISE[target.region]}"
        )
    if target.replicas.min == 0:
        found.append(
            "replicas.min: the flexible environment keeps an instance; write 1, or target "
            "gcp.cloud_run, which scales to zero"
        )
    if config.secrets:
        found.append("secrets: App Engine gives a container none by reference; leave them out")
    if config.domain:
        found.append(
            f"domain {config.domain}: needs a mapping that this version does not make; leave it "
            "out, and map your own to the service"
        )
    if target.memory_gib > target.cpu * _MOST_MEMORY:
        found.append(
            f"memory_gib {target.memory_gib:g}: at most {target.cpu * _MOST_MEMORY:g} with "
            f"{target.cpu} processors"
        )
    return found
