"""The plan of kind `aws.ecs`: sizes, strategy of updates, refusals, price."""

from dataclasses import dataclass
from typing import Literal

from modelport.config import Canary, CanaryRollout, Deployment
from modelport.config.rollout import Rollout, seconds
from modelport.config.targets.aws.ecs import EcsTarget
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
from modelport.platforms.aws.ecs.sizes import size_refusal
from modelport.platforms.aws.place import (
    IMAGE_SERVICES,
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
from modelport.platforms.aws.references import reference_refusals, reference_services
from modelport.platforms.aws.upkeep import upkeep_price
from modelport.prices import Case, Parts, Scale
from modelport.prices.machines import fargate
from modelport_serving.record import BundleRecord

Strategy = Literal["ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"]

_LOG_BYTES = 300
"""Bytes of the line that a request leaves in the log."""
_AFTERWARDS = 10
"""Minutes for which `blue_green` keeps the old tasks."""
_LONGEST_BAKE = 1440
_SMALLEST_LINEAR = 3
"""Minutes and percent: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/
API_LinearConfiguration.html."""
_REVISION = {"cpu", "memory_mib", "tmp_mib", "architecture"}
"""Settings that are part of a task definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EcsPlan(CloudPlan):
    """A service of ECS, decided."""

    cpu: int
    memory_mib: int
    tmp_mib: int
    architecture: Literal["amd64", "arm64"]
    spot: bool
    cpu_percent: int
    timeout: int
    strategy: Strategy
    most_percent: int
    """Tasks that may run while they are replaced, in percent of those that are wanted."""
    step_percent: int
    """Share of requests of one step; 100 where there are no steps."""
    step_minutes: int
    """Minutes that a step is watched."""
    after_minutes: int
    """Minutes for which old tasks stay after the new ones took over."""
    update_minutes: int
    """Minutes in which an update must have ended."""
    place: Place
    naming: Naming
    error_rate: float
    slow_seconds: float | None

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {**CloudPlan.facts(self), "strategy": self.strategy.lower()}


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> EcsPlan:
    """Decide everything about one service of ECS.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, EcsTarget)
    place = place_of(config, target, context, *IMAGE_SERVICES, *reference_services(config.secrets))
    slow = slow_seconds(config)
    strategy, step, step_minutes, after = _strategy(config.rollout)
    steps = 100 // step if strategy == "LINEAR" else 1
    decision = CloudDecision(
        size=f"{target.cpu / 1024:g} vCPU, {target.memory_mib} MiB {target.architecture}",
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target, place, slow),
        settings=target.model_dump(mode="json", include=_REVISION)
        | {"auth": auth_of(config), "secrets": config.secrets},
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(config, target)),
        name_room=REVISION_ROOM,
    )
    return EcsPlan(
        **plan_cloud(name, config, record, context, decision),
        cpu=target.cpu,
        memory_mib=target.memory_mib,
        tmp_mib=target.tmp_mib,
        architecture=target.architecture,
        spot=target.spot,
        cpu_percent=target.cpu_percent,
        timeout=target.timeout,
        strategy=strategy,
        # A part of a task is none: of one, half as many more are not enough to start another.
        most_percent=150 if config.rollout == "rolling" and target.replicas.min > 1 else 200,
        step_percent=step,
        step_minutes=step_minutes,
        after_minutes=after,
        update_minutes=30 + steps * step_minutes + after,
        place=place,
        naming=naming_of(config, target),
        error_rate=error_rate(config.rollout),
        slow_seconds=slow,
    )


def _strategy(rollout: Rollout) -> tuple[Strategy, int, int, int]:
    """Strategy, percent and minutes of a step, and minutes afterwards."""
    if isinstance(rollout, CanaryRollout):
        steps, minutes = rollout.canary.steps, seconds(rollout.canary.bake) // 60
        return ("CANARY" if len(steps) == 1 else "LINEAR"), steps[0], minutes, 0
    if rollout == "blue_green":
        return "BLUE_GREEN", 100, 0, _AFTERWARDS
    return "ROLLING", 100, 0, 0


def _price(case: Case, target: EcsTarget, place: Place, slow: float | None) -> Parts:
    return (
        fargate(case, target.cpu / 1024, target.memory_mib / 1024)
        + place_price(case, place)
        + upkeep_price(case, log_bytes=_LOG_BYTES, slow_seconds=slow)
    )


def _refusals(config: Deployment, target: EcsTarget) -> list[str]:
    found = [*balanced_refusals(config, target), *reference_refusals(config.secrets)]
    size = size_refusal(target.cpu, target.memory_mib)
    if size:
        found.append(size)
    if target.tmp_mib * 2 > target.memory_mib:
        found.append(
            f"tmp_mib {target.tmp_mib}: is more than half of the memory, of which it is part; "
            f"write at most {target.memory_mib // 2}"
        )
    found += empty_refusals(target, "a service")
    found += timeout_refusals(config, target.timeout)
    if isinstance(config.rollout, CanaryRollout):
        found += _canary_refusals(config.rollout.canary)
    return found


def _canary_refusals(canary: Canary) -> list[str]:
    found: list[str] = []
    first = canary.steps[0]
    even = [first * (index + 1) for index in range(len(canary.steps))]
    full = first * (len(canary.steps) + 1) >= 100
    if len(canary.steps) > 1 and (
        list(canary.steps) != even or not full or first < _SMALLEST_LINEAR
    ):
        found.append(
            f"canary.steps {list(canary.steps)}: ECS has one canary step, or even steps of at "
            f"least {_SMALLEST_LINEAR} % up to all, e.g. [25, 50, 75]; "
            f"the nearest is steps: [{first}]"
        )
    bake = seconds(canary.bake)
    if bake % 60 or not 1 <= bake // 60 <= _LONGEST_BAKE:
        found.append(f"canary.bake {canary.bake}: ECS counts in whole minutes; write 1m or more")
    return found


def _notes(config: Deployment, target: EcsTarget) -> list[str]:
    found = balanced_notes(config, target)
    if isinstance(config.rollout, CanaryRollout):
        found.append("ECS moves the traffic itself and goes back on alarms; golden answers follow")
    if config.workload.p99_seconds is None and isinstance(config.rollout, CanaryRollout):
        found.append("p99 rolls nothing back: workload.p99 is not known")
    if target.spot or target.architecture == "arm64":
        found.append("tasks are priced as those on demand with amd64, which cost more")
    return found
