"""Plan: every decision, made purely from config and bundle facts; no Pulumi, no I/O.

context.py      which stack is planned
deployment.py   what the plans of all kinds share
local.py        kind `local`
"""

from modelport.plan.context import PlanContext
from modelport.plan.local import LocalPlan, plan_local

__all__ = ["LocalPlan", "PlanContext", "plan_local"]
