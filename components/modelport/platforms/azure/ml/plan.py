"""The plan of kind `azure.ml`: instances, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.azure.ml import AzureMlTarget
from modelport.plan import IMAGE_GB, CloudDecision, PlanContext, plan_cloud, target_of
from modelport.platforms.azure.plan import AzurePlan, azure_fields
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, logs, private_endpoints, registry
from modelport.prices.machines import instances
from modelport_serving.record import BundleRecord

_LOG_BYTES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureMlPlan(AzurePlan):
    """A managed online endpoint, decided."""

    workspace: str | None
    instance: str
    timeout: int
    concurrency: int
    cpu_target: int


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> AzureMlPlan:
    """Decide everything about one online endpoint.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, AzureMlTarget)
    own, private = target.workspace is None, config.exposure == "private"
    decision = CloudDecision(
        size=target.instance,
        scale=Scale(target.replicas.min, target.replicas.max, target.concurrency),
        price=lambda case: _price(case, target.instance, ways=1 if own and private else 0),
        settings=target.model_dump(mode="json", include={"instance", "timeout", "concurrency"}),
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(made=own and private)),
    )
    return AzureMlPlan(
        **plan_cloud(name, config, record, context, decision),
        **azure_fields(config, target),
        workspace=target.workspace,
        instance=target.instance,
        timeout=target.timeout,
        concurrency=target.concurrency,
        cpu_target=target.cpu_target,
    )


def _price(case: Case, instance: str, *, ways: int) -> Parts:
    """With so many private ways from the managed network to what is closed to the internet."""
    parts = instances(case, "azure-ml-compute", instance)
    if ways:
        parts += private_endpoints(case, ways)
    return parts + registry(case, IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)


def _notes(*, made: bool) -> list[str]:
    found = ["Azure ML holds back a fifth more of the quota of processors for every update"]
    if made:
        found.append("the workspace's network is made with it, which takes half an hour")
    return found


def _refusals(config: Deployment, target: AzureMlTarget) -> list[str]:
    found: list[str] = []
    if target.workspace and not target.resource_group:
        found.append(
            f"target.workspace {target.workspace}: needs target.resource_group, the group that "
            "it is in"
        )
    if target.replicas.min == 0:
        found.append(
            "replicas.min: an online endpoint keeps an instance; write 1, or target "
            "azure.container_apps, which scales to zero"
        )
    if config.secrets:
        found.append("secrets: Azure ML gives a container none by reference; leave them out")
    if config.rollout == "rolling":
        found.append(
            "rollout rolling: a new model is a deployment of its own here, which takes over by "
            "shares; the nearest is blue_green"
        )
    return found
