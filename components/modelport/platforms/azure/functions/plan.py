"""The plan of kind `azure.functions`: instances, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.azure.functions import AzureFunctionsTarget
from modelport.plan import PlanContext, plan_cloud, target_of
from modelport.platforms.azure.app_plan import AppPlan, decide
from modelport.platforms.azure.plan import azure_fields
from modelport.prices import Case, Parts
from modelport.prices.around import egress, logs, registry
from modelport.prices.machines import instances
from modelport_serving.record import BundleRecord

_IMAGE_GB = 1.2
"""Size of an image with the host of Functions in it; to price its storage."""
_LOG_BYTES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureFunctionsPlan(AppPlan):
    """A function app, decided."""


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> AzureFunctionsPlan:
    """Decide everything about one function app.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, AzureFunctionsTarget)
    decision = decide(config, target, lambda case: _price(case, target.plan), minimum=1)
    return AzureFunctionsPlan(
        **plan_cloud(name, config, record, context, decision),
        **azure_fields(config, target),
        sku=target.plan,
        subnet=target.subnet,
    )


def _price(case: Case, size: str) -> Parts:
    machines = instances(case, "functions-premium", size)
    return machines + registry(case, _IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)
