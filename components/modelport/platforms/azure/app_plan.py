"""What the plans of apps with slots share: web apps and function apps."""

from collections.abc import Callable
from dataclasses import dataclass

from modelport.config import CanaryRollout, Deployment
from modelport.config.targets.azure.functions import AzureFunctionsTarget
from modelport.config.targets.azure.web_app import WebAppTarget
from modelport.plan import CloudDecision
from modelport.platforms.azure.identity_names import secret_refusals
from modelport.platforms.azure.plan import AzurePlan
from modelport.prices import Case, Parts, Scale

AppTarget = WebAppTarget | AzureFunctionsTarget
_SLOT_ROOM = 8
"""Characters of `-` and the longest slot's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPlan(AzurePlan):
    """An app with slots, decided."""

    sku: str
    subnet: str | None


def decide(
    config: Deployment, target: AppTarget, price: Callable[[Case], Parts], minimum: int
) -> CloudDecision:
    """What the plans of both kinds decide alike."""
    return CloudDecision(
        size=target.plan,
        scale=Scale(max(target.replicas.min, minimum), target.replicas.max),
        price=price,
        settings={"plan": target.plan, "auth": config.auth_word, "secrets": sorted(config.secrets)},
        refusals=tuple(_refusals(config, target, minimum)),
        notes=tuple(_notes(config)),
        name_room=_SLOT_ROOM,
    )


def _refusals(config: Deployment, target: AppTarget, minimum: int) -> list[str]:
    found = secret_refusals(config.secrets)
    if target.replicas.min < minimum:
        found.append(
            f"replicas.min {target.replicas.min}: the plan keeps a machine; write {minimum}, or "
            "target azure.container_apps, which scales to zero"
        )
    if isinstance(config.rollout, CanaryRollout):
        found.append(
            "rollout canary: the slots are swapped as a whole in this version; "
            "the nearest is blue_green"
        )
    if config.workload.gpu_memory and isinstance(target, WebAppTarget):
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: App Service has no GPU; "
            "the nearest target that has is azure.vm"
        )
    if config.domain:
        found.append(
            f"domain {config.domain}: needs a record and a certificate that this version does not "
            "make; leave it out, and bind your own to the app"
        )
    return found


def _notes(config: Deployment) -> list[str]:
    if config.exposure == "private":
        return ["private: the app is reached through a private endpoint that you make"]
    return []
