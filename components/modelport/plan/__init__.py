"""Plan: every decision, made purely from config and bundle facts; no Pulumi, no I/O.

context.py      which stack is planned
deployment.py   what the plans of all kinds share
access.py       who may call, and from where
names.py        names on a platform
cloud.py        what the plans of all clouds share
watching.py     what counts as a bad rollout

The plan of a kind is in `modelport.platforms.<kind>.plan`.
"""

from modelport.plan.cloud import IMAGE_GB, CloudDecision, CloudPlan, plan_cloud, target_of
from modelport.plan.context import PlanContext
from modelport.plan.deployment import DeploymentPlan, Fact, plan_deployment, refusals
from modelport.plan.names import REVISION_ROOM

__all__ = [
    "IMAGE_GB",
    "REVISION_ROOM",
    "CloudDecision",
    "CloudPlan",
    "DeploymentPlan",
    "Fact",
    "PlanContext",
    "plan_cloud",
    "plan_deployment",
    "refusals",
    "target_of",
]
