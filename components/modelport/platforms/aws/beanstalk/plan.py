"""The plan of kind `aws.beanstalk`: instances, deployment policy, refusals, price."""

from dataclasses import dataclass
from typing import Literal

from modelport.config import Canary, CanaryRollout, Deployment
from modelport.config.rollout import Rollout, seconds
from modelport.config.targets.aws.beanstalk import BeanstalkTarget
from modelport.plan import (
    REVISION_ROOM,
    CloudDecision,
    CloudPlan,
    Fact,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.plan.access import auth_of
from modelport.plan.watching import error_rate, slow_seconds
from modelport.platforms.aws.instance_types import architecture_of, has_nvidia, has_others
from modelport.platforms.aws.place import (
    Naming,
    Place,
    balanced_notes,
    balanced_refusals,
    empty_refusals,
    naming_of,
    place_of,
    place_price,
    timeout_refusals,
)
from modelport.platforms.aws.references import permitted, reference_refusals
from modelport.platforms.aws.upkeep import upkeep_price
from modelport.prices import Case, Parts, Scale
from modelport.prices.machines import disk, instances
from modelport_serving.record import BundleRecord

Policy = Literal["AllAtOnce", "RollingWithAdditionalBatch", "Immutable", "TrafficSplitting"]

_LOG_BYTES = 300
"""Bytes of the line that a request leaves in the log; nginx writes another one like it."""
_SHORTEST_BAKE, _LONGEST_BAKE = 3, 600
"""Minutes: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/command-options-general.html."""
_POLICIES: dict[str, Policy] = {
    "all_at_once": "AllAtOnce",
    "rolling": "RollingWithAdditionalBatch",
    "blue_green": "Immutable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BeanstalkPlan(CloudPlan):
    """An environment of Elastic Beanstalk, decided."""

    instance: str
    architecture: Literal["amd64", "arm64"]
    spot: bool
    disk_gib: int
    cpu_percent: int
    update_window: str
    start_timeout: int
    timeout: int
    policy: Policy
    step_percent: int
    """Share of requests that the new version gets at first; 100 where there is no such step."""
    step_minutes: int
    """Minutes that it is watched with that share."""
    place: Place
    naming: Naming
    error_rate: float
    slow_seconds: float | None

    @property
    def watched(self) -> bool:
        """Whether new instances stand beside the old ones until they are proved."""
        return self.policy in ("Immutable", "TrafficSplitting")

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {**CloudPlan.facts(self), "deployment_policy": self.policy}


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> BeanstalkPlan:
    """Decide everything about one environment of Elastic Beanstalk.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, BeanstalkTarget)
    # Instances talk to seven services of AWS; private endpoints of all cost more than a way out.
    place = place_of(config, target, context, nat=True)
    slow = slow_seconds(config)
    architecture = architecture_of(target.instance)
    policy, percent, minutes = _policy(config.rollout)
    decision = CloudDecision(
        size=f"{target.instance} {architecture}" + (", spot" if target.spot else ""),
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target, place, slow),
        settings={
            "architecture": architecture,
            "timeout": target.timeout,
            "start_timeout": target.start_timeout,
            "auth": auth_of(config),
        },
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(config, target)),
        name_room=REVISION_ROOM,
    )
    return BeanstalkPlan(
        **plan_cloud(name, config, record, context, decision),
        instance=target.instance,
        architecture=architecture,
        spot=target.spot,
        disk_gib=target.disk_gib,
        cpu_percent=target.cpu_percent,
        update_window=target.update_window,
        start_timeout=target.start_timeout,
        timeout=target.timeout,
        policy=policy,
        step_percent=percent,
        step_minutes=minutes,
        place=place,
        naming=naming_of(config, target),
        error_rate=error_rate(config.rollout),
        slow_seconds=slow,
    )


def _policy(rollout: Rollout) -> tuple[Policy, int, int]:
    """Policy, percent of the first step, and minutes that it is watched."""
    if isinstance(rollout, CanaryRollout):
        return "TrafficSplitting", rollout.canary.steps[0], seconds(rollout.canary.bake) // 60
    return _POLICIES.get(str(rollout), "AllAtOnce"), 100, 0


def _price(case: Case, target: BeanstalkTarget, place: Place, slow: float | None) -> Parts:
    return (
        instances(case, "ec2", target.instance)
        + disk(case, target.disk_gib)
        + place_price(case, place)
        + upkeep_price(case, log_bytes=2 * _LOG_BYTES, slow_seconds=slow)
    )


def _refusals(config: Deployment, target: BeanstalkTarget) -> list[str]:
    found = [*balanced_refusals(config, target), *_secret_refusals(config)]
    if has_nvidia(target.instance) or has_others(target.instance):
        found.append(
            f"instance {target.instance}: has an accelerator, and the Docker platform brings no "
            "driver for it; write instance: t3.small, or target aws.ec2"
        )
    found += empty_refusals(target, "an environment")
    found += timeout_refusals(config, target.timeout)
    if isinstance(config.rollout, CanaryRollout):
        found += _canary_refusals(config.rollout.canary)
    return found


def _secret_refusals(config: Deployment) -> list[str]:
    """Beanstalk reads a secret as a whole, not a key or a stage of it."""
    wrong = reference_refusals(config.secrets)
    return wrong or [
        f"secrets.{name} {reference}: Beanstalk takes the ARN of a whole secret; "
        f"write {permitted(reference)}"
        for name, reference in sorted(config.secrets.items())
        if permitted(reference) != reference
    ]


def _canary_refusals(canary: Canary) -> list[str]:
    found: list[str] = []
    if len(canary.steps) > 1:
        found.append(
            f"canary.steps {list(canary.steps)}: Beanstalk has one step, then everything; "
            f"the nearest is steps: [{canary.steps[0]}]"
        )
    bake = seconds(canary.bake)
    if bake % 60 or not _SHORTEST_BAKE <= bake // 60 <= _LONGEST_BAKE:
        found.append(
            f"canary.bake {canary.bake}: Beanstalk watches {_SHORTEST_BAKE} to {_LONGEST_BAKE} "
            "whole minutes; write 3m or more"
        )
    return found


def _notes(config: Deployment, target: BeanstalkTarget) -> list[str]:
    found = balanced_notes(config, target)
    found.append(
        "disks are encrypted only where the account encrypts new EBS volumes by default; "
        "Beanstalk has no setting for it"
    )
    if isinstance(config.rollout, CanaryRollout):
        found.append("Beanstalk judges the canary by its own health reports; golden answers follow")
    elif config.rollout != "blue_green":
        found.append(
            "Beanstalk takes back no failed deployment of this rollout; blue_green and canary do"
        )
    if target.spot:
        found.append("spot: instances beyond replicas.min are priced as those on demand")
    return found
