"""Platforms: a folder for each kind of target; `aws.sagemaker` is `aws/sagemaker/`.

    <kind>/plan.py        `plan(name, config, record, context)`: everything decided; no Pulumi
    <kind>/resources.py   `build(plan, parent=...)`: the plan as resources, line for line
    <kind>/live.py        `Service`: reads the live service back, asks it, moves its traffic
    <cloud>/*.py          what the kinds of one cloud share: image, network, identity, alarms

Nothing lists the kinds but the models of `modelport.config.targets`.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from modelport.config import Deployment
from modelport.config.targets import kind_module
from modelport.plan import DeploymentPlan, PlanContext
from modelport_serving.record import BundleRecord

if TYPE_CHECKING:
    import pulumi

    from modelport.platforms.endpoint import Endpoint

Planner = Callable[[str, Deployment, BundleRecord, PlanContext], DeploymentPlan]


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> DeploymentPlan:
    """Decide everything about one deployment, by its kind of target.

    Raises:
        PlanError: with every reason at once.
    """
    planner = cast("Planner", _module(config.kind, "plan").plan)
    return planner(name, config, record, context)


def build(plan: DeploymentPlan, *, parent: "pulumi.Resource") -> "Endpoint":
    """Declare the resources of a plan."""
    builder = cast("Callable[..., Endpoint]", _module(plan.kind, "resources").build)
    return builder(plan, parent=parent)


def _module(kind: str, name: str) -> Any:
    return import_module(f"{__name__}.{kind_module(kind)}.{name}")
