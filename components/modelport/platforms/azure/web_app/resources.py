"""The resources of kind `azure.web_app`: a plan, an app with a slot, and its scaling."""

import pulumi

from modelport.platforms.azure.app import around, serve
from modelport.platforms.azure.autoscale import autoscale
from modelport.platforms.azure.web_app.plan import WebAppPlan
from modelport.platforms.endpoint import Endpoint


def build(plan: WebAppPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything."""
    made = around(plan, parent, tier=plan.tier, elastic=None)
    if plan.replicas_min != plan.replicas_max:
        autoscale(
            plan,
            made.where,
            f"{plan.name}-scale",
            plan.physical_name,
            made.farm.id,
            metric="CpuPercentage",
            percent=plan.cpu_target,
        )
    return serve(plan, made, kind="app,linux,container", settings={})
