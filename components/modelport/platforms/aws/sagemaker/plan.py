"""The plan of kind `aws.sagemaker`: sizes, guardrails of updates, refusals, price."""

from dataclasses import dataclass
from typing import Literal

from modelport.config import Canary, CanaryRollout, Deployment
from modelport.config.rollout import Rollout, seconds
from modelport.config.targets.aws.sagemaker import SageMakerTarget
from modelport.plan import (
    REVISION_ROOM,
    CloudDecision,
    CloudPlan,
    Fact,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.plan.watching import error_rate, slow_seconds
from modelport.platforms.aws.upkeep import upkeep_price
from modelport.prices import Case, Parts, Scale
from modelport.prices.machines import instances
from modelport_serving.record import BundleRecord

Routing = Literal["ALL_AT_ONCE", "CANARY", "LINEAR", "ROLLING"]

VARIANT = "main"
"""Name of the one production variant."""
_LOG_BYTES = 300
"""Bytes of the line that a request leaves in the log."""
_BAKE_SECONDS = {"all_at_once": 0, "blue_green": 600, "rolling": 120}
_LARGEST_STEP, _SMALLEST_LINEAR, _LONGEST_BAKE = 50, 10, 3600
"""Percent and seconds: https://docs.aws.amazon.com/sagemaker/latest/dg/
deployment-guardrails-blue-green-canary.html and API_BlueGreenUpdatePolicy."""
_OWN_DISKS = ("g4dn", "g5", "g6", "g6e", "p3dn", "p4d", "p4de", "p5", "m5d", "m6id", "c5d", "r5d")
"""Families whose own disks the hardware encrypts; they refuse a key for their volumes:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SageMakerPlan(CloudPlan):
    """A SageMaker endpoint, decided."""

    instance: str
    invocations_per_instance: int
    volume_key: bool
    """Whether the instances' volumes take a key."""
    disk_gib: int
    start_timeout: int
    subnets: tuple[str, ...]
    vpc: str | None
    routing: Routing
    step_percent: int
    bake_seconds: int
    error_rate: float
    """Share of failed requests that rolls an update back."""
    slow_seconds: float | None
    """p99 in seconds that rolls an update back; none when the model's own is not known."""

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {
            **CloudPlan.facts(self),
            "guardrail": self.routing.lower(),
            "bake_seconds": self.bake_seconds,
        }


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> SageMakerPlan:
    """Decide everything about one SageMaker deployment.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, SageMakerTarget)
    scale = Scale(target.replicas.min, target.replicas.max)
    slow = slow_seconds(config)
    routing, step, bake = _guardrail(config.rollout)
    network = target.network
    decision = CloudDecision(
        size=target.instance,
        scale=scale,
        price=lambda case: _price(case, target.instance, slow),
        settings={
            "instance": target.instance,
            "start_timeout": target.start_timeout,
            "disk_gib": target.disk_gib,
            "network": network.model_dump(mode="json") if network else None,
            "auth": "platform",
        },
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(config, slow)),
        name_room=REVISION_ROOM,
    )
    return SageMakerPlan(
        **plan_cloud(name, config, record, context, decision),
        instance=target.instance,
        invocations_per_instance=target.invocations_per_instance,
        volume_key=target.instance.split(".")[1] not in _OWN_DISKS,
        disk_gib=target.disk_gib,
        start_timeout=target.start_timeout,
        subnets=network.subnets if network else (),
        vpc=network.vpc if network else None,
        routing=routing,
        step_percent=step,
        bake_seconds=bake,
        error_rate=error_rate(config.rollout),
        slow_seconds=slow,
    )


def _price(case: Case, instance: str, slow: float | None) -> Parts:
    return instances(case, "sagemaker-hosting", instance) + upkeep_price(
        case, log_bytes=_LOG_BYTES, slow_seconds=slow
    )


def _guardrail(rollout: Rollout) -> tuple[Routing, int, int]:
    """Routing, percent of a step, and seconds that each step is watched."""
    if isinstance(rollout, CanaryRollout):
        steps, bake = rollout.canary.steps, seconds(rollout.canary.bake)
        return ("CANARY" if len(steps) == 1 else "LINEAR"), steps[0], bake
    if rollout == "rolling":
        return "ROLLING", _LARGEST_STEP, _BAKE_SECONDS["rolling"]
    return "ALL_AT_ONCE", 100, _BAKE_SECONDS.get(str(rollout), 0)


def _refusals(config: Deployment, target: SageMakerTarget) -> list[str]:
    found: list[str] = []
    if config.exposure == "public":
        found.append(
            "exposure: public is not on aws.sagemaker: callers reach AWS's runtime API and sign "
            "with IAM; leave it out, or put aws.lambda or aws.ecs in its place"
        )
    if config.secrets:
        found.append("secrets: SageMaker gives a container no secret by reference; leave them out")
    if target.replicas.min == 0:
        found.append(
            "replicas.min: a real-time endpoint keeps an instance; write 1, "
            "or target aws.lambda, which scales to zero"
        )
    if isinstance(config.rollout, CanaryRollout):
        found += _canary_refusals(config.rollout.canary, target.replicas.min)
    return found


def _canary_refusals(canary: Canary, replicas: int) -> list[str]:
    found: list[str] = []
    first = canary.steps[0]
    even = [first * (index + 1) for index in range(len(canary.steps))]
    if len(canary.steps) == 1 and first > _LARGEST_STEP:
        found.append(f"canary.steps [{first}]: SageMaker takes at most {_LARGEST_STEP} % at first")
    if len(canary.steps) > 1 and (
        list(canary.steps) != even or not _SMALLEST_LINEAR <= first <= _LARGEST_STEP
    ):
        found.append(
            f"canary.steps {list(canary.steps)}: SageMaker has one canary step of at most "
            f"{_LARGEST_STEP} %, or even steps of {_SMALLEST_LINEAR} to {_LARGEST_STEP} %; "
            f"the nearest is steps: [{min(first, _LARGEST_STEP)}]"
        )
    if seconds(canary.bake) > _LONGEST_BAKE:
        found.append(f"canary.bake {canary.bake}: SageMaker waits at most 1h after a step")
    if replicas * _LARGEST_STEP < 100:
        found.append(
            "canary: a step takes at most half of the instances, so there must be two; "
            "write replicas: {min: 2}"
        )
    return found


def _notes(config: Deployment, slow: float | None) -> list[str]:
    if slow is None and isinstance(config.rollout, CanaryRollout):
        return ["p99 rolls nothing back: workload.p99 is not known"]
    return []


__all__ = ["VARIANT", "SageMakerPlan", "plan"]
