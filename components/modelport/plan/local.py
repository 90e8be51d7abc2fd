"""The plan of kind `local`: one server on this machine."""

from dataclasses import dataclass
from typing import Any

from modelport.bundles import evaluate_gate
from modelport.config import CanaryRollout, Deployment
from modelport.config.rollout import Rollout
from modelport.errors import PlanError
from modelport.plan.context import PlanContext
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

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """A local server, decided: the platform module turns it into resources line for line."""

    name: str
    stack: str
    environment: str
    owner: str
    bundle: str
    version: str
    host: str
    port: int
    workers: int | None
    memory_bytes: int
    log_bytes: int
    start_timeout: float
    max_body_bytes: int
    max_rows: int
    rollout: str | dict[str, Any]
    auth: str
    monthly_usd: float
    metric: str
    score: float
    baseline: float
    data_sha256: str
    pinned: bool

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {
            "target": "local",
            "environment": self.environment,
            "owner": self.owner,
            "bundle": self.bundle,
            "version": self.version,
            "pinned": self.pinned,
            "evaluation": "passed",
            "metric": self.metric,
            "score": round(self.score, 4),
            "baseline": round(self.baseline, 4),
            "data_sha256": self.data_sha256,
            "rollout": self.rollout if isinstance(self.rollout, str) else next(iter(self.rollout)),
            "auth": self.auth,
            "host": self.host,
            "port": self.port,
            "workers": self.workers or "auto",
            "monthly_usd": self.monthly_usd,
        }


def plan_local(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> LocalPlan:
    """Decide everything about one local deployment.

    Args:
        name: Deployment name.
        config: What the user wrote.
        record: The bundle that it resolved to.
        context: The stack.

    Raises:
        PlanError: with every reason at once.
    """
    refusals = list(_refusals(config, record, context))
    if refusals:
        raise PlanError("\n".join(f"{name}: {refusal}" for refusal in refusals))
    target = config.target
    evaluation = record.evaluation
    return LocalPlan(
        name=name,
        stack=context.stack,
        environment=context.environment,
        owner=config.owner,
        bundle=record.name,
        version=record.version,
        host=target.host,
        port=target.port,
        workers=target.workers,
        memory_bytes=target.memory_megabytes * 2**20,
        log_bytes=target.log_megabytes * 2**20,
        start_timeout=float(target.start_timeout),
        max_body_bytes=config.serving.max_body_bytes,
        max_rows=config.serving.max_rows,
        rollout=config.rollout
        if isinstance(config.rollout, str)
        else config.rollout.model_dump(mode="json"),
        auth=config.auth,
        monthly_usd=MONTHLY_USD,
        metric=evaluation.primary,
        score=evaluation.metrics[evaluation.primary],
        baseline=evaluation.baseline[evaluation.primary],
        data_sha256=record.lineage.data_sha256,
        pinned=config.bundle_version is not None,
    )


def _refusals(config: Deployment, record: BundleRecord, context: PlanContext) -> list[str]:
    found: list[str] = []
    if config.auth == "none" and not config.target.loopback:
        found.append(
            f"auth: none on {config.target.host} would let everyone on the network in "
            "(rule endpoint-public-needs-auth); write auth: api_key, or host: 127.0.0.1"
        )
    if context.environment == "prod" and config.bundle_version is None:
        found.append(
            "prod must name a digest, so that nothing changes unseen "
            "(rule bundle-pinned-in-prod); "
            f"write bundle: {record.name}@{record.version}"
        )
    verdict = evaluate_gate(config.gate, record.evaluation)
    if not verdict.passed:
        found.append(
            f"{record.name}@{record.version} did not pass its gate: {'; '.join(verdict.reasons)}"
        )
    found += _rollout_refusals(config.rollout)
    limit = config.limits.monthly_usd
    if limit is not None and limit < MONTHLY_USD:
        found.append(f"{MONTHLY_USD:.2f} USD a month is over limits.monthly_usd ({limit:.2f})")
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
