"""The plan of kind `local`: one server on this machine."""

from dataclasses import dataclass

from modelport.config import CanaryRollout, Deployment, LocalTarget
from modelport.config.rollout import Rollout
from modelport.errors import PlanError
from modelport.plan import (
    DeploymentPlan,
    Fact,
    PlanContext,
    plan_deployment,
    refusals,
    target_of,
)
from modelport.rollout import SIGNALS
from modelport_serving.record import BundleRecord

MONTHLY_USD = 0.0
"""The machine is there already: a local server adds nothing to the bill."""

_ROLLOUTS = {
    "rolling": "local workers start together behind one socket, so versions never mix worker by "
    "worker; the nearest is {canary: {steps: [5, 25, 50]}}",
    "blue_green": "a local version always starts and is proved beside the live one before it takes "
    "over; write all_at_once",
}
"""Why this target does not have a rollout, and the nearest that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPlan(DeploymentPlan):
    """A local server, decided."""

    host: str
    port: int
    workers: int | None
    memory_bytes: int
    log_bytes: int
    start_timeout: float

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {
            **DeploymentPlan.facts(self),
            "host": self.host,
            "port": self.port,
            "workers": self.workers or "auto",
        }


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> LocalPlan:
    """Decide everything about one local deployment.

    Args:
        name: Deployment name.
        config: What the user wrote.
        record: The bundle that it resolved to.
        context: The stack.

    Raises:
        PlanError: with every reason at once.
    """
    refused = _refusals(name, config, record, context)
    if refused:
        raise PlanError("\n".join(f"{name}: {reason}" for reason in refused))
    target = target_of(config, LocalTarget)
    return LocalPlan(
        **plan_deployment(name, config, record, context, monthly_usd=MONTHLY_USD),
        host=target.host,
        port=target.port,
        workers=target.workers,
        memory_bytes=target.memory_megabytes * 2**20,
        log_bytes=target.log_megabytes * 2**20,
        start_timeout=float(target.start_timeout),
    )


def _refusals(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> list[str]:
    found: list[str] = []
    target = target_of(config, LocalTarget)
    if config.auth == "none" and not target.loopback:
        found.append(
            f"auth: none on {target.host} would let everyone on the network in "
            "(rule endpoint-public-needs-auth); write auth: api_key, or host: 127.0.0.1"
        )
    if config.secrets:
        found.append("secrets: target local has no secret store; leave them out")
    found += refusals(name, config, record, context, monthly_usd=MONTHLY_USD)
    found += _rollout_refusals(config.rollout)
    return found


def _rollout_refusals(rollout: Rollout) -> list[str]:
    if isinstance(rollout, str):
        reason = _ROLLOUTS.get(rollout)
        return [f"rollout {rollout} is not on target local: {reason}"] if reason else []
    watched = rollout.canary if isinstance(rollout, CanaryRollout) else rollout.shadow
    return [
        f"nothing on target local measures '{signal}'; abort_on has {', '.join(sorted(SIGNALS))}"
        for signal in watched.abort_on
        if signal not in SIGNALS
    ]
