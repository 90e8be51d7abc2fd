"""The plan of kind `azure.web_app`: machines, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.azure.web_app import WebAppTarget
from modelport.plan import IMAGE_GB, PlanContext, plan_cloud, target_of
from modelport.platforms.azure.app_plan import AppPlan, decide
from modelport.platforms.azure.plan import azure_fields
from modelport.prices import Case, Parts
from modelport.prices.around import egress, logs, registry
from modelport.prices.machines import instances
from modelport_serving.record import BundleRecord

_LOG_BYTES = 400
_TIERS = {"S": "Standard", "v2": "PremiumV2", "v3": "PremiumV3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAppPlan(AppPlan):
    """A container in App Service, decided."""

    tier: str
    cpu_target: int


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> WebAppPlan:
    """Decide everything about one web app.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, WebAppTarget)
    decision = decide(config, target, lambda case: _price(case, target.plan), minimum=1)
    return WebAppPlan(
        **plan_cloud(name, config, record, context, decision),
        **azure_fields(config, target),
        sku=target.plan,
        subnet=target.subnet,
        tier=_TIERS[target.plan[-2:] if target.plan.startswith("P") else "S"],
        cpu_target=target.cpu_target,
    )


def _price(case: Case, size: str) -> Parts:
    machines = instances(case, "app-service-plan-linux", size)
    return machines + registry(case, IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)
